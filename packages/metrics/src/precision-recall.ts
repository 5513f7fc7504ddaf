// Precision, recall and F1: of what was said to be there, how much is; of what is there, how much was said. Batches add up counts
// of true and false answers for each class.

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
import { type Contribution, checkFigures, countedIn, labelsFor, type Metric, pairUp } from './metric.ts';

export interface PrecisionOptions {
  /**
   * a prediction above it counts as yes; for one figure a sample 0.5 by default (probabilities: for logits say 0). Several
   * figures a sample are classes, of which the largest is meant, unless a threshold is given: then each is a yes or no
   */
  readonly threshold?: number;
  /**
   * the mean over classes by default, those left out that were neither there nor predicted; micro: of the counts of all classes
   * together
   */
  readonly average?: 'macro' | 'micro';
  /** 'precision', 'recall' or 'f1' by default */
  readonly name?: string;
}

const precisionOptions: OptionKinds<PrecisionOptions> = {
  threshold: 'number',
  average: 'any',
  name: 'string',
};

/** How often a class was predicted rightly, wrongly, and missed. */
interface Counts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** What is predicted that is true: TP / (TP + FP); 0 where nothing was predicted. Throws RangeError for an unknown average. */
export function precision(options: PrecisionOptions = {}): Metric {
  return counting('precision', options, ({ truePositives: tp, falsePositives: fp }) => ratio(tp, tp + fp));
}

/** What is true that was predicted: TP / (TP + FN); 0 where nothing was there. Throws RangeError for an unknown average. */
export function recall(options: PrecisionOptions = {}): Metric {
  return counting('recall', options, ({ truePositives: tp, falseNegatives: fn }) => ratio(tp, tp + fn));
}

/** The harmonic mean of precision and recall: 2·TP / (2·TP + FP + FN). Throws RangeError for an unknown average. */
export function f1(options: PrecisionOptions = {}): Metric {
  return counting('f1', options, ({ truePositives: tp, falsePositives: fp, falseNegatives: fn }) =>
    ratio(2 * tp, 2 * tp + fp + fn),
  );
}

function counting(op: string, options: PrecisionOptions, figure: (counts: Counts) => number): Metric {
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
            ? figure(classes.reduce(together, none))
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
  const counted = mask === undefined ? undefined : countedIn(op, mask, isTrue);
  const count = (which: Tensor): Tensor => {
    const ones = (counted ? which.logicalAnd(counted) : which).cast('float32');
    return ones.reshape([-1, classes]).sum(0);
  };
  const values = stack([
    count(isTrue.logicalAnd(isPredicted)),
    count(isTrue.logicalNot().logicalAnd(isPredicted)),
    count(isTrue.logicalAnd(isPredicted.logicalNot())),
  ]);
  return { values, count: isTrue.size };
}

/** What is there and what is said, as bools [..., classes]; yes and no are one class, whose axis may be missing. */
function answers(
  op: string,
  yTrue: Tensor,
  yPred: Tensor,
  classes: number,
  threshold: number | undefined,
): readonly [Tensor, Tensor] {
  if (classes === 1 || threshold !== undefined) {
    const [target, prediction] = pairUp(op, yTrue, yPred);
    return [target.cast('float32').greater(0.5), prediction.greater(threshold ?? 0.5)];
  }
  const isSparse = yTrue.rank < yPred.rank || yTrue.shape.at(-1) === 1;
  const right = isSparse ? labelsFor(op, yTrue, yPred) : pairUp(op, yTrue, yPred)[0].argmax(-1);
  const is = (label: Tensor): Tensor => label.expandDims(-1).equal(arange(classes));
  return [is(right), is(yPred.argmax(-1))];
}

const none: Counts = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };

function byClass(sums: readonly number[]): readonly Counts[] {
  const classes = sums.length / 3;
  return Array.from({ length: classes }, (_, c) => ({
    truePositives: sums[c] ?? 0,
    falsePositives: sums[classes + c] ?? 0,
    falseNegatives: sums[2 * classes + c] ?? 0,
  }));
}

function together(a: Counts, b: Counts): Counts {
  return {
    truePositives: a.truePositives + b.truePositives,
    falsePositives: a.falsePositives + b.falsePositives,
    falseNegatives: a.falseNegatives + b.falseNegatives,
  };
}

function occurs({ truePositives, falsePositives, falseNegatives }: Counts): boolean {
  return truePositives + falsePositives + falseNegatives > 0;
}

/** 0 of nothing, as a ratio of nothing is. */
function meanOf(figures: readonly number[]): number {
  return ratio(
    figures.reduce((a, b) => a + b, 0),
    figures.length,
  );
}
