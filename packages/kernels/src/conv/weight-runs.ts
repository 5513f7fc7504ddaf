// In what order the gradient of a convolution's weights is computed: the rows of the implicit product, which are taps and
// channels, as runs of rows that one loop covers.

import type { Windows } from './correlation.ts';
import { type BandSpec, isCopied } from './image-band.ts';

/**
 * The rows of the product are the weights of one filter, in order.
 * - 'run': `count` runs of `length` rows whose elements of x are neighbours, `perTapRow` of them in each row of taps.
 * - 'all': one run of all rows, with offsets that are all known when the code is written; where other runs would be short.
 * - 'taps': a run is a row of taps, each of which meets only the outputs for which it is valid. Then nothing is copied. For
 *   windows that reach outside the image, where a tap has enough channels.
 */
export type Runs =
  | { readonly kind: 'taps'; readonly count: number }
  | { readonly kind: 'run'; readonly count: number; readonly length: number; readonly perTapRow: number }
  | { readonly kind: 'all'; readonly count: 1 };

/** The most rows of a run of kind 'all'. */
const mostRows = 160;

/** With so many channels, blocks of rows are nearly full. */
const enoughChannels = 16;
/** The most taps in a row of kind 'taps': code is written for each. */
const mostTaps = 7;

/** The runs of a convolution; `mr`: the rows of a block of registers. */
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
  if (isShort && count * length <= mostRows) return { kind: 'all', count: 1 };
  return { kind: 'run', count, length, perTapRow: isJoined ? 1 : columns.taps };
}
