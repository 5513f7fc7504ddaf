// What convolutional layers share: kernels and a bias made for the channels of the input, an activation, options and config.
// Which kernels there are and how they meet the input is each layer's own.

import { type OptionKinds, type Shape, ShapeError, show, type Tensor } from '@treadle/tensor';
import { activationOf, rangeOf } from '../../activations/activations.ts';
import { constraintOf } from '../../constraints/constraints.ts';
import { initializerOf } from '../../initializers/initializers.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { sampleShape } from '../../layer/layer.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { makeLayer } from '../../layer/make-layer.ts';
import { perSample, regularizerOf } from '../../regularizers/regularizers.ts';
import { type KernelLayerOptions, kernelLayerOptions } from '../core/kernel-layer-options.ts';
import { requireAxes, shapeAfter } from './window-layer.ts';

export type ConvolutionOptions = KernelLayerOptions;

export const convolutionOptions: OptionKinds<ConvolutionOptions> = kernelLayerOptions;

export interface Recipe {
  readonly kind: string;
  /** the axes of a sample */
  readonly axes: readonly string[];
  /** what is positional, for the config */
  readonly config: Readonly<Record<string, unknown>>;
  /** names and shapes of the kernels, for so many channels */
  kernels(channels: number): readonly (readonly [name: string, shape: Shape])[];
  /** how many channels the result has */
  filters(channels: number): number;
  /** of x with the kernels, in their order; `second` is the first where there is but one */
  convolve(x: Tensor, first: Tensor, second: Tensor): Tensor;
}

/** The layer of a recipe. Throws RangeError for names that are unknown. */
export function convolution(recipe: Recipe, options: ConvolutionOptions): LayerFunction {
  const { kind, axes, kernels, filters, convolve } = recipe;
  const { useBias = true, activation = 'linear' } = options;
  const activate = activationOf(activation);
  const ofKernels = {
    initializer: initializerOf(options.kernelInitializer ?? 'glorotUniform'),
    regularizer: regularizerOf(options.kernelRegularizer),
    constraint: constraintOf(options.kernelConstraint),
  };
  const ofBias = {
    initializer: initializerOf(options.biasInitializer ?? 'zeros'),
    regularizer: regularizerOf(options.biasRegularizer),
    constraint: constraintOf(options.biasConstraint),
  };
  const activityRegularizer = regularizerOf(options.activityRegularizer);
  const weights = new LayerWeights();
  let known: number | undefined;
  const convolved = (x: Tensor): Tensor => {
    const [first, second = first] = weights.variables;
    if (!first || !second) throw new Error('internal: a layer that was built has no kernel');
    return convolve(x, first, second);
  };
  const build = (inputShape: Shape): Shape => {
    requireAxes(kind, inputShape, axes);
    const channels = inputShape.at(-1) ?? 0;
    if (known === undefined) {
      for (const [name, shape] of kernels(channels)) weights.make(name, shape, ofKernels);
      if (useBias) weights.make('bias', [filters(channels)], ofBias);
      known = channels;
    }
    if (channels !== known) {
      throw new ShapeError(
        `${kind}: its input must have ${known} channels, as when it was built; got [batch, ${inputShape.join(', ')}]`,
      );
    }
    return shapeAfter(inputShape, convolved);
  };
  return makeLayer({
    kind,
    options: { ...recipe.config, ...options },
    weights,
    build,
    needs: () => [-1],
    call: (x, { addLoss }) => {
      const shape = sampleShape(kind, x);
      if (shape.at(-1) !== known) build(shape);
      requireAxes(kind, shape, axes);
      const bias = weights.find('bias');
      const y = activate(bias ? convolved(x).add(bias) : convolved(x));
      if (activityRegularizer) addLoss?.(perSample(activityRegularizer, y));
      return y;
    },
    outputRange: () => rangeOf(activate),
  });
}

/** Throws RangeError unless the groups divide the filters, ShapeError unless they divide the channels. */
export function channelsOfGroup(kind: string, channels: number, groups: number): number {
  if (channels % groups === 0) return channels / groups;
  throw new ShapeError(`${kind}: groups must divide the channels; got ${groups} groups, ${channels} channels`);
}

/** Throws RangeError for a number of groups that does not divide the filters. */
export function groupsFor(kind: string, groups: number, filters: number): number {
  if (Number.isSafeInteger(groups) && groups >= 1 && filters % groups === 0) return groups;
  throw new RangeError(
    `${kind}: groups must be a whole number ≥ 1 that divides the filters; got ${show(groups)} groups, ${filters} filters`,
  );
}
