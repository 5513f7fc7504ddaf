// What users give to learn from, checked before anything is computed: rows for each input of a model and targets for each of
// its outputs.

import { checkBatchSize, checkRowCount, commonRows } from '@treadle/data';
import { fits, listExtents, type Network, type OpenShape } from '@treadle/nn';
import {
  areOptions,
  isFloat,
  type OpenRows,
  type OptionKinds,
  ones,
  openRows,
  type Shape,
  ShapeError,
  show,
  Tensor,
  type TensorData,
  type TensorLike,
  tensor,
} from '@treadle/tensor';
import { type ClassWeight, classWeights, product, sampleWeight } from './sample-weights.ts';
import type { Steps } from './steps.ts';

/** Rows for the only input (or targets for the only output) of a model, or for each of several in their order or by name. */
export type RowsLike = TensorLike | readonly TensorLike[] | Readonly<Record<string, TensorLike>>;

/** Rows and their targets together, as readers and splits give them. */
export interface RowsPair {
  readonly x: RowsLike;
  readonly y: RowsLike;
}

/** Whether it is { x, y }, and nothing else. */
export function isPair(given: unknown): given is RowsPair {
  if (typeof given !== 'object' || given === null || given instanceof Tensor) return false;
  return Object.keys(given).length === 2 && Object.hasOwn(given, 'x') && Object.hasOwn(given, 'y');
}

/** (x, y, options) or ({ x, y }, options) */
export type DataArguments<O> = readonly [x: RowsLike | RowsPair, y?: RowsLike | O | undefined, options?: O | undefined];

/**
 * x, y and the options, of (x, y, options) or ({ x, y }, options). A model whose inputs are called x and y takes an object of
 * these as its inputs. Throws as readOptions does, and TypeError for no y.
 */
export function dataAndOptions<O extends object>(
  op: string,
  model: Network,
  [first, second, third]: DataArguments<O>,
  kinds: OptionKinds<O>,
): readonly [x: RowsLike, y: RowsLike, options: O] {
  const areInputs = model.inputNames.includes('x') && model.inputNames.includes('y');
  const isBoth = isPair(first) && !areInputs;
  const options: unknown = (isBoth ? second : third) ?? {};
  if (!areOptions(op, options, kinds)) throw new Error('internal: options that are none');
  if (isBoth) {
    if (third === undefined) return [first.x, first.y, options];
    throw new TypeError(`${op}: options come after { x, y }; got a third argument, ${show(third)}`);
  }
  if (!isGiven(first) || !isGiven(second)) {
    throw new TypeError(
      `${op}: x and y must be given; got ${show(first)} and ${show(second)}; { x, y } gives both at once`,
    );
  }
  return [first, second, options];
}

/** What it holds is checked when it becomes tensors. */
function isGiven(given: unknown): given is RowsLike {
  return given !== undefined && given !== null;
}

/** Rows with their targets. */
export interface Rows {
  /** by input */
  readonly xs: readonly Tensor[];
  /** by output */
  readonly ys: readonly Tensor[];
  /** by output: how much each row counts; none where all count alike */
  readonly weights: readonly Tensor[];
  readonly count: number;
}

/** Gives back rows that are handles of the call's own. */
export function disposeRows({ xs, ys, weights }: Pick<Rows, 'xs'> & Partial<Rows>): void {
  for (const t of [...xs, ...(ys ?? []), ...(weights ?? [])]) t.dispose();
}

/** Rows as the steps of a model take them: plans for them do not depend on how many there are. */
export function dataOf({ xs, ys, weights }: Rows): OpenRows {
  return openRows([...xs, ...ys, ...weights]);
}

/**
 * x [n, …] and y [n, …] as tensors. Throws for unequal lengths, no rows, what the model, the loss or a metric cannot take,
 * targets that are not finite or mean nothing, and weights that are none. A model that is not built yet is built for these rows.
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
  const xs = listed(op, 'x', x, model.inputNames);
  const ys = listed(op, 'y', y, model.outputNames);
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

/** Rows whose targets count as their class says, and as they did before. Throws RangeError, also for several outputs. */
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

/** The shape of a sample of an output, the sizes that are not known being those of its targets. */
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
  const alike = ones([count]);
  return listed(op, 'sampleWeight', given, names, alike).map((one, i) => {
    const loss = steps.losses[i];
    return one === alike || !loss ? alike : sampleWeight(op, one, loss, count);
  });
}

/** The same for rows without targets. */
export function inputRows(op: string, model: Network, x: RowsLike, batchSize: number): readonly Tensor[] {
  const xs = listed(op, 'x', x, model.inputNames);
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

/** A tensor for each name, `absent` for one that is left out. Throws RangeError where there are more or fewer, or others. */
function listed(
  op: string,
  what: string,
  given: RowsLike,
  names: readonly string[],
  absent?: Tensor,
): readonly Tensor[] {
  const by = names.join(', ');
  if (isNamed(given)) {
    const unknown = Object.keys(given).find((name) => !names.includes(name));
    if (unknown !== undefined) throw new RangeError(`${op}: ${what} may have the names ${by}; got ${unknown}`);
    return names.map((name) => {
      const one = given[name];
      if (one !== undefined) return valuesOf(one);
      if (!absent) throw new RangeError(`${op}: ${what} must have rows for ${by}; got none for ${name}`);
      return absent;
    });
  }
  if (names.length === 1 && isOne(given)) return [valuesOf(given)];
  if (!isList(given) || given.length !== names.length) {
    const got = isList(given) ? `an array of ${given.length}` : 'one';
    throw new RangeError(`${op}: ${what} must be an array of rows for each of ${by}, or an object of them; got ${got}`);
  }
  return given.map(valuesOf);
}

/** The values alone: no gradient goes on to a variable or a layer that they were computed by. */
function valuesOf(given: TensorLike): Tensor {
  const values = tensor(given);
  return values.node.tracked ? values.detach() : values;
}

function isNamed(given: RowsLike): given is Readonly<Record<string, TensorLike>> {
  if (given === null) return false;
  return typeof given === 'object' && !Array.isArray(given) && !ArrayBuffer.isView(given) && !(given instanceof Tensor);
}

function isList(given: RowsLike): given is readonly TensorLike[] {
  return Array.isArray(given);
}

/** An array is nested numbers where a model has one input: what it holds is checked when it becomes a tensor. */
function isOne(given: RowsLike): given is TensorLike {
  return !isNamed(given);
}

/** From so many elements on, the engine finds their largest, NaN included, sooner than they are copied out to be looked at. */
const manyElements = 2 ** 18;

function checkFinite(op: string, what: 'x' | 'y', given: Tensor, count: number): void {
  if (!isFloat(given.dtype) || given.size >= manyElements) return;
  requireFinite(op, what, given.data(), count);
}

/** The same for the many elements that checkRows leaves out, with the event loop free. */
export async function checkManyFinite(op: string, { xs, ys, count }: Rows): Promise<void> {
  for (const [what, tensors] of [['x', xs] as const, ['y', ys] as const]) {
    for (const given of tensors) {
      if (!isFloat(given.dtype) || given.size < manyElements) continue;
      using largest = given.abs().max();
      if (!Number.isFinite((await largest.read())[0])) requireFinite(op, what, await given.read(), count);
    }
  }
}

function requireFinite(op: string, what: 'x' | 'y', values: TensorData, count: number): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new RangeError(
    `${op}: ${what} must hold finite numbers; got ${values[wrong]} in row ${Math.floor((wrong * count) / values.length)}`,
  );
}

/** Throws RangeError where a layer keeps states for the rows of a batch, and not all batches have so many, or all rows are fewer. */
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
