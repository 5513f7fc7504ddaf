// Normalizations within a sample: over its features (layerNormalization, rmsNormalization) or over groups of its channels
// (groupNormalization). They do the same in training and in inference, and a sample's result does not depend on the others.

import { type OptionKinds, type Shape, ShapeError, standardize, type Tensor } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepMask, type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { checkCount, makeLayer } from '../../layer/make-layer.ts';
import {
  axesOf,
  type ScaleAndShiftOptions,
  scaleAndShift,
  scaleAndShiftMaker,
  scaleAndShiftOptions,
} from './scale-and-shift.ts';

export interface LayerNormalizationOptions extends ScaleAndShiftOptions {
  /** the axes that are normalized together, the batch being axis 0; the last by default */
  readonly axis?: number | readonly number[] | undefined;
}

const layerNormalizationOptions: OptionKinds<LayerNormalizationOptions> = {
  ...scaleAndShiftOptions,
  axis: 'any',
};

/**
 * (x − mean) / √(variance + ε)·gamma + beta (J. Ba et al., Layer Normalization, 2016). Variables: gamma and beta, of the
 * extents of the axes.
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): LayerFunction {
  const { epsilon = 1e-3 } = readLayerOptions('layerNormalization', options, layerNormalizationOptions);
  return normalizer('layerNormalization', options, (x, axes) => standardize(x, axes, { epsilon }).values);
}

export interface RmsNormalizationOptions
  extends LayerOptions,
    Pick<ScaleAndShiftOptions, 'scale' | 'gammaInitializer'> {
  /** the axes that are normalized together, the batch being axis 0; the last by default */
  readonly axis?: number | readonly number[] | undefined;
  /** 10⁻⁶ by default */
  readonly epsilon?: number | undefined;
}

const rmsNormalizationOptions: OptionKinds<RmsNormalizationOptions> = {
  ...layerOptions,
  scale: 'boolean',
  gammaInitializer: 'any',
  axis: 'any',
  epsilon: 'number',
};

/** x / √(mean of x² + ε)·gamma (B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, 2019). Variable: gamma. */
export function rmsNormalization(options: RmsNormalizationOptions = {}): LayerFunction {
  const { epsilon = 1e-6 } = readLayerOptions('rmsNormalization', options, rmsNormalizationOptions);
  const normalize = (x: Tensor, axes: readonly number[]): Tensor =>
    x.mul(x.square().mean(axes, { keepDims: true }).add(epsilon).rsqrt());
  return normalizer('rmsNormalization', options, normalize, false);
}

function normalizer(
  kind: string,
  options: LayerNormalizationOptions,
  normalize: (x: Tensor, axes: readonly number[]) => Tensor,
  center: boolean | undefined = options.center,
): LayerFunction {
  const { axis = -1 } = options;
  const weights = new LayerWeights();
  const makeFactors = scaleAndShiftMaker(weights, { ...options, center });
  const build = (shape: Shape): Shape => {
    const extents = axesOf(kind, shape, axis).map((i) => shape[i - 1] ?? 1);
    makeFactors(extents);
    checkExtents(kind, weights, extents);
    return shape;
  };
  return makeLayer({
    kind,
    options: { ...options },
    weights,
    build,
    needs: (shape) => axesOf(kind, shape, axis).map((i) => i - 1),
    call: (x) => {
      const shape = sampleShape(kind, x);
      build(shape);
      const axes = axesOf(kind, shape, axis);
      return scaleAndShift(normalize(x, axes), weights, axes);
    },
    outputMask: keepMask,
  });
}

function checkExtents(kind: string, weights: LayerWeights, extents: Shape): void {
  const [known] = weights.variables;
  if (!known || known.shape.every((extent, i) => extent === extents[i])) return;
  const got = `got [${extents.join(', ')}]`;
  throw new ShapeError(
    `${kind}: the axes must have the extents for which it was built, [${known.shape.join(', ')}]; ${got}`,
  );
}

export interface GroupNormalizationOptions extends ScaleAndShiftOptions {
  /** the axis of the channels, the batch being axis 0; the last by default */
  readonly axis?: number | undefined;
}

const groupNormalizationOptions: OptionKinds<GroupNormalizationOptions> = {
  ...scaleAndShiftOptions,
  axis: 'number',
};

/**
 * The channels are divided into so many groups, each normalized together with all places (Y. Wu, K. He, Group Normalization,
 * 2018). Variables: gamma and beta [channels]. Building throws ShapeError for channels that the groups do not divide.
 */
export function groupNormalization(groups = 32, options: GroupNormalizationOptions = {}): LayerFunction {
  checkCount('groupNormalization: groups', groups);
  const { axis = -1, epsilon = 1e-3 } = readLayerOptions('groupNormalization', options, groupNormalizationOptions);
  const weights = new LayerWeights();
  const makeFactors = scaleAndShiftMaker(weights, options);
  const channelsAt = (shape: Shape): number => axesOf('groupNormalization', shape, axis)[0] ?? 1;
  const build = (shape: Shape): Shape => {
    const channels = shape[channelsAt(shape) - 1] ?? 1;
    if (channels % groups !== 0) {
      throw new ShapeError(`groupNormalization: ${groups} groups must divide the channels; got ${channels}`);
    }
    makeFactors([channels]);
    checkExtents('groupNormalization', weights, [channels]);
    return shape;
  };
  return makeLayer({
    kind: 'groupNormalization',
    options: { groups, ...options },
    weights,
    build,
    needs: (shape) => [channelsAt(shape) - 1],
    call: (x) => {
      const shape = sampleShape('groupNormalization', x);
      build(shape);
      const at = channelsAt(shape);
      // [batch, a, channels, b] → [batch, a, groups, channels / groups, b]
      const parts = [groups, (x.shape[at] ?? 1) / groups];
      const grouped = x.reshape([...x.shape.slice(0, at), ...parts, ...x.shape.slice(at + 1)]);
      const axes = grouped.shape.map((_, i) => i).filter((i) => i !== 0 && i !== at);
      return scaleAndShift(standardize(grouped, axes, { epsilon }).values.reshape(x.shape), weights, [at]);
    },
    outputMask: keepMask,
  });
}
