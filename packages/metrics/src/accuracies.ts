// How often a prediction is right: for yes and no, for one-hot rows, for labels.

import { ShapeError } from '@treadle/tensor';
import { type Metric, meanMetric, meanOfLast, pairUp, show } from './metric.ts';

export interface AccuracyOptions {
  /** 'accuracy' by default */
  readonly name?: string;
}

export interface BinaryAccuracyOptions extends AccuracyOptions {
  /** a prediction above it counts as 1; 0.5 by default, which is for probabilities: for logits say 0 */
  readonly threshold?: number;
}

/** How often yPred > threshold where yTrue is 1, and not where it is 0; the mean over the last axis, then over samples. */
export function binaryAccuracy({ threshold = 0.5, name = 'accuracy' }: BinaryAccuracyOptions = {}): Metric {
  return meanMetric(name, (yTrue, yPred) => {
    const [target, prediction] = pairUp('binaryAccuracy', yTrue, yPred);
    const answer = prediction.greater(threshold).cast('float32');
    return meanOfLast(answer.equal(target.cast('float32')).cast('float32'));
  });
}

/** How often the largest of yPred [..., classes] stands where that of yTrue [..., classes] does. */
export function categoricalAccuracy({ name = 'accuracy' }: AccuracyOptions = {}): Metric {
  return meanMetric(name, (yTrue, yPred) => {
    const [target, prediction] = pairUp('categoricalAccuracy', yTrue, yPred);
    return prediction.argmax(-1).equal(target.argmax(-1));
  });
}

/** How often the largest of yPred [..., classes] stands at the label in yTrue, [...] or [..., 1]. */
export function sparseCategoricalAccuracy({ name = 'accuracy' }: AccuracyOptions = {}): Metric {
  return meanMetric(name, (yTrue, yPred) => {
    const labels = yTrue.rank === yPred.rank && yTrue.shape.at(-1) === 1 ? yTrue.squeeze(-1) : yTrue;
    const answer = yPred.argmax(-1);
    if (labels.rank !== answer.rank || labels.shape.some((extent, i) => extent !== answer.shape[i])) {
      const got = `got ${show(yTrue.shape)} for ${show(yPred.shape)}`;
      throw new ShapeError(`sparseCategoricalAccuracy: yTrue must hold a label for each row of yPred; ${got}`);
    }
    return answer.equal(labels.cast('int32'));
  });
}
