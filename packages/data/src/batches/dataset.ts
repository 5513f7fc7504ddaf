// Batches of tensors for a training loop that the user writes: `for (const { x, y } of data.epoch(k))`. The values of x
// and y are read once, and each batch is copied into new tensors.

import { type OptionKinds, readOptions, type Tensor } from '@treadle/tensor';
import { type PairArguments, pairOf } from '../rows/arguments.ts';
import { commonRows } from '../rows/check-rows.ts';
import type { Pair } from '../rows/plain-array.ts';
import { toPlain, toTensors } from '../rows/tensors.ts';
import { type BatchOptions, batchCount } from './batches.ts';
import { epochBatches } from './epoch-batches.ts';

/** Options of `dataset`. */
export interface DatasetOptions extends Omit<BatchOptions, 'epoch' | 'op'> {
  /** The number of rows in a batch. */
  readonly batchSize: number;
}

const datasetOptions: OptionKinds<DatasetOptions> = {
  batchSize: 'number',
  shuffle: 'boolean',
  seed: 'number',
  dropLast: 'boolean',
};

/** Rows and targets that can be read in batches, any number of times. */
export interface Dataset {
  /** The number of rows. */
  readonly rows: number;
  /** The number of batches in an epoch. */
  readonly batchCount: number;
  /**
   * The batches of epoch k (0, 1, …). With `shuffle`, each epoch has its own order, which is the same for the same k.
   */
  epoch(k: number): Generator<Pair<Tensor>, void, undefined>;
}

/**
 * Batches of x [n, …] and y [n, …], which are given as two arguments or as one object `{ x, y }`.
 *
 * @throws ShapeError when x and y differ in rows, RangeError for a `batchSize` that is no whole number above 0, and
 * what `tensor` throws
 *
 * @example
 * ```ts
 * import { dataset } from 'treadle';
 * const data = dataset([[1], [2], [3]], [10, 20, 30], { batchSize: 2 });
 * data.batchCount; // → 2
 * [...data.epoch(0)].map(({ y }) => y.toArray()); // → [[10, 20], [30]]
 * ```
 */
export function dataset(...args: PairArguments<readonly [options: DatasetOptions]>): Dataset {
  const { pair, others } = pairOf('dataset', args);
  const { batchSize, ...options } = readOptions('dataset', others[0], datasetOptions);
  const named = { ...options, op: 'dataset' };
  const rows = commonRows(named.op, pair.x, pair.y);
  const count = batchCount(rows, batchSize, named);
  const values = { x: toPlain(pair.x), y: toPlain(pair.y) };
  return {
    rows,
    batchCount: count,
    epoch: (k) => tensors(epochBatches(values.x, values.y, batchSize, { ...named, epoch: k }), pair),
  };
}

function* tensors(
  batches: ReturnType<typeof epochBatches>,
  like: Pair<Tensor>,
): Generator<Pair<Tensor>, void, undefined> {
  for (const batch of batches) yield toTensors(batch, like);
}
