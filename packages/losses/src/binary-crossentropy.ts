// The cross-entropy of yes and no, plain and focal.

import type { OptionKinds, Shape, Tensor } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf, lossOptions, meanOfLast, readLossOptions } from './loss.ts';
import { checkSmoothing, clipProbability, ofProbabilities } from './probabilities.ts';

export interface CrossentropyOptions extends LossOptions {
  /** whether yPred holds logits; false by default: probabilities */
  readonly fromLogits?: boolean;
}

export const crossentropyOptions: OptionKinds<CrossentropyOptions> = {
  ...lossOptions,
  fromLogits: 'boolean',
};

export interface BinaryCrossentropyOptions extends CrossentropyOptions {
  /** how much of the target is moved to 1/2; 0 by default */
  readonly labelSmoothing?: number;
}

const binaryCrossentropyOptions: OptionKinds<BinaryCrossentropyOptions> = {
  ...crossentropyOptions,
  labelSmoothing: 'number',
};

/** −y·ln σ(z) − (1 − y)·ln(1 − σ(z)) = y·softplus(−z) + (1 − y)·softplus(z): finite for every finite z, as is its gradient. */
function ofLogits(y: Tensor, z: Tensor): Tensor {
  return y.mul(z.neg().softplus()).add(y.neg().add(1).mul(z.softplus()));
}

/** −y·ln p − (1 − y)·ln(1 − p) */
function entropyOfProbabilities(y: Tensor, given: Tensor): Tensor {
  const p = clipProbability(given);
  const q = p.neg().add(1);
  return y.mul(p.log()).add(y.neg().add(1).mul(q.log())).neg();
}

function smoothed(target: Tensor, part: number): Tensor {
  return part > 0 ? target.mul(1 - part).add(part / 2) : target;
}

/**
 * For yTrue of 0 and 1 (or probabilities between), the cross-entropy, averaged over the last axis, then reduced. Throws
 * RangeError unless 0 ≤ labelSmoothing ≤ 1.
 */
export function binaryCrossentropy(options: BinaryCrossentropyOptions = {}): Loss {
  const name = 'binaryCrossentropy';
  const {
    fromLogits = false,
    labelSmoothing = 0,
    reduction,
  } = readLossOptions(name, options, binaryCrossentropyOptions);
  checkSmoothing(name, labelSmoothing);
  const entropy = fromLogits ? ofLogits : entropyOfProbabilities;
  const loss = lossOf(name, { reduction }, (target, prediction) =>
    meanOfLast(entropy(smoothed(target, labelSmoothing), prediction)),
  );
  return forTruths(name, fromLogits, loss);
}

/** How far a target may be beyond 0 and 1, where it was itself computed. */
const slack = 1e-5;

/** The loss, which refuses targets that are neither yes nor no nor between: it would have no lower bound. */
function forTruths(name: string, fromLogits: boolean, loss: Loss): Loss {
  const checkTargets = (op: string, values: ArrayLike<number>, predictionShape: Shape): void => {
    const rowLength = predictionShape.reduce((size, extent) => size * extent, 1);
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? Number.NaN;
      if (value >= -slack && value <= 1 + slack) continue;
      throw new RangeError(
        `${op}: targets of ${name} must be from 0 to 1; got ${value} in row ${Math.floor(i / Math.max(1, rowLength))}; sparseCategoricalCrossentropy is for the numbers of classes`,
      );
    }
  };
  return Object.assign(ofProbabilities(name, fromLogits, loss), { checkTargets });
}

export interface BinaryFocalCrossentropyOptions extends BinaryCrossentropyOptions {
  /** the power of what is wrong by which a sample counts: the higher, the less easy samples matter; 2 by default */
  readonly gamma?: number;
  /** what ones count beside zeros, which count 1 − alpha; without it both count 1 */
  readonly alpha?: number;
}

const binaryFocalCrossentropyOptions: OptionKinds<BinaryFocalCrossentropyOptions> = {
  ...binaryCrossentropyOptions,
  gamma: 'number',
  alpha: 'number',
};

/**
 * (1 − pₜ)^γ times the cross-entropy, where pₜ is the probability given to what is true (T. Lin and others, 2017); averaged over
 * the last axis, then reduced. Throws RangeError for a gamma below 0, an alpha outside 0 … 1, and labelSmoothing likewise.
 */
export function binaryFocalCrossentropy(options: BinaryFocalCrossentropyOptions = {}): Loss {
  const name = 'binaryFocalCrossentropy';
  readLossOptions(name, options, binaryFocalCrossentropyOptions);
  const { fromLogits = false, labelSmoothing = 0, gamma = 2, alpha, reduction } = options;
  checkSmoothing(name, labelSmoothing);
  if (!(gamma >= 0)) throw new RangeError(`${name}: gamma must be a number ≥ 0; got ${gamma}`);
  if (alpha !== undefined && !(alpha >= 0 && alpha <= 1)) {
    throw new RangeError(`${name}: alpha must be from 0 to 1; got ${alpha}`);
  }
  const entropy = fromLogits ? ofLogits : entropyOfProbabilities;
  const loss = lossOf(name, { reduction }, (target, prediction) => {
    const y = smoothed(target, labelSmoothing);
    const p = fromLogits ? prediction.sigmoid() : clipProbability(prediction);
    const wrong = y.add(p).sub(y.mul(p).mul(2)); // 1 − pₜ = 1 − y·p − (1 − y)(1 − p)
    const focus = gamma === 2 ? wrong.square() : wrong.pow(gamma);
    const focal = focus.mul(entropy(y, prediction));
    const share = alpha === undefined ? undefined : y.mul(2 * alpha - 1).add(1 - alpha); // α·y + (1 − α)(1 − y)
    return meanOfLast(share ? share.mul(focal) : focal);
  });
  return forTruths(name, fromLogits, loss);
}
