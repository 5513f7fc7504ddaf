// What all recurrent layers share: the input projected for all steps at once, then a cell called step by step, each step a part
// of the graph. A cell knows how its states move; dropout, masks, order and what is returned are known here.

import { type OptionKinds, ones, type Shape, ShapeError, stack, type Tensor, zeros } from '@treadle/tensor';
import type { Activation, ActivationName } from './activations.ts';
import type { LayerFunction } from './callable.ts';
import { type Constraint, type ConstraintName, constraintOf } from './constraints.ts';
import { checkRate, drop, seedSource } from './dropout.ts';
import { type Initializer, type InitializerName, initializerOf } from './initializers.ts';
import { type CallAllOptions, type LayerOptions, sampleShape } from './layer.ts';
import { layerOptions } from './layer-options.ts';
import { LayerWeights } from './layer-weights.ts';
import { checkCount, makeLayerOfMany } from './make-layer.ts';
import { project } from './project.ts';
import { perSample, type Regularizer, type RegularizerName, regularizerOf } from './regularizers.ts';

export interface RecurrentOptions extends LayerOptions {
  /** 'tanh' by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** true by default */
  readonly useBias?: boolean | undefined;
  /** 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerName | Initializer | undefined;
  /** 'orthogonal' by default */
  readonly recurrentInitializer?: InitializerName | Initializer | undefined;
  /** 'zeros' by default */
  readonly biasInitializer?: InitializerName | Initializer | undefined;
  readonly kernelRegularizer?: RegularizerName | Regularizer | undefined;
  readonly recurrentRegularizer?: RegularizerName | Regularizer | undefined;
  readonly biasRegularizer?: RegularizerName | Regularizer | undefined;
  readonly activityRegularizer?: RegularizerName | Regularizer | undefined;
  readonly kernelConstraint?: ConstraintName | Constraint | undefined;
  readonly recurrentConstraint?: ConstraintName | Constraint | undefined;
  readonly biasConstraint?: ConstraintName | Constraint | undefined;
  /** the share of the inputs that is left out while training, the same at every step; 0 by default */
  readonly dropout?: number | undefined;
  /** the same of the state that is carried on */
  readonly recurrentDropout?: number | undefined;
  readonly seed?: number | undefined;
  /** whether the results of all steps are given, [batch, steps, units], or that of the last; false by default */
  readonly returnSequences?: boolean | undefined;
  /** whether the last states are results as well; false by default */
  readonly returnState?: boolean | undefined;
  /** whether steps are taken from the last to the first, and results given in that order; false by default */
  readonly goBackwards?: boolean | undefined;
}

export const recurrentOptions: OptionKinds<RecurrentOptions> = {
  ...layerOptions,
  activation: 'any',
  useBias: 'boolean',
  kernelInitializer: 'any',
  recurrentInitializer: 'any',
  biasInitializer: 'any',
  kernelRegularizer: 'any',
  recurrentRegularizer: 'any',
  biasRegularizer: 'any',
  activityRegularizer: 'any',
  kernelConstraint: 'any',
  recurrentConstraint: 'any',
  biasConstraint: 'any',
  dropout: 'number',
  recurrentDropout: 'number',
  seed: 'number',
  returnSequences: 'boolean',
  returnState: 'boolean',
  goBackwards: 'boolean',
};

/** A layer that `bidirectional` can turn around. */
export interface RecurrentLayer extends LayerFunction {
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  /** a new layer with the same options that goes the other way */
  reversed(): RecurrentLayer;
}

export interface Cell {
  readonly kind: string;
  /** how many blocks of `units` columns the kernels have */
  readonly blocks: number;
  /** how many states there are, each [batch, units]; the first is the result */
  readonly states: number;
  /** how many rows the bias has: with 2, the second is added to the recurrent product, by the cell */
  readonly biases: 1 | 2;
  /** the bias's initial value, if it is not what the options say */
  readonly initialBias?: Initializer | undefined;
  /**
   * The next states. `x` is the projected input [batch, blocks · units] with its bias, `h` the first state as the cell is to see
   * it (with dropout), `kernel` the recurrent one, `bias` the second row of the bias.
   */
  step(x: Tensor, h: Tensor, states: readonly Tensor[], kernel: Tensor, bias: Tensor | undefined): readonly Tensor[];
}

/**
 * x [batch, steps, features] → [batch, units], or [batch, steps, units]. Further inputs are the initial states, [batch, units]
 * each; zeros by default. Variables: kernel [features, blocks·units], recurrentKernel [units, blocks·units], bias. A step that a
 * mask leaves out changes no state.
 */
export function recurrent(
  cell: Cell,
  units: number,
  options: RecurrentOptions,
  again: (options: RecurrentOptions) => RecurrentLayer,
): RecurrentLayer {
  const { kind } = cell;
  checkCount(`${kind}: units`, units);
  checkRate(kind, options.dropout ?? 0);
  checkRate(kind, options.recurrentDropout ?? 0);
  const { returnSequences = false, returnState = false, goBackwards = false } = options;
  const activityRegularizer = regularizerOf(options.activityRegularizer);
  const weights = new LayerWeights();
  const make = weightMaker(cell, units, options, weights);
  const run = stepper(cell, units, options, weights);
  const made = makeLayerOfMany({
    kind,
    options: { units, ...options },
    weights,
    buildAll: (shapes) => {
      const [steps = 0] = make(shapes);
      const states = returnState ? new Array<Shape>(cell.states).fill([units]) : [];
      return [returnSequences ? [steps, units] : [units], ...states];
    },
    callAll: (xs, context) => {
      make(xs.map((x) => sampleShape(kind, x)));
      const { outputs, states } = run(xs, context);
      const [last] = states;
      const y = returnSequences ? stack(outputs, 1) : last;
      if (!y) throw new Error('internal: a cell has a state');
      if (activityRegularizer) context.addLoss?.(perSample(activityRegularizer, y));
      return returnState ? [y, ...states] : [y];
    },
    outputMask: (_, [mask]) =>
      returnSequences && mask && goBackwards ? mask.flip(1) : returnSequences ? mask : undefined,
  });
  return Object.assign(made, {
    returnSequences,
    returnState,
    reversed: () => again({ ...options, goBackwards: !goBackwards }),
  });
}

