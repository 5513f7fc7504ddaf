// Rows and targets, checked before anything is computed: tensors for each input and output of a model, with the weights of the rows.

import { checkBatchSize, checkRowCount, commonRows } from '@treadle/data';
import { fits, listExtents, type Network, type OpenShape } from '@treadle/nn';
import { type OpenRows, ones, openRows, type Shape, ShapeError, type Tensor } from '@treadle/tensor';
import type { Steps } from '../fit/steps.ts';
import type { RowsLike } from './arguments.ts';
import { checkFinite } from './check-finite.ts';
import { rowsByName } from './rows-by-name.ts';
import { type ClassWeight, classWeights, product, sampleWeight } from './sample-weights.ts';

/** Rows with their targets, checked. */
export interface Rows {
  /** for each input */
  readonly xs: readonly Tensor[];
  /** for each output */
  readonly ys: readonly Tensor[];
  /** for each output, the weights of the rows; empty if all have weight 1 */
  readonly weights: readonly Tensor[];
  /** the number of rows */
  readonly count: number;
}

/** Disposes the tensors, which are handles of the call's own. */
export function disposeRows({ xs, ys, weights }: Pick<Rows, 'xs'> & Partial<Rows>): void {
  for (const t of [...xs, ...(ys ?? []), ...(weights ?? [])]) t.dispose();
}

/** Rows as the steps of a model take them; one plan serves any number of rows. */
export function dataOf({ xs, ys, weights }: Rows): OpenRows {
  return openRows([...xs, ...ys, ...weights]);
}

/**
 * x [n, …] and y [n, …] as tensors. Throws RangeError, ShapeError or DtypeError for unequal numbers of rows, no rows, rows that the model, a
 * loss or a metric cannot take, targets that are not finite or invalid, and invalid weights. Builds a model that is not built yet.
 */
export function checkRows(
  op: string,
  model: Network,
  steps: Steps,
  x: RowsLike,
  y: RowsLike,
  batchSize: number,
  weight?: RowsLike,
): Rows {
  const xs = rowsByName(op, 'x', x, model.inputNames);
  const ys = rowsByName(op, 'y', y, model.outputNames);
  const [first, ...others] = [...xs, ...ys];
  if (!first) throw new Error('internal: a model without inputs');
  const count = others.reduce((rows, other) => Math.min(rows, commonRows(op, first, other)), first.shape[0] ?? 0);
  checkBatchSize(op, batchSize);
  buildFor(op, model, xs);
  const weights = weight === undefined ? [] : weightsOf(op, model.outputNames, steps, weight, count);
  steps.check(op, [...xs, ...ys, ...weights]);
  ys.forEach((target, i) => {
    checkFinite(op, 'y', target, count);
    steps.losses[i]?.checkTargets?.(op, target.data(), shapeBeside(target, model.outputShapes?.[i]));
  });
  for (const rows of [...xs, ...ys]) rows.realize();
  for (const rows of xs) checkFinite(op, 'x', rows, count);
  return { xs, ys, weights, count };
}

/** The rows with the weights of their classes, times their own weights. Throws RangeError for invalid weights and for several outputs. */
export function weightedByClass(
  op: string,
  model: Network,
  steps: Steps,
  rows: Rows,
  classWeight: ClassWeight | undefined,
): Rows {
  if (classWeight === undefined) return rows;
  const { xs, ys, weights, count } = rows;
  const [[y, ...others], [loss]] = [ys, steps.losses];
  if (!y || !loss || others.length > 0) {
    throw new RangeError(
      `${op}: classWeight must be given to a model of one output; got ${ys.length} outputs; sampleWeight takes weights for each`,
    );
  }
  const ofClass = classWeights(op, classWeight, y, loss, shapeBeside(y, model.outputShapes?.[0]));
  const both = [weights[0] ? product(weights[0], ofClass) : ofClass];
  steps.check(op, [...xs, ...ys, ...both]);
  return { xs, ys, weights: both, count };
}

/** The shape of a sample of an output; unknown sizes are those of its targets. */
function shapeBeside(targets: Tensor, output: OpenShape = []): Shape {
  return output.map((extent, i) => extent ?? targets.shape[i + 1] ?? 1);
}

function weightsOf(
  op: string,
  names: readonly string[],
  steps: Steps,
  given: RowsLike,
  count: number,
): readonly Tensor[] {
  const equal = ones([count]);
  return rowsByName(op, 'sampleWeight', given, names, equal).map((one, i) => {
    const loss = steps.losses[i];
    return one === equal || !loss ? equal : sampleWeight(op, one, loss, count);
  });
}

/** Rows without targets, as tensors. Throws as checkRows does. */
export function inputRows(op: string, model: Network, x: RowsLike, batchSize: number): readonly Tensor[] {
  const xs = rowsByName(op, 'x', x, model.inputNames);
  for (const rows of xs) {
    if (rows.rank === 0) throw new ShapeError(`${op}: x must have rows; got the shape []`);
    checkRowCount(op, rows.shape[0] ?? 0);
  }
  const [first, ...others] = xs;
  if (first) for (const other of others) commonRows(op, first, other);
  checkBatchSize(op, batchSize);
  buildFor(op, model, xs);
  checkEqualBatches(op, model, first?.shape[0] ?? 0, batchSize);
  return xs.map((rows) => rows.realize());
}

/** Throws RangeError if a layer carries states and batches have different sizes. `first` is the number of rows of the first epoch. */
export function checkEqualBatches(
  op: string,
  model: Network,
  count: number,
  batchSize: number,
  first: number = count,
): void {
  const rows = Math.min(batchSize, first);
  if (!model.stateful || count % rows === 0) return;
  const hint = 'choose a batchSize that divides them, or leave out rows';
  throw new RangeError(
    `${op}: batches must have one size where layers are stateful; got ${count} rows in batches of ${rows}; ${hint}`,
  );
}

/** Builds the model for these rows if it is not built. Throws ShapeError for rows of another shape. */
function buildFor(op: string, model: Network, xs: readonly Tensor[]): void {
  const samples = xs.map((x) => x.shape.slice(1));
  if (!model.inputShapes) model.buildAll(samples);
  model.inputShapes?.forEach((wanted, i) => {
    const sample = samples[i] ?? [];
    if (fits(wanted, sample)) return;
    const got = `got [${sample.join(', ')}] in x [${xs[i]?.shape.join(', ')}]`;
    throw new ShapeError(
      `${op}: a row must have the shape that the model was built for, [${listExtents(wanted)}]; ${got}`,
    );
  });
}
