// rnn: a recurrent layer of one cell or several, which may be the user's own.

import { checkFunction, checkShape, isConfig, type Shape, ShapeError, show, Tensor } from '@treadle/tensor';
import type { KindReader, NestedReader, OptionType } from '../../config/kind.ts';
import { constraintOf } from '../../constraints/constraint-by-name.ts';
import { initializerOf } from '../../initializers/initializer-by-name.ts';
import { checkCount } from '../../layer/check-count.ts';
import { regularizerOf } from '../../regularizers/regularizer-by-name.ts';
import { type Cell, type CellWeight, defineRecurrentLayer, type RecurrentLayer } from './recurrent-layer.ts';
import { type SequenceOptions, sequenceTypes } from './recurrent-options.ts';
import type { RnnCell, RnnCellWeight } from './rnn-cell.ts';
import type { CellStep } from './scan-steps.ts';

/** Options of `rnn`. */
export type RnnOptions = SequenceOptions;

type Cells = RnnCell | readonly RnnCell[];

const cellsType: OptionType<Cells> = {
  kind: 'any',
  read: (value, nested) => {
    const cells = [value].flat().map((each) => readCell(each, nested));
    const areCells = cells.every((cell) => cell !== undefined);
    if (!areCells) return undefined;
    return Array.isArray(value) ? cells : cells[0];
  },
};

function readCell(value: unknown, nested: NestedReader): RnnCell | undefined {
  const made = isConfig(value) ? nested(value, 'cell') : undefined;
  return isCell(made) ? made : undefined;
}

function isCell(x: unknown): x is RnnCell {
  return typeof x === 'object' && x !== null && 'stateSize' in x && 'call' in x;
}

/** Makes layers of cells, whose weights may have names of their own. */
export interface RnnKind extends KindReader<RecurrentLayer> {
  <W extends string>(cell: RnnCell<W> | readonly RnnCell[], options?: RnnOptions): RecurrentLayer;
}

/**
 * A cell at each step: x [batch, steps, …] → [batch, outputSize], or [batch, steps, outputSize] with returnSequences. With several cells,
 * each takes the output of the cell before, and their states follow one another. Variables: the weights of the cell by their names;
 * of several cells cell0/kernel, cell1/kernel, … Throws TypeError for what is not a cell, RangeError for sizes that are not whole
 * numbers ≥ 1.
 *
 * @example
 * ```ts
 * import { rnn } from 'treadle';
 * const decayingSum = rnn({
 *   stateSize: 1,
 *   weights: () => ({ decay: { shape: [1], initializer: 'ones' } }),
 *   call: (x, [sum = x], { decay }) => [x.add(sum.mul(decay)), x.add(sum.mul(decay))],
 * });
 * decayingSum.call([[[1], [2], [3]]]); // → [[6]]
 * ```
 */
export const rnn: RnnKind = defineRecurrentLayer(
  { kind: 'rnn', arguments: [['cell', cellsType]], options: sequenceTypes },
  (cell: Cells) => {
    const cells = isList(cell) ? cell : [cell];
    if (cells.length === 0) throw new RangeError('rnn: there must be one cell or more; got none');
    for (const each of cells) checkCell(each);
    return stackOf(cells.map(sizedCell));
  },
);

function isList(cell: unknown): cell is readonly RnnCell[] {
  return Array.isArray(cell);
}

function checkCell(cell: unknown): void {
  if (typeof cell !== 'object' || cell === null || !('stateSize' in cell) || !('call' in cell)) {
    throw new TypeError(`rnn: a cell must be an object with stateSize and call; got ${show(cell)}`);
  }
  checkFunction('rnn: the cell’s call', cell.call);
  const { stateSize } = cell;
  const sizes: readonly unknown[] = Array.isArray(stateSize) ? stateSize : [stateSize];
  if (sizes.length === 0) throw new RangeError('rnn: a cell must have a state or more; got stateSize []');
  for (const size of sizes) checkCount('rnn: stateSize', Number(size));
  if ('outputSize' in cell && cell.outputSize !== undefined) checkCount('rnn: outputSize', Number(cell.outputSize));
  if ('weights' in cell && cell.weights !== undefined) checkFunction('rnn: the cell’s weights', cell.weights);
}

