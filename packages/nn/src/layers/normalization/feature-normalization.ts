// What layerNormalization and rmsNormalization share: each sample is normalized over some of its axes, in training and in inference
// alike, so that a sample's result does not depend on the others.

import { type Shape, ShapeError, type Tensor } from '@treadle/tensor';
import { sampleShape } from '../../layer/layer.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import type { LayerParts } from '../../layer/make-layer.ts';
import { keepMask } from '../../layer/mask.ts';
import { axesOf } from '../../layer/sample-axes.ts';
import { type ScaleAndShiftOptions, scaleAndShift, scaleAndShiftMaker } from './scale-and-shift.ts';

/** Options of `featureNormalization`. */
export interface FeatureNormalizationOptions extends ScaleAndShiftOptions {
  /** the axes that are normalized together, where axis 0 is the batch; the last by default */
  readonly axis?: number | readonly number[] | undefined;
}

/** The parts of a layer that computes normalize(x, axes)·gamma + beta. */
export function featureNormalizationParts(
  kind: string,
  options: FeatureNormalizationOptions,
  normalize: (x: Tensor, axes: readonly number[]) => Tensor,
): LayerParts {
  const { axis = -1 } = options;
  const weights = new LayerWeights();
  const makeFactors = scaleAndShiftMaker(weights, options);
  const build = (shape: Shape): Shape => {
    const extents = axesOf(kind, shape, axis).map((i) => shape[i - 1] ?? 1);
    makeFactors(extents);
    checkExtents(kind, weights, extents);
    return shape;
  };
  return {
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
  };
}

/** Throws ShapeError unless the variables have these extents. */
export function checkExtents(kind: string, weights: LayerWeights, extents: Shape): void {
  const [known] = weights.variables;
  if (!known || known.shape.every((extent, i) => extent === extents[i])) return;
  const got = `got [${extents.join(', ')}]`;
  throw new ShapeError(
    `${kind}: the axes must have the extents for which it was built, [${known.shape.join(', ')}]; ${got}`,
  );
}
