// The area under a curve of all thresholds, exact: every score is kept, and thresholds are the scores themselves.

import { type OptionKinds, readOptions, show, stack, tensor } from '@treadle/tensor';
import { checkFigures, countedIn, type Metric, pairUp } from './metric.ts';

export interface AucOptions {
  /**
   * ROC, the default: the probability that a yes scores above a no, ties counting one half. PR: precision over recall, between
   * thresholds as Keras interpolates it: true and predicted positives change together, in proportion (scikit-learn's average
   * precision takes steps instead, and is a little less)
   */
  readonly curve?: 'ROC' | 'PR';
  /** 'auc' by default */
  readonly name?: string;
}

const aucOptions: OptionKinds<AucOptions> = {
  curve: 'any',
  name: 'string',
};

/**
 * For yTrue of 0 and 1 and scores yPred of the same shape, probabilities or logits; NaN where yes never comes (for ROC, or no
 * never), or a score is NaN. Throws RangeError for an unknown curve.
 */
export function auc(options: AucOptions = {}): Metric {
  const { curve = 'ROC', name = 'auc' } = readOptions('auc', options, aucOptions);
  if (curve !== 'ROC' && curve !== 'PR') throw new RangeError(`auc: curve must be ROC or PR; got ${show(curve)}`);
  const areaUnder = curve === 'ROC' ? rocArea : precisionRecallArea;
  return {
    name,
    update: (yTrue, yPred, mask) => {
      const [target, prediction] = pairUp('auc', tensor(yTrue), tensor(yPred));
      const scored = mask === undefined ? [target, prediction] : [target, prediction, countedIn('auc', mask, target)];
      return { values: stack(scored.map((each) => each.cast('float32').reshape([-1]))), count: prediction.size };
    },
    total: () => {
      const yes: number[] = [];
      const no: number[] = [];
      const areaAsOf = (yesCount: number, noCount: number): number => {
        const risingYes = Float32Array.from(yes.slice(0, yesCount)).sort();
        const risingNo = Float32Array.from(no.slice(0, noCount)).sort();
        // a typed array sorts NaN to its end
        const hasNaN = [risingYes, risingNo].some((scores) => Number.isNaN(scores.at(-1)));
        return hasNaN ? Number.NaN : areaUnder(risingYes, risingNo);
      };
      return {
        add: (values, count) => {
          checkFigures(name, values, count);
          for (let i = 0; i < count; i++) {
            if (values[2 * count + i] === 0) continue; // left out by a mask
            ((values[i] ?? 0) > 0.5 ? yes : no).push(values[count + i] ?? Number.NaN);
          }
        },
        get value() {
          return areaAsOf(yes.length, no.length);
        },
        later: () => {
          const lengths = [yes.length, no.length] as const;
          return () => areaAsOf(...lengths);
        },
      };
    },
  };
}

/** The share of pairs of a yes and a no in which the yes is above (Mann and Whitney); both in rising order. */
function rocArea(yes: Float32Array, no: Float32Array): number {
  let [below, notAbove, won] = [0, 0, 0];
  for (const score of yes) {
    while ((no[below] ?? Number.POSITIVE_INFINITY) < score) below++;
    while ((no[notAbove] ?? Number.POSITIVE_INFINITY) <= score) notAbove++;
    won += (below + notAbove) / 2;
  }
  return won / (yes.length * no.length);
}

/**
 * Between two thresholds, of which the lower adds dTP true positives and dP predicted ones to TP and P, precision is
 * (TP + s·(p − P)) / p with s = dTP / dP, and its integral over recall s·(dTP + (TP − s·P)·ln(1 + dP / P)) / yes (J. Davis,
 * M. Goadrich, 2006). It is 0 where dTP is: thresholds are the different scores of yes. Both in rising order.
 */
function precisionRecallArea(yes: Float32Array, no: Float32Array): number {
  const scoreOfNo = (above: number): number => no[no.length - 1 - above] ?? Number.NEGATIVE_INFINITY;
  let area = 0;
  let noAbove = 0;
  for (let end = yes.length; end > 0; ) {
    const score = yes[end - 1] ?? Number.NaN;
    let begin = end - 1;
    while (begin > 0 && yes[begin - 1] === score) begin--;
    while (noAbove < no.length && scoreOfNo(noAbove) > score) noAbove++;
    const [truePositives, gained] = [yes.length - end, end - begin];
    const positives = truePositives + noAbove;
    while (noAbove < no.length && scoreOfNo(noAbove) === score) noAbove++;
    const predicted = yes.length - begin + noAbove - positives;
    const slope = gained / predicted;
    const bend = positives === 0 ? 0 : (truePositives - slope * positives) * Math.log1p(predicted / positives);
    area += slope * (gained + bend);
    end = begin;
  }
  return area / yes.length; // 0 / 0 without a yes
}