/** Makes the variables for inputs of these shapes, and returns the first. Throws ShapeError for shapes that do not fit. */
function weightMaker(
  { kind, blocks, states, biases, initialBias }: Cell,
  units: number,
  options: RecurrentOptions,
  weights: LayerWeights,
): (shapes: readonly Shape[]) => Shape {
  const initial = {
    kernel: initializerOf(options.kernelInitializer ?? 'glorotUniform'),
    recurrent: initializerOf(options.recurrentInitializer ?? 'orthogonal'),
    bias: initialBias ?? initializerOf(options.biasInitializer ?? 'zeros'),
  };
  const of = (
    regularizer: RegularizerName | Regularizer | undefined,
    constraint: ConstraintName | Constraint | undefined,
  ) => ({ regularizer: regularizerOf(regularizer), constraint: constraintOf(constraint) });
  const ofKernel = of(options.kernelRegularizer, options.kernelConstraint);
  const ofRecurrentKernel = of(options.recurrentRegularizer, options.recurrentConstraint);
  const ofBias = of(options.biasRegularizer, options.biasConstraint);
  const width = blocks * units;
  return (shapes) => {
    const [x = [], ...given] = shapes;
    const features = x[1] ?? 0;
    const known = weights.find('kernel')?.shape[0] ?? features;
    if (x.length !== 2 || x[0] === 0 || features !== known) {
      throw new ShapeError(`${kind}: a sample must be [steps, ${known || 'features'}]; got [${x.join(', ')}]`);
    }
    if (![0, states].includes(given.length) || given.some((shape) => shape.length !== 1 || shape[0] !== units)) {
      const got = given.map((shape) => `[batch, ${shape.join(', ')}]`).join(', ');
      throw new ShapeError(`${kind}: there must be ${states} initial states [batch, ${units}], or none; got ${got}`);
    }
    weights.make('kernel', [features, width], { initializer: initial.kernel, ...ofKernel });
    weights.make('recurrentKernel', [units, width], { initializer: initial.recurrent, ...ofRecurrentKernel });
    if (options.useBias ?? true) {
      weights.make('bias', biases === 2 ? [2, width] : [width], { initializer: initial.bias, ...ofBias });
    }
    return x;
  };
}

interface Steps {
  /** the first state after each step */
  readonly outputs: readonly Tensor[];
  /** the states after the last */
  readonly states: readonly Tensor[];
}

/** The cell over all steps. */
function stepper(
  cell: Cell,
  units: number,
  options: RecurrentOptions,
  weights: LayerWeights,
): (xs: readonly Tensor[], context: CallAllOptions) => Steps {
  const { goBackwards = false, dropout = 0, recurrentDropout = 0 } = options;
  const inputSource = seedSource(cell.kind, options.seed);
  const stateSource = seedSource(cell.kind, options.seed === undefined ? undefined : (options.seed + 1) % 2 ** 32);
  return ([x, ...given], { training, masks = [] }) => {
    if (!x) throw new Error(`internal: ${cell.kind} needs its input`);
    const [batch = 1, steps = 1, features = 1] = x.shape;
    const dropped = training && dropout > 0 ? drop(x, dropout, inputSource, [batch, 1, features]) : x;
    const bias = weights.find('bias');
    const [inputBias, recurrentBias] = cell.biases === 2 && bias ? rowsOf(bias) : [bias, undefined];
    const projected = project(dropped, weights.get('kernel'), inputBias);
    const kernel = weights.get('recurrentKernel');
    // one mask for all steps (Y. Gal, Z. Ghahramani, 2016)
    const carried =
      training && recurrentDropout > 0 ? drop(ones([batch, units]), recurrentDropout, stateSource) : undefined;
    const [mask] = masks;
    let states: readonly Tensor[] =
      given.length > 0 ? given : Array.from({ length: cell.states }, () => zeros([batch, units]));
    const outputs: Tensor[] = [];
    for (let i = 0; i < steps; i++) {
      const t = goBackwards ? steps - 1 - i : i;
      const [h] = states;
      if (!h) throw new Error('internal: a cell has a state');
      const next = cell.step(at(projected, t), carried ? h.mul(carried) : h, states, kernel, recurrentBias);
      const counts = mask && at(mask.expandDims(2), t);
      states = counts ? next.map((state, j) => counts.where(state, states[j] ?? state)) : next;
      outputs.push(states[0] ?? h);
    }
    return { outputs, states };
  };
}

/** x [batch, steps, n] at one step: [batch, n]. */
function at(x: Tensor, step: number): Tensor {
  return x.slice([0, step], [x.shape[0] ?? 0, step + 1]).squeeze(1);
}

function rowsOf(bias: Tensor): readonly (Tensor | undefined)[] {
  return bias.split(2).map((row) => row.squeeze(0));
}
