// auc: the area under a curve over all thresholds. It is exact: every score is kept, and the thresholds are the scores themselves.

import { alignShapes } from '@treadle/losses';
import { configOf, type OptionKinds, readOptions, show, stack, tensor } from '@treadle/tensor';
import { broadcastMask, checkFigures, type Metric } from '../metric/metric.ts';
import { type MetricOptions, metricOptions } from '../metric/metric-options.ts';

/** Options of `auc`. */
export interface AucOptions extends MetricOptions {
  /**
   * 'ROC', the default: the probability that a positive sample has a higher score than a negative one; ties count one half. 'PR':
   * precision over recall, interpolated as in Keras: between thresholds, true and predicted positives change in proportion
   */
  readonly curve?: 'ROC' | 'PR';
}

const aucOptions: OptionKinds<AucOptions> = { ...metricOptions, curve: 'any' };

/**
 * The area under the curve for yTrue of 0 and 1 and scores yPred [n, …], probabilities or logits. It is NaN without a target of 1, for ROC
 * also without a target of 0, and if a score is NaN. Throws RangeError for an unknown curve; `update` throws ShapeError for shapes that
 * do not fit.
 *
 * @example
 * ```ts
 * import { metrics } from 'treadle';
 * const metric = metrics.auc();
 * const { values, count } = metric.update([0, 1, 0, 1], [0.1, 0.4, 0.5, 0.8]);
 * const total = metric.total();
 * total.add(values.data(), count);
 * total.value; // → 0.75
 * ```
 */
export function auc(options: AucOptions = {}): Metric {
  const { curve = 'ROC', name = 'auc' } = readOptions('auc', options, aucOptions);
  if (curve !== 'ROC' && curve !== 'PR') throw new RangeError(`auc: curve must be ROC or PR; got ${show(curve)}`);
  const areaUnder = curve === 'ROC' ? rocArea : precisionRecallArea;
  return {
    config: () => configOf('auc', options),
    name,
    update: (yTrue, yPred, mask) => {
      const { target, prediction } = alignShapes('auc', tensor(yTrue), tensor(yPred));
      const scored =
        mask === undefined ? [target, prediction] : [target, prediction, broadcastMask('auc', mask, target)];
      return { values: stack(scored.map((each) => each.cast('float32').reshape([-1]))), count: prediction.size };
    },
    total: () => {
      const yes: number[] = [];
      const no: number[] = [];
      const areaAsOf = (yesCount: number, noCount: number): number => {
        const ascendingYes = Float32Array.from(yes.slice(0, yesCount)).sort();
        const ascendingNo = Float32Array.from(no.slice(0, noCount)).sort();
        // a typed array sorts NaN to its end
        const hasNaN = [ascendingYes, ascendingNo].some((scores) => Number.isNaN(scores.at(-1)));
        return hasNaN ? Number.NaN : areaUnder(ascendingYes, ascendingNo);
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

/** The share of pairs of a positive and a negative score in which the positive is higher (Mann-Whitney); both ascending. */
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
 * Between two thresholds, the lower of which adds dTP true positives and dP predicted ones to TP and P, precision is
 * (TP + s·(p − P)) / p with s = dTP / dP, and its integral over recall s·(dTP + (TP − s·P)·ln(1 + dP / P)) / yes (J. Davis,
 * M. Goadrich, 2006). It is 0 where dTP is 0: thresholds are the different positive scores. Both ascending.
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
