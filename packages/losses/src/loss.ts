// What all losses share: how target and prediction are brought to one shape, and how the losses of samples become one number.

import {
  DtypeError,
  isFloat,
  type OptionKinds,
  readOptions,
  type Shape,
  ShapeError,
  show as showValue,
  Tensor,
  type TensorLike,
  tensor,
  where,
} from '@treadle/tensor';

/** How wrong a prediction is: a 0-d tensor, or one figure for every sample with reduction 'none'. */
export interface Loss {
  /**
   * `sampleWeight`, of the shape of the samples' losses or of its first axes, says how much each sample counts; `mask`, likewise,
   * which of them there are: the mean is over those alone, 0 where there are none.
   */
  (yTrue: TensorLike, yPred: TensorLike, sampleWeight?: TensorLike, mask?: TensorLike): Tensor;
  /**
   * Throws RangeError for targets that mean nothing, given their values and the shape of one prediction; `op` begins the
   * message. For whoever has the values at hand before anything is computed.
   */
  checkTargets?(op: string, values: ArrayLike<number>, predictionShape: Shape): void;
  /**
   * What is probably wrong where predictions have that range, and how to mend it, as a message; undefined where nothing is. For
   * whoever knows before anything is computed what the predictions come from.
   */
  doubt?(predictions: PredictionRange): string | undefined;
}

/** What is known of predictions before any is computed. */
export interface PredictionRange {
  readonly low: number;
  readonly high: number;
  /** what they come from, such as 'softmax' */
  readonly from: string;
}

export type Reduction = 'mean' | 'sum' | 'none';

export interface LossOptions {
  /** what becomes of the losses of the samples: their mean by default, which weights leave a mean over their number */
  readonly reduction?: Reduction | undefined;
}

export const lossOptions: OptionKinds<LossOptions> = { reduction: 'any' };

/** The options of a loss, checked as readOptions does. Throws TypeError for tensors, which the loss itself is to be given. */
export function readLossOptions<O extends LossOptions>(name: string, options: O, kinds: OptionKinds<O>): O {
  const given: unknown = options;
  if (!(given instanceof Tensor)) return readOptions(name, options, kinds);
  throw new TypeError(`${name}: it makes a loss of its options; got a tensor; ${name}()(yTrue, yPred) computes it`);
}

type Reducer = (perSample: Tensor, sampleWeight: TensorLike | undefined, mask: TensorLike | undefined) => Tensor;

/** Losses of samples, weighted and reduced. Throws RangeError for a reduction that is none of the three. */
export function reducer(name: string, reduction: Reduction = 'mean'): Reducer {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none') {
    throw new RangeError(`${name}: the reduction must be mean, sum or none; got ${showValue(reduction)}`);
  }
  return (perSample, sampleWeight, mask) => {
    const weight = sampleWeight === undefined ? undefined : forEach(name, 'sampleWeight', perSample, sampleWeight);
    const weighted = weight ? perSample.mul(weight.cast('float32')) : perSample;
    const counts = mask === undefined ? undefined : forEach(name, 'mask', perSample, mask).cast('bool');
    const losses = counts ? where(counts, weighted, 0) : weighted;
    if (reduction === 'none') return losses;
    if (reduction === 'sum') return losses.sum();
    return counts ? losses.sum().div(countOf(counts, perSample).maximum(1)) : losses.mean();
  };
}

/** A figure for each sample, of the rank of their losses. */
function forEach(name: string, what: string, { rank, shape }: Tensor, figures: TensorLike): Tensor {
  const given = tensor(figures);
  const each = given.rank === rank + 1 && given.shape.at(-1) === 1 ? given.squeeze(-1) : given;
  if (each.rank > rank || each.shape.some((extent, i) => extent !== shape[i])) {
    const hint = what === 'mask' ? '; yTrue [n, steps, 1] gives each step a loss of its own' : '';
    throw new ShapeError(
      `${name}: ${what} must have a figure for each sample; got ${show(given.shape)} for losses ${show(shape)}${hint}`,
    );
  }
  return each.reshape([...each.shape, ...shape.slice(each.rank).map(() => 1)]);
}

/** How many samples there are. */
function countOf(counts: Tensor, { size }: Tensor): Tensor {
  const alike = size / counts.size; // samples that one element of the mask stands for
  return counts.cast('float32').sum().mul(alike);
}

/** A loss from the losses of samples, given target and prediction in one shape. */
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

export interface Pair {
  readonly target: Tensor;
  readonly prediction: Tensor;
}

export function show(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The prediction as float32, which it must be, or float16. Throws DtypeError otherwise. */
export function predictionOf(name: string, yPred: TensorLike): Tensor {
  const prediction = tensor(yPred);
  if (!isFloat(prediction.dtype)) {
    throw new DtypeError(
      `${name}: yPred must be float32; got ${prediction.dtype}; are yTrue and yPred the other way round?`,
    );
  }
  return prediction.dtype === 'float32' ? prediction : prediction.cast('float32');
}

/**
 * Both as float32 of one shape. As in Keras, [n] beside [n, 1] becomes [n, 1], and where there are more axes one at the end
 * of extent 1 is dropped. Nothing else is stretched: a ShapeError instead.
 */
export function pairUp(name: string, yTrue: TensorLike, yPred: TensorLike): Pair {
  const prediction = predictionOf(name, yPred);
  const target = tensor(yTrue).cast('float32');
  const [a, b] = [alignTo(target, prediction), alignTo(prediction, target)];
  if (a.rank !== b.rank || a.shape.some((extent, i) => extent !== b.shape[i])) {
    const got = `got ${show(target.shape)} and ${show(prediction.shape)}`;
    throw new ShapeError(`${name}: yTrue and yPred must have the same shape; ${got}`);
  }
  return { target: a, prediction: b };
}

/** x with one axis more or less of extent 1 at the end, where the other has such a one. */
function alignTo(x: Tensor, other: Tensor): Tensor {
  if (x.rank === 1 && other.rank === 2 && other.shape[1] === 1) return x.expandDims(-1);
  if (x.rank === other.rank + 1 && x.rank > 2 && x.shape.at(-1) === 1) return x.squeeze(-1);
  return x;
}

/** The mean over the last axis of every sample: of [n], which are n samples of one figure each, and of a single number it is x. */
export function meanOfLast(x: Tensor): Tensor {
  return x.rank < 2 ? x : x.mean(-1);
}
