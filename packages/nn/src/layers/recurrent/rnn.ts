// rnn: a cell of one's own, applied to the steps of a sequence. A cell is a plain object: the sizes of its states, its weights by
// name, and what a step does with them. The layer makes the weights, so that a cell has none itself and may be used for several
// layers.

import { checkFunction, checkShape, type Shape, ShapeError, show, Tensor } from '@treadle/tensor';
import { type Constraint, type ConstraintName, constraintOf } from '../../constraints/constraints.ts';
import { type Initializer, type InitializerName, initializerOf } from '../../initializers/initializers.ts';
import type { LayerConfig } from '../../layer/layer.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { checkCount } from '../../layer/make-layer.ts';
import { type Regularizer, type RegularizerName, regularizerOf } from '../../regularizers/regularizers.ts';
import { type Cell, type CellWeight, type RecurrentLayer, recurrentLayer } from './recurrent-layer.ts';
import { type SequenceOptions, sequenceOptions } from './recurrent-options.ts';
import type { Step } from './scan-steps.ts';

export interface RnnCellWeight {
  readonly shape: Shape;
  /** 'glorotUniform' by default */
  readonly initializer?: InitializerName | Initializer | undefined;
  readonly regularizer?: RegularizerName | Regularizer | undefined;
  readonly constraint?: ConstraintName | Constraint | undefined;
  /** true by default */
  readonly trainable?: boolean | undefined;
}

/** A cell whose weights have the names `W`. */
export interface RnnCell<W extends string = string> {
  /** the size n of its state [batch, n], or those of several */
  readonly stateSize: number | readonly number[];
  /** the size n of its output [batch, n]; that of the (first) state by default */
  readonly outputSize?: number | undefined;
  /** The weights by their names, for steps x [batch, ...inputShape]: a shape, or one with what else is to be said; none by default. */
  weights?(inputShape: Shape): Readonly<Record<W, Shape | RnnCellWeight>>;
  /**
   * A step: x [batch, ...inputShape] and the states before it → its output and the states after it. It may use these tensors and
   * those that were made before, and must neither draw random numbers nor assign variables.
   */
  call(
    x: Tensor,
    states: readonly Tensor[],
    weights: Readonly<Record<W, Tensor>>,
    options: { readonly training: boolean },
  ): readonly [output: Tensor, states: Tensor | readonly Tensor[]];
  /** the cell as plain data; cells without it cannot be saved */
  config?(): LayerConfig;
}

export type RnnOptions = SequenceOptions;

/**
 * The cell step by step: x [batch, steps, …] → [batch, outputSize], or [batch, steps, outputSize]. Of several cells each takes the
 * output of the one before, and their states follow one another. Variables: what the cell's `weights` names, of several cells as
 * cell0/kernel, cell1/kernel, … Throws TypeError for what is no cell, RangeError for sizes that are none.
 *
 * @example
 * const units = 8;
 * const layer = rnn({
 *   stateSize: units,
 *   weights: ([features = 0]) => ({ kernel: [features, units], recurrent: { shape: [units, units], initializer: 'orthogonal' } }),
 *   call: (x, [h = x], { kernel, recurrent }) => {
 *     const next = x.matmul(kernel).add(h.matmul(recurrent)).tanh();
 *     return [next, [next]];
 *   },
 * });
 */
export function rnn<W extends string>(cell: RnnCell<W> | readonly RnnCell[], options: RnnOptions = {}): RecurrentLayer {
  const cells = isList(cell) ? cell : [cell];
  if (cells.length === 0) throw new RangeError('rnn: there must be one cell or more; got none');
  for (const each of cells) checkCell(each);
  readLayerOptions('rnn', options, sequenceOptions);
  const again = (goBackwards: boolean): RecurrentLayer => rnn(cells, { ...options, goBackwards });
  // a cell without a config is what the layer's config refuses
  const saved = cells.find((each) => !each.config) ?? {
    config: () => (isList(cell) ? cells.map((each) => each.config?.()) : cell.config?.()),
  };
  return recurrentLayer(stack(cells.map(cellWith)), { cell: saved, ...options }, again);
}

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

/** A cell that knows all its sizes; its weights are looked up by name. */
interface SizedCell {
  readonly stateSizes: readonly number[];
  readonly outputSize: number;
  weights(step: Shape): Readonly<Record<string, CellWeight>>;
  begin(weightOf: (name: string) => Tensor, training: boolean): Step;
}

function cellWith(cell: RnnCell): SizedCell {
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

/** Throws TypeError for what is not [output, states]. */
function checkResult(result: unknown): void {
  const isStep = Array.isArray(result) && result.length === 2 && result[0] instanceof Tensor;
  const states: unknown = isStep ? result[1] : undefined;
  if (states instanceof Tensor || (Array.isArray(states) && states.every((state) => state instanceof Tensor))) return;
  throw new TypeError(`rnn: the cell’s call must give [output, states], of tensors; got ${show(result)}`);
}

function checkShapes(what: string, given: readonly Tensor[], wanted: readonly Shape[]): void {
  const list = (shapes: readonly Shape[]): string => shapes.map((shape) => `[${shape.join(', ')}]`).join(', ');
  const got = given.map(({ shape }) => shape);
  if (list(got) === list(wanted)) return;
  throw new ShapeError(`rnn: the cell’s ${what} must have the shape ${list(wanted)}; got ${list(got)}`);
}

/** Cells of which each takes the output of the one before, as one. */
function stack(cells: readonly SizedCell[]): Cell {
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
      return { x, step: (at, before) => inTurn(cells, steps, at, before) };
    },
  };
}

function inTurn(
  cells: readonly SizedCell[],
  steps: readonly Step[],
  x: Tensor,
  before: readonly Tensor[],
): ReturnType<Step> {
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
