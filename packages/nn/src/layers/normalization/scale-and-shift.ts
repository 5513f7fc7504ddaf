// What all normalizations share: they learn a scale (gamma) and a shift (beta) for what they have normalized.

import { type OptionKinds, type Shape, show, type Tensor } from '@treadle/tensor';
import { type Constraint, type ConstraintName, constraintOf } from '../../constraints/constraints.ts';
import { type Initializer, type InitializerName, initializerOf } from '../../initializers/initializers.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerOptions } from '../../layer/layer-options.ts';
import type { LayerWeights } from '../../layer/layer-weights.ts';
import { type Regularizer, type RegularizerName, regularizerOf } from '../../regularizers/regularizers.ts';

export interface ScaleAndShiftOptions extends LayerOptions {
  /** what is added to a variance, so that it can be divided by; 10⁻³ by default */
  readonly epsilon?: number | undefined;
  /** whether there is a shift; true by default */
  readonly center?: boolean | undefined;
  /** whether there is a scale; true by default */
  readonly scale?: boolean | undefined;
  /** 'zeros' by default */
  readonly betaInitializer?: InitializerName | Initializer | undefined;
  /** 'ones' by default */
  readonly gammaInitializer?: InitializerName | Initializer | undefined;
  readonly betaRegularizer?: RegularizerName | Regularizer | undefined;
  readonly gammaRegularizer?: RegularizerName | Regularizer | undefined;
  readonly betaConstraint?: ConstraintName | Constraint | undefined;
  readonly gammaConstraint?: ConstraintName | Constraint | undefined;
}

export const scaleAndShiftOptions: OptionKinds<ScaleAndShiftOptions> = {
  ...layerOptions,
  epsilon: 'number',
  center: 'boolean',
  scale: 'boolean',
  betaInitializer: 'any',
  gammaInitializer: 'any',
  betaRegularizer: 'any',
  gammaRegularizer: 'any',
  betaConstraint: 'any',
  gammaConstraint: 'any',
};

/** Makes gamma and beta of that shape, as far as the options want them. Throws RangeError for unknown names. */
export function scaleAndShiftMaker(weights: LayerWeights, options: ScaleAndShiftOptions): (shape: Shape) => void {
  const { center = true, scale = true } = options;
  const gamma = {
    initializer: initializerOf(options.gammaInitializer ?? 'ones'),
    regularizer: regularizerOf(options.gammaRegularizer),
    constraint: constraintOf(options.gammaConstraint),
  };
  const beta = {
    initializer: initializerOf(options.betaInitializer ?? 'zeros'),
    regularizer: regularizerOf(options.betaRegularizer),
    constraint: constraintOf(options.betaConstraint),
  };
  return (shape) => {
    if (scale) weights.make('gamma', shape, gamma);
    if (center) weights.make('beta', shape, beta);
  };
}

/** gamma and beta as far as there are such, each of them put where `along` says: the axes of x that it lies along. */
export function factorsAlong(
  x: Tensor,
  weights: LayerWeights,
  along: readonly number[],
): { readonly gamma: Tensor | undefined; readonly beta: Tensor | undefined } {
  const shape = x.shape.map((extent, i) => (along.includes(i) ? extent : 1));
  const place = (name: string): Tensor | undefined => weights.find(name)?.reshape(shape);
  return { gamma: place('gamma'), beta: place('beta') };
}

/** x·gamma + beta, along these axes of x. */
export function scaleAndShift(x: Tensor, weights: LayerWeights, along: readonly number[]): Tensor {
  const { gamma, beta } = factorsAlong(x, weights, along);
  const scaled = gamma ? x.mul(gamma) : x;
  return beta ? scaled.add(beta) : scaled;
}

/** The axes of a tensor [batch, ...shape], counted from 0. Throws RangeError for one that is not there, or is the batch. */
export function axesOf(kind: string, shape: Shape, axis: number | readonly number[]): readonly number[] {
  const rank = shape.length + 1;
  const axes = [axis].flat().map((i) => (Number.isInteger(i) && i < 0 ? i + rank : i));
  if (axes.every((i) => Number.isInteger(i) && i > 0 && i < rank)) return axes.sort((a, b) => a - b);
  throw new RangeError(
    `${kind}: an axis must be one of a sample, 1 … ${rank - 1} or counted from the end; got ${show(axis)} for [batch, ${shape.join(', ')}]`,
  );
}
