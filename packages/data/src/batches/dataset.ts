// Rows in batches, epoch by epoch, for loops of one's own: `for (const { x, y } of rows.epoch(k))`. The values of x and y
// are read once; each batch is a tensor of its own.

import { type OptionKinds, readOptions, type Tensor } from '@treadle/tensor';
import { type PairArguments, pairOf } from '../rows/arguments.ts';
import type { Pair } from '../rows/plain-array.ts';
import { commonRows } from '../rows/rows.ts';
import { toPlain, toTensors } from '../rows/tensors.ts';
import { type BatchOptions, batchCount } from './batches.ts';
import { epochBatches } from './epoch-batches.ts';

export interface DatasetOptions extends Omit<BatchOptions, 'epoch' | 'op'> {
  readonly batchSize: number;
}

const datasetOptions: OptionKinds<DatasetOptions> = {
  batchSize: 'number',
  shuffle: 'boolean',
  seed: 'number',
  dropLast: 'boolean',
};

export interface Dataset {
  readonly rows: number;
  /** How many batches an epoch has. */
  readonly batchCount: number;
  /** The batches of epoch k (0, 1, …), in an order of its own where `shuffle` is set; the same for the same k. */
  epoch(k: number): Generator<Pair<Tensor>, void, undefined>;
}

/** x [n, …] and y [n, …], or `{ x, y }`, in batches. ShapeError for unequal rows, RangeError for the batch size. */
export function dataset(...args: PairArguments<readonly [options: DatasetOptions]>): Dataset {
  const { pair, others } = pairOf('dataset', args);
  const { batchSize, ...options } = readOptions('dataset', others[0], datasetOptions);
  const how = { ...options, op: 'dataset' };
  const rows = commonRows(how.op, pair.x, pair.y);
  const count = batchCount(rows, batchSize, how);
  const values = { x: toPlain(pair.x), y: toPlain(pair.y) };
  return {
    rows,
    batchCount: count,
    epoch: (k) => tensors(epochBatches(values.x, values.y, batchSize, { ...how, epoch: k }), pair),
  };
}

function* tensors(
  batches: ReturnType<typeof epochBatches>,
  like: Pair<Tensor>,
): Generator<Pair<Tensor>, void, undefined> {
  for (const batch of batches) yield toTensors(batch, like);
}