/** A cell with all its sizes; its weights are looked up by name. */
interface SizedCell {
  readonly stateSizes: readonly number[];
  readonly outputSize: number;
  weights(step: Shape): Readonly<Record<string, CellWeight>>;
  begin(weightOf: (name: string) => Tensor, training: boolean): CellStep;
}

function sizedCell(cell: RnnCell): SizedCell {
  const stateSizes = typeof cell.stateSize === 'number' ? [cell.stateSize] : cell.stateSize;
  const outputSize = cell.outputSize ?? stateSizes[0] ?? 0;
  let names: readonly string[] = [];
  return {
    stateSizes,
    outputSize,
    weights: (step) => {
      const wanted = Object.entries(cell.weights?.(step) ?? {});
      names = wanted.map(([name]) => name);
      return Object.fromEntries(wanted.map(([name, given]) => [name, weightFrom(name, given)]));
    },
    begin: (weightOf, training) => {
      const weights = Object.fromEntries(names.map((name) => [name, weightOf(name)]));
      return (x, before) => {
        const result = cell.call(x, before, weights, { training });
        checkResult(result);
        const [output, after] = result;
        const states = after instanceof Tensor ? [after] : after;
        checkShapes('output', [output], [[x.shape[0] ?? 1, outputSize]]);
        checkShapes(
          'states',
          states,
          before.map(({ shape }) => shape),
        );
        return [output, states];
      };
    },
  };
}

function weightFrom(name: string, given: Shape | RnnCellWeight): CellWeight {
  const one: unknown = given;
  if (typeof one !== 'object' || one === null) {
    throw new TypeError(
      `rnn: a weight of the cell must be a shape, or an object with one; got ${show(one)} for ${name}`,
    );
  }
  const { shape, initializer, regularizer, constraint, trainable = true } = 'shape' in given ? given : { shape: given };
  return {
    shape: checkShape(`rnn: ${name}`, shape),
    initializer: initializerOf(initializer ?? 'glorotUniform'),
    regularizer: regularizerOf(regularizer),
    constraint: constraintOf(constraint),
    trainable,
  };
}

/** Throws TypeError unless a step returned [output, states]. */
function checkResult(result: unknown): void {
  const isCellStep = Array.isArray(result) && result.length === 2 && result[0] instanceof Tensor;
  const states: unknown = isCellStep ? result[1] : undefined;
  if (states instanceof Tensor || (Array.isArray(states) && states.every((state) => state instanceof Tensor))) return;
  throw new TypeError(`rnn: the cell’s call must give [output, states], of tensors; got ${show(result)}`);
}

function checkShapes(what: string, given: readonly Tensor[], wanted: readonly Shape[]): void {
  const list = (shapes: readonly Shape[]): string => shapes.map((shape) => `[${shape.join(', ')}]`).join(', ');
  const got = given.map(({ shape }) => shape);
  if (list(got) === list(wanted)) return;
  throw new ShapeError(`rnn: the cell’s ${what} must have the shape ${list(wanted)}; got ${list(got)}`);
}

/** Several cells as one; each takes the output of the cell before. */
function stackOf(cells: readonly SizedCell[]): Cell {
  const nameIn = (i: number, name: string): string => (cells.length === 1 ? name : `cell${i}/${name}`);
  return {
    kind: 'rnn',
    stateSizes: cells.flatMap(({ stateSizes }) => stateSizes),
    outputSize: cells.at(-1)?.outputSize,
    axes: undefined,
    weights: (step) =>
      Object.fromEntries(
        cells.flatMap((cell, i) => {
          const before = cells[i - 1];
          const own = Object.entries(cell.weights(before ? [before.outputSize] : step));
          return own.map(([name, weight]) => [nameIn(i, name), weight] as const);
        }),
      ),
    begin: (x, weights, training) => {
      const steps = cells.map((cell, i) => cell.begin((name) => weights.get(nameIn(i, name)), training));
      return { x, step: (at, before) => stepThrough(cells, steps, at, before) };
    },
  };
}

function stepThrough(
  cells: readonly SizedCell[],
  steps: readonly CellStep[],
  x: Tensor,
  before: readonly Tensor[],
): ReturnType<CellStep> {
  const states: Tensor[] = [];
  let output = x;
  steps.forEach((step, i) => {
    const own = before.slice(states.length, states.length + (cells[i]?.stateSizes.length ?? 0));
    const [next, after] = step(output, own);
    output = next;
    states.push(...after);
  });
  return [output, states];
}
