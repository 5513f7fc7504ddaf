// conv1d: convolution over one axis, as a conv2d of images with one row.

import { ShapeError } from '../../calls/errors.ts';
import { type OptionKinds, readOptions } from '../../calls/options.ts';
import { show } from '../../calls/show.ts';
import type { Node } from '../../node.ts';
import { showShape } from '../../shape.ts';
import { expandDims, squeeze } from '../moves/reshape.ts';
import { convolution, requireChannels, requireGroups } from './conv2d.ts';

/** Options of conv1d. */
export interface Conv1dOptions {
  /** step from one window to the next; 1 by default */
  readonly strides?: number | undefined;
  /**
   * 'valid' by default; 'same' for ⌈steps / stride⌉ outputs; 'causal' for outputs that depend on their own and earlier steps alone; or
   * [before, after] elements of 0
   */
  readonly padding?: 'valid' | 'same' | 'causal' | readonly [number, number] | undefined;
  /** step from one element of a window to the next; 1 by default */
  readonly dilation?: number | undefined;
  /** number of groups of channels and filters that are convolved separately; 1 by default */
  readonly groups?: number | undefined;
}

const conv1dOptions: OptionKinds<Conv1dOptions> = {
  strides: 'number',
  padding: 'any',
  dilation: 'number',
  groups: 'number',
};

/**
 * x [batch, steps, channels] ⋆ w [steps, channels / groups, filters] → [batch, steps′, filters], float32. Throws ShapeError where shapes do not fit,
 * RangeError for options that make no sense.
 */
export function conv1d(x: Node, w: Node, options: Conv1dOptions = {}): Node {
  const { strides = 1, padding = 'valid', dilation = 1, groups = 1 } = readOptions('conv1d', options, conv1dOptions);
  if (x.shape.length !== 3 || w.shape.length !== 3 || w.shape[0] === 0) {
    throw new ShapeError(
      `conv1d: x must be [batch, steps, channels] and w [steps, channels / groups, filters], its window not empty; got ${showShape(x.shape)} ⋆ ${showShape(w.shape)}`,
    );
  }
  // Checked here, because errors of conv2d would speak of two axes.
  requireWhole('strides', strides);
  requireWhole('dilation', dilation);
  requirePadding(padding);
  requireGroups('conv1d', groups, w.shape[2] ?? 0);
  requireChannels('conv1d', x, w, groups);
  const isName = padding === 'valid' || padding === 'same';
  const ends = padding === 'causal' ? ([((w.shape[0] ?? 1) - 1) * dilation, 0] as const) : padding;
  const y = convolution('conv1d', expandDims(x, 1), expandDims(w, 0), {
    strides: [1, strides],
    padding: isName ? padding : [[0, 0], typeof ends === 'object' ? ends : [0, 0]],
    dilation: [1, dilation],
    groups,
  });
  return squeeze(y, 1);
}

function requireWhole(name: string, n: number): void {
  if (Number.isSafeInteger(n) && n >= 1) return;
  throw new RangeError(`conv1d: ${name} must be a whole number ≥ 1; got ${show(n)}`);
}

function requirePadding(padding: NonNullable<Conv1dOptions['padding']>): void {
  if (padding === 'valid' || padding === 'same' || padding === 'causal') return;
  const isPair = Array.isArray(padding) && padding.length === 2;
  if (isPair && padding.every((n) => Number.isSafeInteger(n) && n >= 0)) return;
  throw new RangeError(
    `conv1d: padding must be 'valid', 'same', 'causal' or [before, after], whole numbers ≥ 0; got ${show(padding)}`,
  );
}
