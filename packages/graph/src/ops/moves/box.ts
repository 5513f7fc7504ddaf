// A box of a tensor: the elements that a slice takes along each axis.

import type { View } from '@treadle/kernels';
import type { Shape } from '../../shape.ts';

/** A part of every axis: `size` elements from `begin`, each `stride` after the one before. */
export interface Box {
  readonly begin: readonly number[];
  readonly strides: readonly number[];
  readonly size: Shape;
}

export function boxView({ begin, strides, size }: Box, whole: View): View {
  return {
    shape: size,
    strides: strides.map((stride, i) => stride * (whole.strides[i] ?? 0)),
    offset: begin.reduce((sum, first, i) => sum + (size[i] === 0 ? 0 : first) * (whole.strides[i] ?? 0), whole.offset),
  };
}
