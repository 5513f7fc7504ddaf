// Which rows are in which batch of an epoch. The batches are consecutive views of one order of all rows. The order
// depends only on the seed and the epoch, so a training that is resumed at epoch k sees the same batches. Knows
// indices, not data.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { checkBatchSize, checkRowCount } from '../rows/check-rows.ts';
import { ascending, permutation } from './permutation.ts';

/** Options of `batches`. */
export interface BatchOptions {
  /** Whether to shuffle the rows, by seed and epoch; false by default: rows keep their order. */
  readonly shuffle?: boolean | undefined;
  /** Decides the shuffled order: 0 … 2⁵³ − 1; 0 by default. */
  readonly seed?: number | undefined;
  /** Every epoch is shuffled in its own order: 0 … 2³² − 1; 0 by default. */
  readonly epoch?: number | undefined;
  /** Whether to leave out the last batch if it has fewer rows than the others; false by default. */
  readonly dropLast?: boolean | undefined;
  /** The name that error messages begin with; `'batches'` by default. */
  readonly op?: string | undefined;
}

export const batchOptions: OptionKinds<BatchOptions> = {
  shuffle: 'boolean',
  seed: 'number',
  epoch: 'number',
  dropLast: 'boolean',
  op: 'string',
};

/**
 * The number of batches in an epoch of n rows. Throws RangeError when n or batchSize is not a whole number above 0, and
 * when `dropLast` leaves no batch.
 */
export function batchCount(n: number, batchSize: number, options: BatchOptions = {}): number {
  const { dropLast = false, op = 'batches' } = readOptions('batches', options, batchOptions);
  checkRowCount(op, n);
  checkBatchSize(op, batchSize);
  const count = dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize);
  if (count === 0) {
    throw new RangeError(`${op}: dropLast must leave at least one batch; got ${n} rows and batchSize ${batchSize}`);
  }
  return count;
}

/**
 * The row indices of each batch of an epoch, each 0 … n − 1. All batches have `batchSize` rows, the last one may have
 * fewer. The arrays are views of one array.
 *
 * @throws RangeError, at the call, when n or batchSize is not a whole number above 0, when `dropLast` leaves no batch,
 * and for a seed or an epoch out of range
 *
 * @example
 * ```ts
 * import { batches } from 'treadle';
 * [...batches(5, 2)].map((rows) => [...rows]); // → [[0, 1], [2, 3], [4]]
 * [...batches(5, 2, { dropLast: true })].length; // → 2
 * ```
 */
export function batches(
  n: number,
  batchSize: number,
  options: BatchOptions = {},
): Generator<Int32Array, void, undefined> {
  const { shuffle = false, seed, epoch, op = 'batches' } = readOptions('batches', options, batchOptions);
  const count = batchCount(n, batchSize, options);
  const order = shuffle ? permutation(n, { seed, epoch, op }) : ascending(n, op);
  return views(order, batchSize, count);
}

function* views(order: Int32Array, batchSize: number, count: number): Generator<Int32Array, void, undefined> {
  for (let i = 0; i < count; i++) yield order.subarray(i * batchSize, (i + 1) * batchSize);
}
