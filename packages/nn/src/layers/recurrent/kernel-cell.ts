// What lstm, gru and simpleRnn share: kernels for the input and for the state, dropout for both, and a layer in which the input of
// all steps is projected at once, by one product before the loop.

import {
  asTensor,
  checkArray,
  checkShape,
  type OptionKinds,
  ones,
  readOptions,
  type Shape,
  show,
  type Tensor,
} from '@treadle/tensor';
import { type Constraint, type ConstraintName, constraintOf } from '../../constraints/constraints.ts';
import { type Initializer, initializerOf } from '../../initializers/initializers.ts';
import { refuseTensors } from '../../layer/layer-options.ts';
import { checkCount, configOf } from '../../layer/make-layer.ts';
import { type Regularizer, type RegularizerName, regularizerOf } from '../../regularizers/regularizers.ts';
import { project } from '../core/project.ts';
import { checkRate, drop, seedSource } from '../regularization/dropout.ts';
import { type Cell, type CellWeight, type RecurrentLayer, recurrentLayer } from './recurrent-layer.ts';
import type { KernelCellOptions, RecurrentOptions } from './recurrent-options.ts';
import type { RnnCell } from './rnn.ts';

/**
 * The next states. `x` is the projected input [batch, blocks · units] with its bias, `h` the first state as the cell is to see
 * it (with dropout).
 */
type NextStates = (x: Tensor, h: Tensor, states: readonly Tensor[]) => readonly [Tensor, ...Tensor[]];

export interface KernelCell {
  readonly kind: string;
  /** how many blocks of `units` columns the kernels have */
  readonly blocks: number;
  /** how many states there are, each [batch, units]; the first is the result */
  readonly states: number;
  /** how many rows the bias has: with 2, the second is added to the recurrent product, by the cell */
  readonly biases: 1 | 2;
  /** the bias's initial value, if it is not what the options say */
  readonly initialBias?: Initializer | undefined;
  /** What a step does with the recurrent kernel and the second row of the bias. */
  next(kernel: Tensor, bias: Tensor | undefined): NextStates;
}

/**
 * x [batch, steps, features] → [batch, units], or [batch, steps, units]. Further inputs are the initial states, [batch, units]
 * each; zeros by default. Variables: kernel [features, blocks·units], recurrentKernel [units, blocks·units], bias.
 */
export function recurrent(
  cell: KernelCell,
  units: number,
  options: RecurrentOptions,
  again: (goBackwards: boolean) => RecurrentLayer,
): RecurrentLayer {
  checkCount(`${cell.kind}: units`, units);
  return recurrentLayer(withKernels(cell, units, options), { units, ...options }, again);
}

/** The options that a cell was given, checked. Throws as readOptions does, and TypeError for a tensor. */
export function readCellOptions<O extends KernelCellOptions>(kind: string, given: O, kinds: OptionKinds<O>): O {
  refuseTensors(kind, given, 'rnn(cell) makes a layer of it');
  return readOptions(kind, given, kinds);
}

/** The cell alone, for `rnn`: a step projects its own input. `options` are what it was made with, for its config. */
export function cellAlone(cell: KernelCell, units: number, options: KernelCellOptions): RnnCell {
  const { kind } = cell;
  checkCount(`${kind}: units`, units);
  const weightsFor = kernelWeights(cell, units, options);
  return {
    stateSize: new Array<number>(cell.states).fill(units),
    weights: (step) => weightsFor(checkShape(kind, step)),
    call: (input, states, weights) => {
      checkArray(`${kind}: the states`, states);
      const given: unknown = weights;
      if (states.length !== cell.states || typeof given !== 'object' || given === null) {
        const got = `got ${states.length} states, weights ${show(weights)}`;
        throw new TypeError(`${kind}: call must be given ${cell.states} states, and the weights by name; ${got}`);
      }
      const [x, before] = [asTensor(input), Array.from(states, (state) => asTensor(state))];
      const { kernel = x, recurrentKernel = x, bias } = weights;
      const [inputBias, recurrentBias] = biasesOf(cell, bias && asTensor(bias));
      const next = cell.next(asTensor(recurrentKernel), recurrentBias);
      const after = next(project(x, asTensor(kernel), inputBias), firstOf(before), before);
      return [after[0], after];
    },
    config: () => configOf(kind, { units, ...options }),
  };
}

function withKernels(cell: KernelCell, units: number, options: RecurrentOptions): Cell {
  const { kind } = cell;
  const { dropout = 0, recurrentDropout = 0, seed } = options;
  checkRate(kind, dropout);
  checkRate(kind, recurrentDropout);
  const inputSource = seedSource(kind, seed);
  const stateSource = seedSource(kind, seed === undefined ? undefined : (seed + 1) % 2 ** 32);
  return {
    kind,
    stateSizes: new Array<number>(cell.states).fill(units),
    outputSize: undefined,
    axes: ['features'],
    weights: kernelWeights(cell, units, options),
    begin: (x, weights, training) => {
      const [, batch = 1, features = 1] = x.shape;
      const seen = training && dropout > 0 ? drop(x, dropout, inputSource, [1, batch, features]) : x;
      const [inputBias, recurrentBias] = biasesOf(cell, weights.find('bias'));
      // one mask for all steps (Y. Gal, Z. Ghahramani, 2016)
      const kept =
        training && recurrentDropout > 0 ? drop(ones([batch, units]), recurrentDropout, stateSource) : undefined;
      const next = cell.next(weights.get('recurrentKernel'), recurrentBias);
      return {
        x: project(seen, weights.get('kernel'), inputBias),
        step: (at, before) => {
          const h = firstOf(before);
          const states = next(at, kept ? h.mul(kept) : h, before);
          return [states[0], states];
        },
      };
    },
  };
}

/** What the weights are, for steps of some features. */
function kernelWeights(
  { blocks, biases, initialBias }: KernelCell,
  units: number,
  options: KernelCellOptions,
): (step: Shape) => Readonly<Record<string, CellWeight>> {
  const of = (
    regularizer: RegularizerName | Regularizer | undefined,
    constraint: ConstraintName | Constraint | undefined,
  ) => ({ regularizer: regularizerOf(regularizer), constraint: constraintOf(constraint) });
  const ofKernel = {
    initializer: initializerOf(options.kernelInitializer ?? 'glorotUniform'),
    ...of(options.kernelRegularizer, options.kernelConstraint),
  };
  const ofRecurrentKernel = {
    initializer: initializerOf(options.recurrentInitializer ?? 'orthogonal'),
    ...of(options.recurrentRegularizer, options.recurrentConstraint),
  };
  const ofBias = {
    initializer: initialBias ?? initializerOf(options.biasInitializer ?? 'zeros'),
    ...of(options.biasRegularizer, options.biasConstraint),
  };
  const width = blocks * units;
  return ([features = 0]) => ({
    kernel: { shape: [features, width], ...ofKernel },
    recurrentKernel: { shape: [units, width], ...ofRecurrentKernel },
    ...((options.useBias ?? true) && { bias: { shape: biases === 2 ? [2, width] : [width], ...ofBias } }),
  });
}

/** The bias of the input, and that of the recurrent product. */
function biasesOf({ biases }: KernelCell, bias: Tensor | undefined): readonly (Tensor | undefined)[] {
  return biases === 2 && bias ? bias.split(2).map((row) => row.squeeze(0)) : [bias];
}

function firstOf([h]: readonly Tensor[]): Tensor {
  if (!h) throw new Error('internal: a cell has a state');
  return h;
}
