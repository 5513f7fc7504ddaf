// The area under a curve of all thresholds, exact: every score is kept, and thresholds are the scores themselves.

import { type OptionKinds, readOptions, show, stack, tensor } from '@treadle/tensor';
import { checkFigures, type Metric, pairUp } from './metric.ts';

export interface AucOptions {
  /**
   * ROC, the default: the probability that a yes scores above a no, ties counting one half. PR: precision over recall, as steps
   * (average precision)
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
 * For yTrue of 0 and 1 and scores yPred of the same shape, probabilities or logits; NaN where yes or no never come. Throws
 * RangeError for an unknown curve.
 */
export function auc(options: AucOptions = {}): Metric {
  const { curve = 'ROC', name = 'auc' } = readOptions('auc', options, aucOptions);
  if (curve !== 'ROC' && curve !== 'PR') throw new RangeError(`auc: curve must be ROC or PR; got ${show(curve)}`);
  const areaUnder = curve === 'ROC' ? rocArea : averagePrecision;
  return {
    name,
    update: (yTrue, yPred) => {
      const [target, prediction] = pairUp('auc', tensor(yTrue), tensor(yPred));
      const values = stack([target.cast('float32').reshape([-1]), prediction.cast('float32').reshape([-1])]);
      return { values, count: prediction.size };
    },
    total: () => {
      const yes: number[] = [];
      const no: number[] = [];
      return {
        add: (values, count) => {
          checkFigures(name, values, count);
          for (let i = 0; i < count; i++) ((values[i] ?? 0) > 0.5 ? yes : no).push(values[count + i] ?? Number.NaN);
        },
        get value() {
          return areaUnder(Float32Array.from(yes).sort(), Float32Array.from(no).sort());
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

/** Σ (recall gained at a score)·(precision at it), over the different scores of yes from the highest; both in rising order. */
function averagePrecision(yes: Float32Array, no: Float32Array): number {
  if (no.length === 0) return Number.NaN;
  let area = 0;
  let noAbove = 0;
  for (let end = yes.length; end > 0; ) {
    const score = yes[end - 1] ?? Number.NaN;
    let begin = end - 1;
    while (begin > 0 && yes[begin - 1] === score) begin--;
    while ((no[no.length - 1 - noAbove] ?? Number.NEGATIVE_INFINITY) >= score) noAbove++;
    const yesAbove = yes.length - begin;
    area += ((end - begin) / yes.length) * (yesAbove / (yesAbove + noAbove));
    end = begin;
  }
  return yes.length === 0 ? Number.NaN : area;
}
