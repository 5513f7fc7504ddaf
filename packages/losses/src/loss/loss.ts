// What a loss is, and how one is made of the losses of samples: they are weighted, masked and reduced to one number. How a sample's
// loss is computed is the matter of each file of losses/.

import {
  type Configured,
  type OptionKinds,
  readOptions,
  type Shape,
  ShapeError,
  show,
  showShape,
  Tensor,
  type TensorLike,
  tensor,
  where,
} from '@treadle/tensor';
import { pairUp } from './shapes.ts';

/** A loss: a function of targets and predictions that gives a 0-d tensor, or the loss of each sample with reduction 'none'. */
export interface Loss extends Configured {
  /**
   * `sampleWeight` has the shape of the losses of the samples, or of its first axes: the factor of each sample. `mask`, likewise, is true
   * for valid samples; the mean is over the valid samples alone, 0 if there is none.
   */
  (yTrue: TensorLike, yPred: TensorLike, sampleWeight?: TensorLike, mask?: TensorLike): Tensor;
  /**
   * Throws RangeError for targets that are invalid, given their values and the shape of one prediction; `op` begins the message. A model
   * calls it before it computes anything.
   */
  checkTargets?(op: string, values: ArrayLike<number>, predictionShape: Shape): void;
  /**
   * A warning about predictions that have that range, with a hint, such as logits in place of probabilities; undefined if they can be
   * right. A model calls it before it computes anything.
   */
  warningFor?(predictions: PredictionRange): string | undefined;
}

/** What is known of predictions before they are computed. */
export interface PredictionRange {
  /** the lower bound of all elements */
  readonly low: number;
  /** the upper bound of all elements */
  readonly high: number;
  /** the activation that gives them, such as 'softmax' */
  readonly from: string;
}

/** How the losses of samples become the result: their mean, their sum, or not at all. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options that all losses have. */
export interface LossOptions {
  /** 'mean' by default: the sum of the weighted losses over the number of samples, not over the sum of the weights */
  readonly reduction?: Reduction | undefined;
}

export const lossOptions: OptionKinds<LossOptions> = { reduction: 'any' };

/** The options of a loss, checked as readOptions does. Throws TypeError for a tensor, which belongs to the call of the loss. */
export function readLossOptions<O extends LossOptions>(name: string, options: O, kinds: OptionKinds<O>): O {
  const given: unknown = options;
  if (!(given instanceof Tensor)) return readOptions(name, options, kinds);
  throw new TypeError(`${name}: it makes a loss of its options; got a tensor; ${name}()(yTrue, yPred) computes it`);
}

type Reducer = (perSample: Tensor, sampleWeight: TensorLike | undefined, mask: TensorLike | undefined) => Tensor;

/** The function that weights, masks and reduces losses of samples. Throws RangeError for an unknown reduction. */
export function reducer(name: string, reduction: Reduction = 'mean'): Reducer {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new RangeError(`${name}: the reduction must be mean, sum or none; got ${show(reduction)}`);
  }
  return (perSample, sampleWeight, mask) => {
    const weight =
      sampleWeight === undefined ? undefined : perSampleValues(name, 'sampleWeight', perSample, sampleWeight);
    const weighted = weight ? perSample.mul(weight.cast('float32')) : perSample;
    const counts = mask === undefined ? undefined : perSampleValues(name, 'mask', perSample, mask).cast('bool');
    const losses = counts ? where(counts, weighted, 0) : weighted;
    if (reduction === 'none') return losses;
    if (reduction === 'sum') return losses.sum();
    return counts ? losses.sum().div(countOf(counts, perSample).maximum(1)) : losses.mean();
  };
}

/** One value for each sample, with the rank of their losses. Throws ShapeError for another number of samples. */
function perSampleValues(name: string, what: string, { rank, shape }: Tensor, figures: TensorLike): Tensor {
  const given = tensor(figures);
  const each = given.rank === rank + 1 && given.shape.at(-1) === 1 ? given.squeeze(-1) : given;
  if (each.rank > rank || each.shape.some((extent, i) => extent !== shape[i])) {
    const hint = what === 'mask' ? '; yTrue [n, steps, 1] gives each step a loss of its own' : '';
    throw new ShapeError(
      `${name}: ${what} must have a figure for each sample; got ${showShape(given.shape)} for losses ${showShape(shape)}${hint}`,
    );
  }
  return each.reshape([...each.shape, ...shape.slice(each.rank).map(() => 1)]);
}

/** The number of valid samples. */
function countOf(counts: Tensor, { size }: Tensor): Tensor {
  const samplesPerElement = size / counts.size;
  return counts.cast('float32').sum().mul(samplesPerElement);
}

/** The loss that reduces `perSample`, a function of target and prediction in one shape, float32. */
export function lossOf(
  name: string,
  options: LossOptions,
  perSample: (target: Tensor, prediction: Tensor) => Tensor,
): Loss {
  const { reduction } = readLossOptions(name, options, lossOptions);
  const reduce = reducer(name, reduction);
  return (yTrue, yPred, sampleWeight, mask) => {
    const { target, prediction } = pairUp(name, yTrue, yPred);
    return reduce(perSample(target, prediction), sampleWeight, mask);
  };
}
