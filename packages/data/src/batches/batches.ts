// Which rows make up which batch of an epoch: views, one after another, of one order of the rows. The order depends on
// the seed and the epoch alone, so a training that is taken up again at epoch k sees what it would have seen.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { checkBatchSize, checkRowCount } from '../rows/rows.ts';
import { ascending, permutation } from './permutation.ts';

export interface BatchOptions {
  /** Whether rows come in an order of the seed and the epoch; otherwise they come in their own. */
  readonly shuffle?: boolean | undefined;
  readonly seed?: number | undefined;
  readonly epoch?: number | undefined;
  /** Whether a last batch with fewer rows than the others is left out. */
  readonly dropLast?: boolean | undefined;
  /** The name that error messages begin with. */
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
 * How many batches an epoch of n rows has. Throws RangeError when n or batchSize is not a whole number above 0, or when
 * `dropLast` leaves none.
 */
export function batchCount(n: number, batchSize: number, options: BatchOptions = {}): number {
  const { dropLast = false, op = 'batches' } = readOptions('batches', options, batchOptions);
  checkRowCount(op, n);
  checkBatchSize(op, batchSize);
  const count = dropLast ? Math.floor(n / batchSize) : Math.ceil(n / batchSize);
  if (count === 0) {
    throw new RangeError(`${op}: dropLast must leave a batch; got ${n} rows and batchSize ${batchSize}`);
  }
  return count;
}

/** The indices of the rows of each batch, views of one array. Throws as `batchCount` does, at once and not while it runs. */
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
