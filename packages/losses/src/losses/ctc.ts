// ctc: connectionist temporal classification (A. Graves et al., 2006), the negative log-likelihood of a sequence of labels, summed over
// all alignments with the time steps. The forward recursion sums all paths, in logarithms; its gradient is the backward recursion.

import {
  arange,
  DtypeError,
  ShapeError,
  showShape,
  stack,
  type Tensor,
  type TensorLike,
  tensor,
  where,
  withConfig,
} from '@treadle/tensor';
import { type Loss, type LossOptions, lossOptions, readLossOptions, reducer } from '../loss/loss.ts';
import { predictionOf } from '../loss/shapes.ts';

/** ln 0, finite so that no difference of two such values is NaN. */
const logOfZero = -1e30;

/**
 * −ln P(labels), then reduced: yTrue [n, labels] of labels 1 … classes − 1, shorter sequences padded with zeros; yPred [n, time, classes]
 * of logits, where class 0 is the blank → 0-d. It is infinite, without a gradient, if time is too short for the labels. The loss
 * throws ShapeError and DtypeError for other targets.
 *
 * @example
 * ```ts
 * import { ctc } from 'treadle';
 * ctc()([[1]], [[[0, 0]]]); // → 0.693147
 * ```
 */
export function ctc(options: LossOptions = {}): Loss {
  const { reduction } = readLossOptions('ctc', options, lossOptions);
  const reduce = reducer('ctc', reduction);
  return withConfig(
    (yTrue, yPred, sampleWeight) => {
      const prediction = predictionOf('ctc', yPred);
      const labels = checkedLabels(prediction, yTrue);
      return reduce(pathLoss(labels, prediction), sampleWeight, undefined);
    },
    'ctc',
    options,
  );
}

function checkedLabels(prediction: Tensor, yTrue: TensorLike): Tensor {
  const labels = tensor(yTrue);
  if (labels.dtype === 'bool') throw new DtypeError('ctc: labels must be whole numbers; got bool');
  const [n, time = 0, classes = 0] = prediction.shape;
  if (prediction.rank !== 3 || time === 0 || classes < 2) {
    throw new ShapeError(
      `ctc: yPred must be [n, time, classes] with two classes or more; got ${showShape(prediction.shape)}`,
    );
  }
  if (labels.rank !== 2 || labels.shape[0] !== n) {
    throw new ShapeError(`ctc: yTrue must be [n, labels] for ${n} samples; got ${showShape(labels.shape)}`);
  }
  return labels.cast('int32');
}

/** −ln P of each sample: [n]. */
function pathLoss(labels: Tensor, logits: Tensor): Tensor {
  const [, time = 0, classes = 0] = logits.shape;
  // there may be a blank between, before and after the labels: _ a _ b _
  const blanks = labels.mul(0);
  const symbols = padEnd(stack([blanks, labels], -1).reshape([labels.shape[0] ?? 0, -1]), 0); // [n, 2·labels + 1]
  const isSymbol = symbols.expandDims(-1).equal(arange(classes)); // [n, symbols, classes]
  // ln p of every symbol at every time: the logarithms are finite, so zeros choose exactly
  const logs = logits.logSoftmax(-1).matmul(isSymbol.cast('float32'), { transposeB: true }); // [n, time, symbols]
  // the blank between two different labels may be skipped
  const maySkip = symbols.notEqual(0).logicalAnd(symbols.notEqual(shiftRight(symbols, 2, 0)));
  const symbol = arange(symbols.shape[1] ?? 0);
  const at = (t: number): Tensor => logs.slice([0, t], [logs.shape[0] ?? 0, t + 1]).squeeze(1);
  let paths = where(symbol.less(2), at(0), logOfZero); // ln of the probability of all paths that end at each symbol
  for (let t = 1; t < time; t++) {
    const skipped = where(maySkip, shiftRight(paths, 2, logOfZero), logOfZero);
    paths = logSum([paths, shiftRight(paths, 1, logOfZero), skipped]).add(at(t));
  }
  const last = labels.notEqual(0).cast('int32').sum(-1, { keepDims: true }).mul(2); // the blank after the last label
  const isEnd = symbol.equal(last).logicalOr(symbol.equal(last.sub(1)));
  const total = where(isEnd, paths, logOfZero).logSumExp(-1);
  return where(total.less(logOfZero / 2), Number.POSITIVE_INFINITY, total.neg());
}

/** x [n, columns] with one more column at its end. */
function padEnd(x: Tensor, value: number): Tensor {
  return x.pad(
    [
      [0, 0],
      [0, 1],
    ],
    value,
  );
}

/** x [n, columns] shifted right by `by` columns, which are filled with `value`. */
function shiftRight(x: Tensor, by: number, value: number): Tensor {
  const columns = x.shape[1] ?? 0;
  const padded = x.pad(
    [
      [0, 0],
      [by, 0],
    ],
    value,
  );
  return padded.slice([0, 0], [x.shape[0] ?? 0, columns]);
}

/** ln Σ eˣ over tensors of one shape, element by element. */
function logSum(xs: readonly Tensor[]): Tensor {
  return stack(xs, -1).logSumExp(-1);
}
