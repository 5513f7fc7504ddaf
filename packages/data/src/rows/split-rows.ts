// Splits the rows of plain arrays into a part for training and a part for testing. The seed decides which row goes
// where.
// Invariant: every row is in exactly one part, and x and y keep the same order.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import { permutation } from '../batches/permutation.ts';
import { commonRows } from './check-rows.ts';
import { type Elements, emptyLike, type Pair, type PlainArray, rowLength, type Split } from './plain-array.ts';
import { takeRows } from './take-rows.ts';

/** Options of `trainTestSplit`. */
export interface SplitOptions {
  /** The size of the test part: a fraction below 1, rounded up to whole rows, or a number of rows; 0.25 by default. */
  readonly testSize?: number | undefined;
  /** Decides the order of the rows: 0 … 2⁵³ − 1; 0 by default. */
  readonly seed?: number | undefined;
  /** The name that error messages begin with; `'trainTestSplit'` by default. */
  readonly op?: string | undefined;
}

export const splitOptions: OptionKinds<SplitOptions> = {
  testSize: 'number',
  seed: 'number',
  op: 'string',
};

/** Copies the rows at these indices, in this order. Throws RangeError for an index that does not exist. */
export function selectRows<E extends Elements>(array: PlainArray<E>, indices: Int32Array): PlainArray<E> {
  const length = rowLength(array);
  const values = takeRows(array.values, length, indices, emptyLike(array.values, indices.length * length));
  return { values, shape: [indices.length, ...array.shape.slice(1)] };
}

/**
 * Shuffles x [n, …] and y [n, …] in the same order and splits them. Throws ShapeError when x and y differ in rows,
 * RangeError when a part would be empty.
 */
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
  // 0.07 · 100 is 7.000000000000001 in float64, but must give 7 rows
  const count = testSize < 1 ? Math.ceil(rows * testSize - 1e-6) : testSize;
  if (!Number.isInteger(count) || count < 1 || count >= rows) {
    throw new RangeError(
      `${op}: testSize must be a fraction or a number of rows that leaves rows in both parts; got ${testSize} for ${rows} rows`,
    );
  }
  return count;
}
