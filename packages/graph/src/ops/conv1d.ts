// Convolution over one axis: a convolution of images of one row.

import { ShapeError } from '../errors.ts';
import type { Node } from '../node.ts';
import { type OptionKinds, readOptions } from '../options.ts';
import { showShape } from '../shape.ts';
import { convolution } from './conv.ts';
import { expandDims, squeeze } from './moves.ts';

export interface Conv1dOptions {
  /** 1 by default */
  readonly strides?: number | undefined;
  /** 'causal': an output sees only what is at its position and before; or so many positions [before, after]; 'valid' by default */
  readonly padding?: 'valid' | 'same' | 'causal' | readonly [number, number] | undefined;
  readonly dilation?: number | undefined;
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
  const { strides = 1, padding = 'valid', dilation = 1, groups } = readOptions('conv1d', options, conv1dOptions);
  if (x.shape.length !== 3 || w.shape.length !== 3) {
    throw new ShapeError(
      `conv1d: x must be [batch, steps, channels] and w [steps, channels / groups, filters]; got ${showShape(x.shape)} ⋆ ${showShape(w.shape)}`,
    );
  }
  const isName = padding === 'valid' || padding === 'same';
  const ends = padding === 'causal' ? ([((w.shape[0] ?? 1) - 1) * dilation, 0] as const) : padding;
  const y = convolution('conv1d', expandDims(x, 1), expandDims(w, 0), {
    strides: [1, strides],
    padding: isName ? padding : [[0, 0], typeof ends === 'object' ? ends : [Number.NaN, Number.NaN]],
    dilation: [1, dilation],
    groups,
  });
  return squeeze(y, 1);
}
