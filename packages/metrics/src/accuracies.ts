// How often a prediction is right, or nearly so: for yes and no, for one-hot rows, for labels.

import { arange, type OptionKinds, readOptions, type Tensor, where } from '@treadle/tensor';
import { labelsFor, type Metric, meanMetric, meanOfLast, pairUp } from './metric.ts';

export interface AccuracyOptions {
  /** 'accuracy' by default */
  readonly name?: string;
}

const accuracyOptions: OptionKinds<AccuracyOptions> = {
  name: 'string',
};

export interface BinaryAccuracyOptions extends AccuracyOptions {
  /** a prediction above it counts as 1; 0.5 by default, which is for probabilities: for logits say 0 */
  readonly threshold?: number;
}

const binaryAccuracyOptions: OptionKinds<BinaryAccuracyOptions> = {
  ...accuracyOptions,
  threshold: 'number',
};

/** How often yPred > threshold where yTrue is 1, and not where it is 0; the mean over the last axis, then over samples. */
export function binaryAccuracy(options: BinaryAccuracyOptions = {}): Metric {
  const { threshold = 0.5, name = 'accuracy' } = readOptions('binaryAccuracy', options, binaryAccuracyOptions);
  return meanMetric(name, (yTrue, yPred) => {
    const [target, prediction] = pairUp('binaryAccuracy', yTrue, yPred);
    const answer = prediction.greater(threshold).cast('float32');
    return meanOfLast(answer.equal(target.cast('float32')).cast('float32'));
  });
}

/** How often the largest of yPred [..., classes] stands where that of yTrue [..., classes] does. */
export function categoricalAccuracy(options: AccuracyOptions = {}): Metric {
  const { name = 'accuracy' } = readOptions('categoricalAccuracy', options, accuracyOptions);
  return meanMetric(name, (yTrue, yPred) => {
    const [target, prediction] = pairUp('categoricalAccuracy', yTrue, yPred);
    return prediction.argmax(-1).equal(target.argmax(-1));
  });
}

/** How often the largest of yPred [..., classes] stands at the label in yTrue, [...] or [..., 1]. */
export function sparseCategoricalAccuracy(options: AccuracyOptions = {}): Metric {
  const { name = 'accuracy' } = readOptions('sparseCategoricalAccuracy', options, accuracyOptions);
  return meanMetric(name, (yTrue, yPred) =>
    yPred.argmax(-1).equal(labelsFor('sparseCategoricalAccuracy', yTrue, yPred)),
  );
}

export interface TopKOptions {
  /** among how many of the largest the right class may be; 5 by default */
  readonly k?: number;
  /** 'topKCategoricalAccuracy' or 'sparseTopKCategoricalAccuracy' by default */
  readonly name?: string;
}

const topKOptions: OptionKinds<TopKOptions> = {
  k: 'number',
  name: 'string',
};

/** Whether fewer than k classes of yPred [..., classes] are above the one at `labels`. */
function isInTop(k: number, labels: Tensor, yPred: Tensor): Tensor {
  const isRight = labels.expandDims(-1).equal(arange(yPred.shape.at(-1) ?? 0));
  const right = where(isRight, yPred, 0).sum(-1, { keepDims: true });
  const exists = isRight.any(-1);
  return yPred.greater(right).cast('int32').sum(-1).less(k).logicalAnd(exists);
}

function checkK(name: string, k: number): void {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`${name}: k must be a whole number ≥ 1; got ${k}`);
}

/** How often fewer than k of yPred [..., classes] are above the class that is the largest of yTrue. Throws RangeError for k. */
export function topKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const { k = 5, name = 'topKCategoricalAccuracy' } = readOptions('topKCategoricalAccuracy', options, topKOptions);
  checkK('topKCategoricalAccuracy', k);
  return meanMetric(name, (yTrue, yPred) => {
    const [target, prediction] = pairUp('topKCategoricalAccuracy', yTrue, yPred);
    return isInTop(k, target.argmax(-1), prediction);
  });
}

/** How often fewer than k of yPred [..., classes] are above the class at the label in yTrue. Throws RangeError for k. */
export function sparseTopKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  readOptions('sparseTopKCategoricalAccuracy', options, topKOptions);
  const { k = 5, name = 'sparseTopKCategoricalAccuracy' } = options;
  checkK('sparseTopKCategoricalAccuracy', k);
  return meanMetric(name, (yTrue, yPred) =>
    isInTop(k, labelsFor('sparseTopKCategoricalAccuracy', yTrue, yPred), yPred),
  );
}
