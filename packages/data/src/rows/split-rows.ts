// Rows of plain arrays, chosen by index and divided into a part to train on and a part to test with. Every row goes to
// exactly one part; which one, the seed decides.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { permutation } from '../batches/permutation.ts';
import { type Elements, emptyLike, type Pair, type PlainArray, rowLength, type Split } from './plain-array.ts';
import { commonRows } from './rows.ts';
import { takeRows } from './take-rows.ts';

export interface SplitOptions {
  /** What goes to the test part: a share between 0 and 1, rounded up to whole rows, or a number of rows. */
  readonly testSize?: number | undefined;
  readonly seed?: number | undefined;
  /** The name that error messages begin with. */
  readonly op?: string | undefined;
}

export const splitOptions: OptionKinds<SplitOptions> = {
  testSize: 'number',
  seed: 'number',
  op: 'string',
};

/** The rows of an array at these indices, in their order. */
export function selectRows<E extends Elements>(array: PlainArray<E>, indices: Int32Array): PlainArray<E> {
  const length = rowLength(array);
  const values = takeRows(array.values, length, indices, emptyLike(array.values, indices.length * length));
  return { values, shape: [indices.length, ...array.shape.slice(1)] };
}

/** x [n, …] and y [n, …], shuffled by the seed and divided. ShapeError for unequal rows, RangeError for an empty part. */
export function splitRows<X extends Elements, Y extends Elements>(
  x: PlainArray<X>,
  y: PlainArray<Y>,
  options: SplitOptions = {},
): Split<Pair<PlainArray<X>, PlainArray<Y>>> {
  const { testSize = 0.25, seed, op = 'trainTestSplit' } = readOptions('trainTestSplit', options, splitOptions);
  const rows = commonRows(op, x, y);
  const training = rows - testRows(op, rows, testSize);
  const order = permutation(rows, { seed, op });
  const part = (indices: Int32Array) => ({ x: selectRows(x, indices), y: selectRows(y, indices) });
  return { train: part(order.subarray(0, training)), test: part(order.subarray(training)) };
}

function testRows(op: string, rows: number, testSize: number): number {
  // 0.07 · 100 is 7.000000000000001 in float64 and means 7 rows
  const count = testSize < 1 ? Math.ceil(rows * testSize - 1e-6) : testSize;
  if (!Number.isInteger(count) || count < 1 || count >= rows) {
    throw new RangeError(
      `${op}: testSize must be a share or a number of rows that leaves both parts some; got ${testSize} of ${rows} rows`,
    );
  }
  return count;
}
