// What precision, recall and f1 share: batches add up the numbers of true and false answers for each class, and a metric is a function
// of these counts.

import { alignShapes, labelsFor } from '@treadle/losses';
import {
  arange,
  type OptionKinds,
  readOptions,
  show,
  stack,
  type Tensor,
  type TensorLike,
  tensor,
} from '@treadle/tensor';
import { broadcastMask, type Contribution, checkFigures, type Metric } from './metric.ts';
import { type MetricOptions, metricOptions } from './metric-options.ts';

/** Options of `precision`. */
export interface PrecisionOptions extends MetricOptions {
  /**
   * a prediction above it counts as 1; for one value a sample 0.5 by default, for probabilities; 0 is right for logits. Several values a
   * sample are classes, the largest of which is predicted, unless a threshold is given: then each is an answer of its own
   */
  readonly threshold?: number;
  /**
   * 'macro', the default: the mean over classes that occur or are predicted. 'micro': from the counts of all classes together
   */
  readonly average?: 'macro' | 'micro';
}

const precisionOptions: OptionKinds<PrecisionOptions> = { ...metricOptions, threshold: 'number', average: 'any' };

/** How often a class is predicted rightly, predicted wrongly, and missed. */
export interface Counts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

/** part / whole, and 0 for 0 / 0. */
export const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** The metric that computes `figure` from the counts of each class. Throws RangeError for an unknown average. */
export function countMetric(op: string, options: PrecisionOptions, figure: (counts: Counts) => number): Metric {
  const { threshold, average = 'macro', name = op } = readOptions(op, options, precisionOptions);
  if (average !== 'macro' && average !== 'micro') {
    throw new RangeError(`${op}: average must be macro or micro; got ${show(average)}`);
  }
  return {
    name,
    update: (yTrue, yPred, mask) => countsOf(op, tensor(yTrue), tensor(yPred), threshold, mask),
    total: () => {
      let sums: number[] = [];
      return {
        add: (values, count) => {
          checkFigures(name, values, count);
          sums = Array.from(values, (count, i) => count + (sums[i] ?? 0));
        },
        get value() {
          const classes = byClass(sums);
          return average === 'micro'
            ? figure(classes.reduce(addCounts, noCounts))
            : meanOf(classes.filter(occurs).map(figure));
        },
      };
    },
  };
}

/** TP, FP and FN of every class: [3, classes] */
function countsOf(
  op: string,
  yTrue: Tensor,
  yPred: Tensor,
  threshold: number | undefined,
  mask: TensorLike | undefined,
): Contribution {
  const classes = yPred.rank < 2 ? 1 : (yPred.shape.at(-1) ?? 1);
  const [isTrue, isPredicted] = answers(op, yTrue, yPred, classes, threshold);
  const valid = mask === undefined ? undefined : broadcastMask(op, mask, isTrue);
  const count = (which: Tensor): Tensor => {
    const ones = (valid ? which.logicalAnd(valid) : which).cast('float32');
    return ones.reshape([-1, classes]).sum(0);
  };
  const values = stack([
    count(isTrue.logicalAnd(isPredicted)),
    count(isTrue.logicalNot().logicalAnd(isPredicted)),
    count(isTrue.logicalAnd(isPredicted.logicalNot())),
  ]);
  return { values, count: isTrue.size };
}

/** Targets and predictions as bools [..., classes]; answers of yes and no are one class, whose axis may be missing. */
function answers(
  op: string,
  yTrue: Tensor,
  yPred: Tensor,
  classes: number,
  threshold: number | undefined,
): readonly [Tensor, Tensor] {
  if (classes === 1 || threshold !== undefined) {
    const { target, prediction } = alignShapes(op, yTrue, yPred);
    return [target.cast('float32').greater(0.5), prediction.greater(threshold ?? 0.5)];
  }
  const isSparse = yTrue.rank < yPred.rank || yTrue.shape.at(-1) === 1;
  const right = isSparse ? labelsFor(op, yTrue, yPred) : alignShapes(op, yTrue, yPred).target.argmax(-1);
  const is = (label: Tensor): Tensor => label.expandDims(-1).equal(arange(classes));
  return [is(right), is(yPred.argmax(-1))];
}

const noCounts: Counts = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };

function byClass(sums: readonly number[]): readonly Counts[] {
  const classes = sums.length / 3;
  return Array.from({ length: classes }, (_, c) => ({
    truePositives: sums[c] ?? 0,
    falsePositives: sums[classes + c] ?? 0,
    falseNegatives: sums[2 * classes + c] ?? 0,
  }));
}

function addCounts(a: Counts, b: Counts): Counts {
  return {
    truePositives: a.truePositives + b.truePositives,
    falsePositives: a.falsePositives + b.falsePositives,
    falseNegatives: a.falseNegatives + b.falseNegatives,
  };
}

function occurs({ truePositives, falsePositives, falseNegatives }: Counts): boolean {
  return truePositives + falsePositives + falseNegatives > 0;
}

/** The mean, and 0 for no figures. */
function meanOf(figures: readonly number[]): number {
  return ratio(
    figures.reduce((a, b) => a + b, 0),
    figures.length,
  );
}
