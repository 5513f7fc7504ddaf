// How the weights of a convolution are walked where their gradients are summed: the rows of the product, which are taps and
// channels, as runs of rows that one loop goes over.

import type { Windows } from './correlate.ts';
import { type BandSpec, isCopied } from './image-band.ts';

/**
 * The rows of the product, weights of one filter in their order: runs of rows whose elements of x lie together, each from
 * another tap on; or where runs are short, one run of all rows, whose places are all written down. Where windows reach out of
 * the image and a tap has channels enough, a run is a row of taps, each of which meets the outputs for which it lies inside, so
 * that nothing is copied.
 */
export type Runs =
  | { readonly kind: 'taps'; readonly count: number }
  | { readonly kind: 'run'; readonly count: number; readonly length: number; readonly perTapRow: number }
  | { readonly kind: 'all'; readonly count: 1 };

/** so many rows may be one run with places of its own */
const mostPlaces = 160;

/** Blocks of the rows of so many channels are nearly full. */
const enoughChannels = 16;
/** code is written for each tap of a row */
const mostTaps = 7;

export function runsOf(windows: Windows, bandSpec: BandSpec, mr: number): Runs {
  const { rows, columns, groups, channels, perLane } = windows;
  if (perLane) return { kind: 'all', count: 1 };
  if (isCopied(bandSpec) && channels >= enoughChannels && columns.taps <= mostTaps) {
    return { kind: 'taps', count: rows.taps };
  }
  const isJoined = columns.dilation === 1 && (groups === 1 || columns.taps === 1);
  const length = isJoined ? columns.taps * channels : channels;
  const count = rows.taps * (isJoined ? 1 : columns.taps);
  const isShort = length < 2 * mr && length % mr !== 0;
  if (isShort && count * length <= mostPlaces) return { kind: 'all', count: 1 };
  return { kind: 'run', count, length, perTapRow: isJoined ? 1 : columns.taps };
}
