// The cross-entropy of one class out of several, along the last axis: for one-hot rows and for labels.

import {
  arange,
  DtypeError,
  type OptionKinds,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  tensor,
  where,
} from '@treadle/tensor';
import { type CrossentropyOptions, crossentropyOptions } from './binary-crossentropy.ts';
import { type Loss, lossOf, predictionOf, readLossOptions, reducer, show } from './loss.ts';
import { checkSmoothing, clipProbability, ofProbabilities } from './probabilities.ts';

/**
 * ln softmax(z) along the last axis, z first moved so that its largest is 0: then a constant added to all logits changes
 * nothing, however large, and no exponential overflows.
 */
function logProbabilitiesOfLogits(z: Tensor): Tensor {
  const moved = z.sub(z.detach().max(-1, { keepDims: true }));
  return moved.sub(moved.exp().sum(-1, { keepDims: true }).log());
}

/** ln(p / Σp), p kept away from 0 and 1. */
function logOfProbabilities(p: Tensor): Tensor {
  return clipProbability(p.div(p.sum(-1, { keepDims: true }))).log();
}

export interface CategoricalCrossentropyOptions extends CrossentropyOptions {
  /** how much of the target is spread evenly over all classes; 0 by default */
  readonly labelSmoothing?: number;
}

const categoricalCrossentropyOptions: OptionKinds<CategoricalCrossentropyOptions> = {
  ...crossentropyOptions,
  labelSmoothing: 'number',
};

/**
 * −Σ yTrue·ln p over the last axis, then reduced; yTrue and yPred [..., classes], the rows of yTrue one-hot or probabilities.
 * Throws RangeError unless 0 ≤ labelSmoothing ≤ 1.
 */
export function categoricalCrossentropy(options: CategoricalCrossentropyOptions = {}): Loss {
  const name = 'categoricalCrossentropy';
  readLossOptions(name, options, categoricalCrossentropyOptions);
  const { fromLogits = false, labelSmoothing = 0, reduction } = options;
  checkSmoothing(name, labelSmoothing);
  const logProbabilities = fromLogits ? logProbabilitiesOfLogits : logOfProbabilities;
  const loss = lossOf(name, { reduction }, (target, prediction) => {
    const classes = prediction.shape.at(-1) ?? 0;
    if (classes < 2) {
      throw new ShapeError(
        `${name}: the last axis must hold two classes or more; got ${show(prediction.shape)}; binaryCrossentropy is for one figure a sample`,
      );
    }
    const y = labelSmoothing > 0 ? target.mul(1 - labelSmoothing).add(labelSmoothing / classes) : target;
    return y.mul(logProbabilities(prediction)).sum(-1).neg();
  });
  return ofProbabilities(name, fromLogits, loss);
}

/** Labels as int32 of the shape of yPred without its last axis. Float labels are taken as the whole numbers they are. */
function labelsFor(name: string, yTrue: TensorLike, prediction: Tensor): Tensor {
  const given = tensor(yTrue);
  if (given.dtype === 'bool')
    throw new DtypeError(`${name}: labels must be whole numbers; got bool; cast('int32') makes 0 and 1 of it`);
  const labels = given.rank === prediction.rank && given.shape.at(-1) === 1 ? given.squeeze(-1) : given;
  const expected = prediction.shape.slice(0, -1);
  if (labels.rank !== expected.length || labels.shape.some((extent, i) => extent !== expected[i])) {
    const hint = given.rank === prediction.rank ? '; categoricalCrossentropy takes one-hot rows' : '';
    throw new ShapeError(
      `${name}: yTrue must hold a label for each row of yPred; got ${show(given.shape)} for ${show(prediction.shape)}${hint}`,
    );
  }
  return labels.cast('int32');
}

/**
 * −ln p[label], then reduced: yTrue [...] or [..., 1] of labels 0 … classes − 1, yPred [..., classes]. A label outside that
 * range makes the loss NaN.
 */
export function sparseCategoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  const name = 'sparseCategoricalCrossentropy';
  const { fromLogits = false, reduction } = readLossOptions(name, options, crossentropyOptions);
  const reduce = reducer(name, reduction);
  const logProbabilities = fromLogits ? logProbabilitiesOfLogits : logOfProbabilities;
  const loss: Loss = (yTrue, yPred, sampleWeight, mask) => {
    const prediction = predictionOf(name, yPred);
    const classes = prediction.shape.at(-1);
    if (classes === undefined || classes < 1) {
      throw new ShapeError(`${name}: yPred must have an axis of classes; got ${show(prediction.shape)}`);
    }
    const labels = labelsFor(name, yTrue, prediction);
    const isLabel = labels.expandDims(-1).equal(arange(classes));
    const chosen = where(isLabel, logProbabilities(prediction), 0).sum(-1); // all other terms are 0: exact
    const exists = labels.greaterEqual(0).logicalAnd(labels.less(classes));
    return reduce(where(exists, chosen.neg(), Number.NaN), sampleWeight, mask);
  };
  return Object.assign(ofProbabilities(name, fromLogits, loss), { checkTargets: checkLabels });
}

/** Every label must be a whole number that stands for a class. */
function checkLabels(op: string, labels: ArrayLike<number>, predictionShape: Shape): void {
  const classes = predictionShape.at(-1) ?? 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? -1;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `${op}: a class label must be a whole number from 0 to ${classes - 1}; got ${label} in row ${i}`,
      );
    }
  }
}
