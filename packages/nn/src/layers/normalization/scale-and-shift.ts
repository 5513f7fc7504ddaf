// What all normalizations share: a learned scale (gamma) and a learned shift (beta) of the normalized values.

import type { Shape, Tensor } from '@treadle/tensor';
import type { OptionTypes } from '../../config/kind.ts';
import { flag, number } from '../../config/plain-types.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import type { LayerWeights } from '../../layer/layer-weights.ts';
import {
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightOptions,
  weightTypes,
} from '../../layer/weight-options.ts';

/** Options of `scaleAndShift`. */
export interface ScaleAndShiftOptions extends LayerOptions {
  /** added to the variance before the division; 10⁻³ by default */
  readonly epsilon?: number | undefined;
  /** whether there is a shift; true by default */
  readonly center?: boolean | undefined;
  /** whether there is a scale; true by default */
  readonly scale?: boolean | undefined;
  /** the first value of the shift; 'zeros' by default */
  readonly betaInitializer?: InitializerOption;
  /** the first value of the scale; 'ones' by default */
  readonly gammaInitializer?: InitializerOption;
  /** a penalty on the shift; none by default */
  readonly betaRegularizer?: RegularizerOption;
  /** a penalty on the scale; none by default */
  readonly gammaRegularizer?: RegularizerOption;
  /** applied to the shift after each update; none by default */
  readonly betaConstraint?: ConstraintOption;
  /** applied to the scale after each update; none by default */
  readonly gammaConstraint?: ConstraintOption;
}

export const scaleAndShiftTypes: OptionTypes<ScaleAndShiftOptions> = {
  ...layerTypes,
  epsilon: number,
  center: flag,
  scale: flag,
  ...weightTypes('beta'),
  ...weightTypes('gamma'),
};

/** Makes gamma and beta with that shape, if the options want them. Throws RangeError for unknown names. */
export function scaleAndShiftMaker(weights: LayerWeights, options: ScaleAndShiftOptions): (shape: Shape) => void {
  const { center = true, scale = true } = options;
  const gamma = weightOptions('gamma', options, 'ones');
  const beta = weightOptions('beta', options, 'zeros');
  return (shape) => {
    if (scale) weights.make('gamma', shape, gamma);
    if (center) weights.make('beta', shape, beta);
  };
}

/** gamma and beta, if the layer has them, in shapes that broadcast along the axes `along` of x. */
export function factorsAlong(
  x: Tensor,
  weights: LayerWeights,
  along: readonly number[],
): { readonly gamma: Tensor | undefined; readonly beta: Tensor | undefined } {
  const shape = x.shape.map((extent, i) => (along.includes(i) ? extent : 1));
  const factor = (name: string): Tensor | undefined => weights.find(name)?.reshape(shape);
  return { gamma: factor('gamma'), beta: factor('beta') };
}

/** x·gamma + beta along these axes of x. */
export function scaleAndShift(x: Tensor, weights: LayerWeights, along: readonly number[]): Tensor {
  const { gamma, beta } = factorsAlong(x, weights, along);
  const scaled = gamma ? x.mul(gamma) : x;
  return beta ? scaled.add(beta) : scaled;
}
