// Sums over windows as numbers: out[i, o, f] = Σ over taps and channels of in[i, o·stride + t·dilation − before, c] · w[t, c, f].
// A convolution is such sums, and so is the gradient of its input, once for each phase of the strides. How the sums are computed
// is in correlate.ts and across-images.ts.

import type { Epilogue, Level, Slot } from '../core/kernel.ts';
import { registerBlock } from '../matmul/blocking.ts';
import type { ConvAxis } from './axis.ts';
import type { Panels } from './panels.ts';

/** The windows of images: their extents, and the channels in them. */
export interface Windows {
  readonly images: number;
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
  readonly groups: number;
  /** of a group */
  readonly channels: number;
  /** elements from a pixel of the input to the next */
  readonly pixel: number;
  /** whether each filter reads only the channel of its own number (depthwise); then there is one group, with one channel */
  readonly perLane: boolean;
}

/** Where outputs go, in elements; the channels of an output are neighbours. */
export interface Placement {
  readonly offset: number;
  readonly image: number;
  readonly row: number;
  readonly column: number;
}

/** Sums over windows: what is read, and where the sums go. */
export interface Correlation extends Windows {
  readonly name: string;
  /** dense [images, rows, columns, pixel] */
  readonly input: Slot;
  readonly weights: Panels;
  readonly out: Slot;
  readonly placement: Placement;
  readonly epilogue: Epilogue | undefined;
  readonly level: Level;
}

/** The block of outputs × filters that stays in registers, for `columns` outputs in a row. */
export function blockOf(
  columns: number,
  filters: number,
  level: Level,
  perLane: boolean,
): { readonly mr: number; readonly nr: number } {
  if (perLane) return { mr: level.bits === 256 ? 8 : 4, nr: 8 };
  return registerBlock({ m: columns, n: filters }, level);
}
