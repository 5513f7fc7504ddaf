// The rows that fit trains on and those that it validates on.

import type { Network } from '@treadle/nn';
import { rowsInPlace, show, type Tensor } from '@treadle/tensor';
import { isPair, type RowsLike } from '../data/arguments.ts';
import { checkRows, disposeRows, type Rows, weightedByClass } from '../data/rows.ts';
import type { FitOptions } from './fit-options.ts';
import type { Steps } from './steps.ts';

/** The rows for training and those for validation, checked. Throws as checkRows does, and RangeError for an invalid split. */
export function splitRows(
  model: Network,
  steps: Steps,
  x: RowsLike,
  y: RowsLike,
  { batchSize = 32, validationData, validationSplit = 0, sampleWeight, classWeight }: FitOptions,
): { trained: Rows; validation: Rows | undefined } {
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new RangeError(`fit: validationSplit must be at least 0 and less than 1; got ${validationSplit}`);
  }
  const rows = checkRows('fit', model, steps, x, y, batchSize, sampleWeight);
  const withClassWeights = (some: Rows): Rows => weightedByClass('fit', model, steps, some, classWeight);
  if (validationData) {
    const [vx, vy, weight] = validationRows(validationData);
    const validation = checkRows('fit(validationData)', model, steps, vx, vy, batchSize, weight);
    return { trained: withClassWeights(rows), validation };
  }
  if (validationSplit === 0) return { trained: withClassWeights(rows), validation: undefined };
  // 100·(1 − 0.07) is 92.99999999999999 in float64 and means 93 rows
  const count = Math.floor(rows.count * (1 - validationSplit) + 1e-6);
  if (count === 0 || count === rows.count) {
    throw new RangeError(
      `fit: validationSplit must leave rows on both sides; got ${validationSplit} of ${rows.count} rows`,
    );
  }
  const parts = { trained: withClassWeights(part(rows, 0, count)), validation: part(rows, count, rows.count) };
  disposeRows(rows);
  return parts;
}

/** validationData in order. Throws RangeError unless it is { x, y } or an array of two or three. */
function validationRows(
  given: NonNullable<FitOptions['validationData']>,
): readonly [x: RowsLike, y: RowsLike, sampleWeight?: RowsLike] {
  if (isPair(given)) return [given.x, given.y];
  if (Array.isArray(given) && (given.length === 2 || given.length === 3)) return given;
  const got = Array.isArray(given) ? `an array of ${given.length}` : show(given);
  throw new RangeError(
    `fit: validationData must be { x, y }, or an array of x, y and perhaps sampleWeight; got ${got}`,
  );
}

/** The rows `from` up to and excluding `to`, which share the memory of all rows. */
function part({ xs, ys, weights }: Rows, from: number, to: number): Rows {
  const take = (t: Tensor): Tensor => rowsInPlace(t, from, to);
  return { xs: xs.map(take), ys: ys.map(take), weights: weights.map(take), count: to - from };
}
