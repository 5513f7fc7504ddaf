// What both accuracies of the first k classes share.

import { arange, type OptionKinds, readOptions, type Tensor, where } from '@treadle/tensor';
import { type MetricOptions, metricOptions } from './metric-options.ts';

/** Options of `topK`. */
export interface TopKOptions extends MetricOptions {
  /** the number of largest predictions among which the right class may be; 5 by default */
  readonly k?: number;
}

const topKOptions: OptionKinds<TopKOptions> = { ...metricOptions, k: 'number' };

/** k and the name. Throws RangeError unless k is a whole number ≥ 1. */
export function readTopK(op: string, options: TopKOptions): Required<TopKOptions> {
  const { k = 5, name = op } = readOptions(op, options, topKOptions);
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`${op}: k must be a whole number ≥ 1; got ${k}`);
  return { k, name };
}

/** Whether fewer than k of yPred [..., classes] are above that of the label [...]: bool [...]. */
export function isInTop(k: number, labels: Tensor, yPred: Tensor): Tensor {
  const isRight = labels.expandDims(-1).equal(arange(yPred.shape.at(-1) ?? 0));
  const right = where(isRight, yPred, 0).sum(-1, { keepDims: true });
  const exists = isRight.any(-1);
  return yPred.greater(right).cast('int32').sum(-1).less(k).logicalAnd(exists);
}
