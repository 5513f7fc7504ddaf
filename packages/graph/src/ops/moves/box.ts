// A box of a tensor: the elements that a slice takes along each axis.

import type { View } from '@treadle/kernels';
import type { Shape } from '../../shape.ts';

/** Along each axis, `size` elements from `begin` on, `stride` positions apart. */
export interface Box {
  readonly begin: readonly number[];
  readonly strides: readonly number[];
  readonly size: Shape;
}

/** The view of a box of a view. */
export function boxView({ begin, strides, size }: Box, whole: View): View {
  return {
    shape: size,
    strides: strides.map((stride, i) => stride * (whole.strides[i] ?? 0)),
    offset: begin.reduce((sum, first, i) => sum + (size[i] === 0 ? 0 : first) * (whole.strides[i] ?? 0), whole.offset),
  };
}
