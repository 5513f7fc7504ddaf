// batchNormalization: in training, each channel is normalized over the batch, and moving averages of its mean and variance are
// updated; in inference, it is normalized by the moving averages. Steps that a mask leaves out are normalized too, but do not count in
// the averages. A frozen layer works as in inference and updates nothing.

import { type Shape, ShapeError, type Standardized, standardize, type Tensor, where } from '@treadle/tensor';
import { initializer } from '../../config/option-types.ts';
import { number } from '../../config/plain-types.ts';
import { initializerOf } from '../../initializers/initializer-by-name.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { sampleShape } from '../../layer/layer.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { keepMask, maskAlong } from '../../layer/mask.ts';
import { axesOf } from '../../layer/sample-axes.ts';
import type { InitializerOption } from '../../layer/weight-options.ts';
import {
  factorsAlong,
  type ScaleAndShiftOptions,
  scaleAndShift,
  scaleAndShiftMaker,
  scaleAndShiftTypes,
} from './scale-and-shift.ts';

/** Options of `batchNormalization`. */
export interface BatchNormalizationOptions extends ScaleAndShiftOptions {
  /** the axis of the channels, where axis 0 is the batch; the last by default */
  readonly axis?: number | undefined;
  /** the share of the moving averages that is kept at each step, from 0 to 1; 0.99 by default */
  readonly momentum?: number | undefined;
  /** the first moving mean; 'zeros' by default */
  readonly movingMeanInitializer?: InitializerOption;
  /** the first moving variance; 'ones' by default */
  readonly movingVarianceInitializer?: InitializerOption;
}

/**
 * (x − mean) / √(variance + ε)·gamma + beta, for each channel: [batch, …] → [batch, …] (S. Ioffe, C. Szegedy, Batch Normalization,
 * 2015). Variables, all [channels]: gamma, beta, and movingMean and movingVariance, which no optimizer moves. Throws RangeError for a
 * momentum outside 0 … 1.
 *
 * @example
 * ```ts
 * import { batchNormalization } from 'treadle';
 * batchNormalization({ epsilon: 0 }).call([[1], [3]], { training: true }); // → [[-1], [1]]
 * batchNormalization({ epsilon: 0 }).call([[1], [3]]); // → [[1], [3]]
 * ```
 */
export const batchNormalization: LayerKind<[], BatchNormalizationOptions> = defineLayer(
  {
    kind: 'batchNormalization',
    arguments: [],
    options: {
      ...scaleAndShiftTypes,
      axis: number,
      momentum: number,
      movingMeanInitializer: initializer,
      movingVarianceInitializer: initializer,
    },
  },
  (options) => {
    const { axis = -1, momentum = 0.99, epsilon = 1e-3 } = options;
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new RangeError(`batchNormalization: the momentum must be from 0 to 1; got ${momentum}`);
    }
    const weights = new LayerWeights();
    const makeFactors = scaleAndShiftMaker(weights, options);
    const firstMean = initializerOf(options.movingMeanInitializer ?? 'zeros');
    const firstVariance = initializerOf(options.movingVarianceInitializer ?? 'ones');
    const channelAxis = (shape: Shape): number => axesOf('batchNormalization', shape, axis)[0] ?? 1;
    const build = (shape: Shape): Shape => {
      const channels = [shape[channelAxis(shape) - 1] ?? 1];
      makeFactors(channels);
      const known = weights.make('movingMean', channels, { initializer: firstMean, trainable: false });
      weights.make('movingVariance', channels, { initializer: firstVariance, trainable: false });
      if (known.shape[0] === channels[0]) return shape;
      const got = `got ${channels[0]}`;
      throw new ShapeError(
        `batchNormalization: there must be ${known.shape[0]} channels, as when it was built; ${got}`,
      );
    };
    return {
      weights,
      build,
      needs: (shape) => [channelAxis(shape) - 1],
      call: (x, { training, mask }, isTrainable) => {
        const shape = sampleShape('batchNormalization', x);
        build(shape);
        const at = channelAxis(shape);
        const others = x.shape.map((_, i) => i).filter((i) => i !== at);
        const factors = factorsAlong(x, weights, [at]);
        const [movingMean, movingVariance] = [weights.get('movingMean'), weights.get('movingVariance')];
        if (!training || !isTrainable) {
          const along = (moving: Tensor): Tensor => moving.reshape(x.shape.map((extent, i) => (i === at ? extent : 1)));
          return normalizedBy(x, { mean: along(movingMean), variance: along(movingVariance) }, epsilon, factors);
        }
        const { mean, variance, values } = mask
          ? maskedMoments(x, others, mask, movingMean, movingVariance)
          : standardize(x, others, { epsilon, ...factors });
        updateAverage(weights, 'movingMean', mean, momentum);
        updateAverage(weights, 'movingVariance', variance, momentum);
        return values ?? scaleAndShift(x.sub(mean).mul(variance.add(epsilon).rsqrt()), weights, [at]);
      },
      outputMask: keepMask,
    };
  },
);

/** v ← v + (1 − μ)(x − v) */
function updateAverage(weights: LayerWeights, name: string, latest: Tensor, momentum: number): void {
  const average = weights.get(name);
  average.assign(
    average.add(
      latest
        .reshape(average.shape)
        .sub(average)
        .mul(1 - momentum),
    ),
  );
}

type Moments = Pick<Standardized, 'mean' | 'variance'> & Partial<Standardized>;

/** One multiplication and one addition for each element, which can be an epilogue of the convolution before. */
function normalizedBy(
  x: Tensor,
  { mean, variance }: Moments,
  epsilon: number,
  { gamma, beta }: ReturnType<typeof factorsAlong>,
): Tensor {
  const inverse = variance.add(epsilon).rsqrt();
  const scale = gamma ? inverse.mul(gamma) : inverse;
  const offset = mean.mul(scale);
  return x.mul(scale).add(beta ? beta.sub(offset) : offset.neg());
}

/** The moments of the valid steps. A channel without a valid step has the given mean and variance. */
function maskedMoments(x: Tensor, axes: readonly number[], mask: Tensor, mean: Tensor, variance: Tensor): Moments {
  const keepDims = true;
  const valid = maskAlong('batchNormalization', mask, x);
  const counts = valid.cast('float32').broadcastTo(x.shape).sum(axes, { keepDims });
  const meanOf = (values: Tensor, otherwise: Tensor): Tensor => {
    const sum = where(valid, values, 0).sum(axes, { keepDims });
    return where(counts.greater(0), sum.div(counts.maximum(1)), otherwise.reshape(counts.shape));
  };
  const latest = meanOf(x, mean);
  return { mean: latest, variance: meanOf(x.sub(latest).square(), variance) };
}
