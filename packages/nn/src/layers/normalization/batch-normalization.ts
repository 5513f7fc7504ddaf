// batchNormalization: in training each channel is normalized over the batch, and moving statistics are kept, by which it is
// normalized in inference. Steps that a mask leaves out are normalized as well, but count in no statistics. A frozen layer normalizes as in
// inference, and moves nothing.

import {
  type OptionKinds,
  type Shape,
  ShapeError,
  type Standardized,
  standardize,
  type Tensor,
  where,
} from '@treadle/tensor';
import { type Initializer, type InitializerName, initializerOf } from '../../initializers/initializers.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepMask, maskAlong, sampleShape } from '../../layer/layer.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { makeLayer } from '../../layer/make-layer.ts';
import {
  axesOf,
  factorsAlong,
  type ScaleAndShiftOptions,
  scaleAndShift,
  scaleAndShiftMaker,
  scaleAndShiftOptions,
} from './scale-and-shift.ts';

export interface BatchNormalizationOptions extends ScaleAndShiftOptions {
  /** the axis of the channels, the batch being axis 0; the last by default */
  readonly axis?: number | undefined;
  /** how much of the moving statistics is kept at each step; 0.99 by default */
  readonly momentum?: number | undefined;
  /** 'zeros' by default */
  readonly movingMeanInitializer?: InitializerName | Initializer | undefined;
  /** 'ones' by default */
  readonly movingVarianceInitializer?: InitializerName | Initializer | undefined;
}

const batchNormalizationOptions: OptionKinds<BatchNormalizationOptions> = {
  ...scaleAndShiftOptions,
  axis: 'number',
  momentum: 'number',
  movingMeanInitializer: 'any',
  movingVarianceInitializer: 'any',
};

/**
 * (x − mean) / √(variance + ε)·gamma + beta, for each channel (S. Ioffe, C. Szegedy, Batch Normalization, 2015). Variables, all
 * [channels]: gamma, beta, and movingMean and movingVariance, which training moves and an optimizer does not. Throws
 * RangeError for a momentum outside 0 … 1.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): LayerFunction {
  readLayerOptions('batchNormalization', options, batchNormalizationOptions);
  const { axis = -1, momentum = 0.99, epsilon = 1e-3 } = options;
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new RangeError(`batchNormalization: the momentum must be from 0 to 1; got ${momentum}`);
  }
  const weights = new LayerWeights();
  const makeFactors = scaleAndShiftMaker(weights, options);
  const initialMean = initializerOf(options.movingMeanInitializer ?? 'zeros');
  const initialVariance = initializerOf(options.movingVarianceInitializer ?? 'ones');
  const channelsAt = (shape: Shape): number => axesOf('batchNormalization', shape, axis)[0] ?? 1;
  const build = (shape: Shape): Shape => {
    const channels = [shape[channelsAt(shape) - 1] ?? 1];
    makeFactors(channels);
    const known = weights.make('movingMean', channels, { initializer: initialMean, trainable: false });
    weights.make('movingVariance', channels, { initializer: initialVariance, trainable: false });
    if (known.shape[0] === channels[0]) return shape;
    const got = `got ${channels[0]}`;
    throw new ShapeError(`batchNormalization: there must be ${known.shape[0]} channels, as when it was built; ${got}`);
  };
  const move = (name: string, latest: Tensor): void => {
    const moving = weights.get(name);
    moving.assign(
      moving.add(
        latest
          .reshape(moving.shape)
          .sub(moving)
          .mul(1 - momentum),
      ),
    ); // v ← v + (1 − μ)(x − v)
  };
  const made: LayerFunction = makeLayer({
    kind: 'batchNormalization',
    options: { ...options },
    weights,
    build,
    needs: (shape) => [channelsAt(shape) - 1],
    call: (x, { training, mask }) => {
      const shape = sampleShape('batchNormalization', x);
      build(shape);
      const at = channelsAt(shape);
      const others = x.shape.map((_, i) => i).filter((i) => i !== at);
      const factors = factorsAlong(x, weights, [at]);
      const [movingMean, movingVariance] = [weights.get('movingMean'), weights.get('movingVariance')];
      if (!training || made.trainable === false) {
        const place = (moving: Tensor): Tensor => moving.reshape(x.shape.map((extent, i) => (i === at ? extent : 1)));
        return normalizedBy(x, { mean: place(movingMean), variance: place(movingVariance) }, epsilon, factors);
      }
      const { mean, variance, values } = mask
        ? maskedMoments(x, others, mask, movingMean, movingVariance)
        : standardize(x, others, { epsilon, ...factors });
      move('movingMean', mean);
      move('movingVariance', variance);
      return values ?? scaleAndShift(x.sub(mean).mul(variance.add(epsilon).rsqrt()), weights, [at]);
    },
    outputMask: keepMask,
  });
  return made;
}

type Moments = Pick<Standardized, 'mean' | 'variance'> & Partial<Standardized>;

/** One multiplication and one addition for each element, which a convolution before it can do on the way. */
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

/** Of the steps that count; `mean` and `variance` as they are given for a channel of which none does. */
function maskedMoments(x: Tensor, axes: readonly number[], mask: Tensor, mean: Tensor, variance: Tensor): Moments {
  const keepDims = true;
  const counted = maskAlong('batchNormalization', mask, x);
  const counts = counted.cast('float32').broadcastTo(x.shape).sum(axes, { keepDims });
  const meanOf = (values: Tensor, otherwise: Tensor): Tensor => {
    const sum = where(counted, values, 0).sum(axes, { keepDims });
    return where(counts.greater(0), sum.div(counts.maximum(1)), otherwise.reshape(counts.shape));
  };
  const latest = meanOf(x, mean);
  return { mean: latest, variance: meanOf(x.sub(latest).square(), variance) };
}
