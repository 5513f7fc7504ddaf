// What convolutional layers share: kernels and a bias for the channels of the input, an activation, a penalty. Which kernels there
// are and how they are applied is each layer's own.

import { type Pair, type Shape, ShapeError, show, type Tensor } from '@treadle/tensor';
import { outputRangeOf } from '../../activations/activation.ts';
import { activationOf } from '../../activations/activation-by-name.ts';
import type { OptionTypes } from '../../config/kind.ts';
import { oneOf, pair } from '../../config/plain-types.ts';
import { sampleShape } from '../../layer/layer.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import type { LayerParts } from '../../layer/make-layer.ts';
import { weightOptions } from '../../layer/weight-options.ts';
import { penaltyPerSample } from '../../regularizers/regularizer.ts';
import { regularizerOf } from '../../regularizers/regularizer-by-name.ts';
import { type KernelLayerOptions, kernelLayerTypes } from '../core/kernel-layer-options.ts';
import { checkOneOf, checkPair, checkSampleAxes, paddings, shapeAfter } from './window.ts';

/** The options of convolutions of images. */
export interface ImageConvolutionOptions extends KernelLayerOptions {
  /** the distance from a window to the next: one number or [rows, columns]; 1 by default */
  readonly strides?: Pair | undefined;
  /** 'same' pads with zeros, so that with strides of 1 the result has the size of the input; 'valid' by default */
  readonly padding?: 'valid' | 'same' | undefined;
  /** the distance between the elements of a window; 1 by default */
  readonly dilationRate?: Pair | undefined;
}

export const imageConvolutionTypes: OptionTypes<ImageConvolutionOptions> = {
  ...kernelLayerTypes,
  strides: pair,
  padding: oneOf(paddings),
  dilationRate: pair,
};

/** The options of an op over windows of an image, checked. */
interface WindowOptions {
  readonly strides: readonly [number, number];
  readonly padding: 'valid' | 'same';
  readonly dilation: readonly [number, number];
}

/** Throws RangeError for options that are out of range. */
export function windowOptions(kind: string, options: ImageConvolutionOptions): WindowOptions {
  return {
    strides: checkPair(`${kind}: strides`, options.strides ?? 1),
    padding: checkOneOf(`${kind}: padding`, options.padding ?? 'valid', paddings),
    dilation: checkPair(`${kind}: dilationRate`, options.dilationRate ?? 1),
  };
}

/** What one convolutional layer has of its own. */
export interface Convolution {
  readonly kind: string;
  /** the axes of a sample */
  readonly axes: readonly string[];
  /** The names and shapes of the kernels for a number of channels. */
  kernels(channels: number): readonly (readonly [name: string, shape: Shape])[];
  /** The number of channels of the result. */
  filters(channels: number): number;
  /** Applies the kernels to x; `second` is the first if there is only one. */
  convolve(x: Tensor, first: Tensor, second: Tensor): Tensor;
}

/** The parts of a convolutional layer. Throws RangeError for unknown names. */
export function convolutionParts(
  { kind, axes, kernels, filters, convolve }: Convolution,
  options: KernelLayerOptions,
): LayerParts {
  const { useBias = true, activation = 'linear' } = options;
  const activate = activationOf(activation);
  const kernelOptions = weightOptions('kernel', options, 'glorotUniform');
  const biasOptions = weightOptions('bias', options, 'zeros');
  const activityRegularizer = regularizerOf(options.activityRegularizer);
  const weights = new LayerWeights();
  let known: number | undefined;
  const convolved = (x: Tensor): Tensor => {
    const [first, second = first] = weights.variables;
    if (!first || !second) throw new Error('internal: a layer that was built has no kernel');
    return convolve(x, first, second);
  };
  const build = (inputShape: Shape): Shape => {
    checkSampleAxes(kind, inputShape, axes);
    const channels = inputShape.at(-1) ?? 0;
    if (known === undefined) {
      for (const [name, shape] of kernels(channels)) weights.make(name, shape, kernelOptions);
      if (useBias) weights.make('bias', [filters(channels)], biasOptions);
      known = channels;
    }
    if (channels !== known) {
      throw new ShapeError(
        `${kind}: its input must have ${known} channels, as when it was built; got [batch, ${inputShape.join(', ')}]`,
      );
    }
    return shapeAfter(inputShape, convolved);
  };
  return {
    weights,
    build,
    needs: () => [-1],
    call: (x, { addLoss }) => {
      const shape = sampleShape(kind, x);
      if (shape.at(-1) !== known) build(shape);
      checkSampleAxes(kind, shape, axes);
      const bias = weights.find('bias');
      const y = activate(bias ? convolved(x).add(bias) : convolved(x));
      if (activityRegularizer) addLoss?.(penaltyPerSample(activityRegularizer, y));
      return y;
    },
    outputRange: () => outputRangeOf(activate),
  };
}

/** The channels of one group. Throws ShapeError unless the groups divide the channels. */
export function channelsOfGroup(kind: string, channels: number, groups: number): number {
  if (channels % groups === 0) return channels / groups;
  throw new ShapeError(`${kind}: groups must divide the channels; got ${groups} groups, ${channels} channels`);
}

/** The number of groups. Throws RangeError for a number that does not divide the filters. */
export function checkGroups(kind: string, groups: number, filters: number): number {
  if (Number.isSafeInteger(groups) && groups >= 1 && filters % groups === 0) return groups;
  throw new RangeError(
    `${kind}: groups must be a whole number ≥ 1 that divides the filters; got ${show(groups)} groups, ${filters} filters`,
  );
}
