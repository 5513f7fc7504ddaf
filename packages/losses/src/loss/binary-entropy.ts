// What binaryCrossentropy and binaryFocalCrossentropy share: the entropy of an element, label smoothing, the check of targets.

import type { OptionKinds, Shape, Tensor } from '@treadle/tensor';
import type { Loss } from './loss.ts';
import { type CrossentropyOptions, clipProbability, crossentropyOptions, withRangeWarning } from './probabilities.ts';

/** Options of `binaryCrossentropy`. */
export interface BinaryCrossentropyOptions extends CrossentropyOptions {
  /** the share by which targets are moved to 1/2, from 0 to 1; 0 by default */
  readonly labelSmoothing?: number;
}

export const binaryCrossentropyOptions: OptionKinds<BinaryCrossentropyOptions> = {
  ...crossentropyOptions,
  labelSmoothing: 'number',
};

/** −y·ln σ(z) − (1 − y)·ln(1 − σ(z)) = y·softplus(−z) + (1 − y)·softplus(z): it and its gradient are finite for every finite z. */
export function entropyOfLogits(y: Tensor, z: Tensor): Tensor {
  return y.mul(z.neg().softplus()).add(y.neg().add(1).mul(z.softplus()));
}

/** −y·ln p − (1 − y)·ln(1 − p) */
export function entropyOfProbabilities(y: Tensor, given: Tensor): Tensor {
  const p = clipProbability(given);
  const q = p.neg().add(1);
  return y.mul(p.log()).add(y.neg().add(1).mul(q.log())).neg();
}

/** The targets, moved to 1/2 by that share. */
export function smoothLabels(target: Tensor, share: number): Tensor {
  return share > 0 ? target.mul(1 - share).add(share / 2) : target;
}

/** How far a target may be beyond 0 and 1, because it may have been computed. */
const slack = 1e-5;

/** The loss, which refuses targets outside of 0 … 1: it would have no lower bound. */
export function withBinaryTargets(name: string, fromLogits: boolean, loss: Loss): Loss {
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
  return Object.assign(withRangeWarning(name, fromLogits, loss), { checkTargets });
}
