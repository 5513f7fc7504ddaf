// What simpleRnn, lstm and gru share: kernels for the input and for the state, dropout of both, in a layer and as a cell alone.

import { asTensor, checkArray, checkShape, ones, type Shape, show, type Tensor } from '@treadle/tensor';
import { defineKind, type Given, type Kind, type KindDefinition } from '../../config/kind.ts';
import type { Initializer } from '../../initializers/initializer.ts';
import { refuseAllTensors } from '../../layer/layer-options.ts';
import { configOf } from '../../layer/make-layer.ts';
import { seedSource } from '../../layer/seed-source.ts';
import { weightOptions } from '../../layer/weight-options.ts';
import { project } from '../core/project.ts';
import { checkRate, drop } from '../regularization/dropout.ts';
import type { Cell, CellWeight } from './recurrent-layer.ts';
import type { KernelCellOptions, RecurrentOptions } from './recurrent-options.ts';
import type { RnnCell } from './rnn-cell.ts';

/**
 * The next states. `x` is the projected input [batch, blocks·units] with its bias, `h` the first state after dropout.
 */
type NextStates = (x: Tensor, h: Tensor, states: readonly Tensor[]) => readonly [Tensor, ...Tensor[]];

/** What one kind of cell has of its own. */
export interface KernelCell {
  readonly kind: string;
  /** the number of blocks of `units` columns in the kernels: one for each gate and candidate */
  readonly blocks: number;
  /** the number of states, each [batch, units]; the first is the output */
  readonly states: number;
  /** the number of rows of the bias; the cell adds a second row to the recurrent product */
  readonly biases: 1 | 2;
  /** the initializer of the bias, if it is not that of the options */
  readonly initialBias?: Initializer | undefined;
  /** The step with this recurrent kernel and second row of the bias. */
  next(kernel: Tensor, bias: Tensor | undefined): NextStates;
}

/** The kind of cell of a definition, for `rnn`. `cellOf` gives what it has of its own. */
export function defineCell<O extends KernelCellOptions>(
  definition: KindDefinition<[units: number], NoInfer<O>>,
  cellOf: (units: number, options: O) => KernelCell,
): Kind<[units: number], O, RnnCell> {
  return defineKind<[units: number], O, RnnCell>(definition, {
    makes: 'cell',
    refuse: (values) => refuseAllTensors(definition.kind, values, 'rnn(cell) makes a layer of it'),
    make: (given, units, options) => cellAlone(cellOf(units, options), units, given),
  });
}

/** The cell alone: a step projects its own input. */
function cellAlone(cell: KernelCell, units: number, { options, data }: Given<KernelCellOptions>): RnnCell {
  const { kind } = cell;
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
    config: () => configOf(kind, data),
  };
}

/** The cell in a layer, in which the input of all steps is projected at once, by one product before the loop. */
export function cellInLayer(cell: KernelCell, units: number, options: RecurrentOptions): Cell {
  const { kind } = cell;
  const { dropout = 0, recurrentDropout = 0, seed } = options;
  checkRate(kind, dropout);
  checkRate(kind, recurrentDropout);
  const inputSource = seedSource(kind, seed);
  const stateSource = seedSource(kind, seed === undefined ? undefined : (seed + 1) % 2 ** 32);
  return {
    kind,
    sources: [inputSource, stateSource],
    stateSizes: new Array<number>(cell.states).fill(units),
    outputSize: undefined,
    axes: ['features'],
    weights: kernelWeights(cell, units, options),
    begin: (x, weights, training) => {
      const [, batch = 1, features = 1] = x.shape;
      const dropped = training && dropout > 0 ? drop(x, dropout, inputSource, [1, batch, features]) : x;
      const [inputBias, recurrentBias] = biasesOf(cell, weights.find('bias'));
      // one dropout mask for all steps (Y. Gal, Z. Ghahramani, 2016)
      const stateMask =
        training && recurrentDropout > 0 ? drop(ones([batch, units]), recurrentDropout, stateSource) : undefined;
      const next = cell.next(weights.get('recurrentKernel'), recurrentBias);
      return {
        x: project(dropped, weights.get('kernel'), inputBias),
        step: (at, before) => {
          const h = firstOf(before);
          const states = next(at, stateMask ? h.mul(stateMask) : h, before);
          return [states[0], states];
        },
      };
    },
  };
}

/** The weights of the cell, for steps of some number of features. */
function kernelWeights(
  { blocks, biases, initialBias }: KernelCell,
  units: number,
  options: KernelCellOptions,
): (step: Shape) => Readonly<Record<string, CellWeight>> {
  const ofKernel = weightOptions('kernel', options, 'glorotUniform');
  const ofRecurrentKernel = weightOptions('recurrent', options, 'orthogonal');
  const ofBias = weightOptions('bias', options, 'zeros');
  const width = blocks * units;
  return ([features = 0]) => ({
    kernel: { shape: [features, width], ...ofKernel },
    recurrentKernel: { shape: [units, width], ...ofRecurrentKernel },
    ...((options.useBias ?? true) && {
      bias: {
        shape: biases === 2 ? [2, width] : [width],
        ...ofBias,
        initializer: initialBias ?? ofBias.initializer,
      },
    }),
  });
}

/** The bias of the input, and the bias of the recurrent product. */
function biasesOf({ biases }: KernelCell, bias: Tensor | undefined): readonly (Tensor | undefined)[] {
  return biases === 2 && bias ? bias.split(2).map((row) => row.squeeze(0)) : [bias];
}

function firstOf([h]: readonly Tensor[]): Tensor {
  if (!h) throw new Error('internal: a cell has a state');
  return h;
}
