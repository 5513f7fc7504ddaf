// The batches of one epoch as plain arrays: copies of the rows of x and y that `batches` lists. A batch shares no
// memory with the source or with another batch, so it may be kept or given to another thread.

import { readOptions } from '@treadle/tensor';
import { commonRows } from '../rows/check-rows.ts';
import type { Elements, Pair, PlainArray } from '../rows/plain-array.ts';
import { selectRows } from '../rows/split-rows.ts';
import { type BatchOptions, batches, batchOptions } from './batches.ts';

/**
 * x [n, …] and y [n, …] → pairs of [batchSize, …]; the last one may have fewer rows. Throws as `batches` does, at the
 * call.
 */
export function epochBatches<X extends Elements, Y extends Elements>(
  x: PlainArray<X>,
  y: PlainArray<Y>,
  batchSize: number,
  options: BatchOptions = {},
): Generator<Pair<PlainArray<X>, PlainArray<Y>>, void, undefined> {
  const { op = 'batches' } = readOptions('batches', options, batchOptions);
  const rows = commonRows(op, x, y);
  return copies(x, y, batches(rows, batchSize, options));
}

function* copies<X extends Elements, Y extends Elements>(
  x: PlainArray<X>,
  y: PlainArray<Y>,
  indices: Iterable<Int32Array>,
): Generator<Pair<PlainArray<X>, PlainArray<Y>>, void, undefined> {
  for (const batch of indices) yield { x: selectRows(x, batch), y: selectRows(y, batch) };
}
