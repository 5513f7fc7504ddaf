// Connectionist temporal classification (A. Graves and others, 2006): how unlikely a sequence of labels is, whenever in time each
// of them may come. All paths are summed by the forward recursion, in logarithms; its gradient is the backward one.

import { arange, DtypeError, ShapeError, stack, type Tensor, type TensorLike, tensor, where } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOptions, predictionOf, readLossOptions, reducer, show } from './loss.ts';

/** ln 0, as far as it matters: finite, so that no difference of two is NaN. */
const never = -1e30;

/**
 * yTrue [n, labels] of labels 1 … classes − 1, shorter ones followed by zeros; yPred [n, time, classes] of logits, class 0 being
 * the blank. −ln P(labels), then reduced; infinite, without a gradient, where time is too short for the labels. Throws
 * ShapeError and DtypeError for others.
 */
export function ctc(options: LossOptions = {}): Loss {
  const { reduction } = readLossOptions('ctc', options, lossOptions);
  const reduce = reducer('ctc', reduction);
  return (yTrue, yPred, sampleWeight) => {
    const prediction = predictionOf('ctc', yPred);
    const labels = labelsFor(prediction, yTrue);
    return reduce(pathLoss(labels, prediction), sampleWeight, undefined);
  };
}

function labelsFor(prediction: Tensor, yTrue: TensorLike): Tensor {
  const labels = tensor(yTrue);
  if (labels.dtype === 'bool') throw new DtypeError('ctc: labels must be whole numbers; got bool');
  const [n, time = 0, classes = 0] = prediction.shape;
  if (prediction.rank !== 3 || time === 0 || classes < 2) {
    throw new ShapeError(
      `ctc: yPred must be [n, time, classes] with two classes or more; got ${show(prediction.shape)}`,
    );
  }
  if (labels.rank !== 2 || labels.shape[0] !== n) {
    throw new ShapeError(`ctc: yTrue must be [n, labels] for ${n} samples; got ${show(labels.shape)}`);
  }
  return labels.cast('int32');
}

/** −ln P of each sample: [n] */
function pathLoss(labels: Tensor, logits: Tensor): Tensor {
  const [, time = 0, classes = 0] = logits.shape;
  // Between, before and after the labels there may be a blank: _ a _ b _
  const blanks = labels.mul(0);
  const symbols = padEnd(stack([blanks, labels], -1).reshape([labels.shape[0] ?? 0, -1]), 0); // [n, 2·labels + 1]
  const isSymbol = symbols.expandDims(-1).equal(arange(classes)); // [n, symbols, classes]
  // ln p of every symbol at every time: the logarithms are finite, so zeros choose exactly
  const logs = logits.logSoftmax(-1).matmul(isSymbol.cast('float32'), { transposeB: true }); // [n, time, symbols]
  // A blank may be left out between two labels that differ.
  const mayJump = symbols.notEqual(0).logicalAnd(symbols.notEqual(later(symbols, 2, 0)));
  const place = arange(symbols.shape[1] ?? 0);
  const at = (t: number): Tensor => logs.slice([0, t], [logs.shape[0] ?? 0, t + 1]).squeeze(1);
  let paths = where(place.less(2), at(0), never); // ln of the probability of all paths that end at each symbol
  for (let t = 1; t < time; t++) {
    const jumped = where(mayJump, later(paths, 2, never), never);
    paths = logSum([paths, later(paths, 1, never), jumped]).add(at(t));
  }
  const last = labels.notEqual(0).cast('int32').sum(-1, { keepDims: true }).mul(2); // the blank after the last label
  const isEnd = place.equal(last).logicalOr(place.equal(last.sub(1)));
  const total = where(isEnd, paths, never).logSumExp(-1);
  return where(total.less(never / 2), Number.POSITIVE_INFINITY, total.neg());
}

/** x with one more column at its end. */
function padEnd(x: Tensor, value: number): Tensor {
  return x.pad(
    [
      [0, 0],
      [0, 1],
    ],
    value,
  );
}

/** x [n, columns] moved so many columns on, `value` coming in. */
function later(x: Tensor, by: number, value: number): Tensor {
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

/** ln Σ eˣ of tensors of one shape, element by element. */
function logSum(xs: readonly Tensor[]): Tensor {
  return stack(xs, -1).logSumExp(-1);
}
