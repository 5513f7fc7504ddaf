// binaryFocalCrossentropy: a binary cross-entropy in which easy samples count less (T. Lin et al., 2017).

import { type OptionKinds, withConfig } from '@treadle/tensor';
import {
  type BinaryCrossentropyOptions,
  binaryCrossentropyOptions,
  entropyOfLogits,
  entropyOfProbabilities,
  smoothLabels,
  withBinaryTargets,
} from '../loss/binary-entropy.ts';
import { type Loss, lossOf, readLossOptions } from '../loss/loss.ts';
import { checkSmoothing, clipProbability } from '../loss/probabilities.ts';
import { meanOfLast } from '../loss/shapes.ts';

/** Options of `binaryFocalCrossentropy`. */
export interface BinaryFocalCrossentropyOptions extends BinaryCrossentropyOptions {
  /** the exponent γ, ≥ 0: the higher, the less easy samples count; 2 by default */
  readonly gamma?: number;
  /** the factor of targets of 1, from 0 to 1; targets of 0 have the factor 1 − alpha; by default both have 1 */
  readonly alpha?: number;
}

const binaryFocalCrossentropyOptions: OptionKinds<BinaryFocalCrossentropyOptions> = {
  ...binaryCrossentropyOptions,
  gamma: 'number',
  alpha: 'number',
};

/**
 * (1 − pₜ)^γ times the cross-entropy, where pₜ is the probability of what is true; averaged over the last axis, then reduced: yTrue from
 * 0 to 1, yPred [n, …] of probabilities, or logits with fromLogits → 0-d. Throws RangeError for a gamma below 0, an alpha or a
 * labelSmoothing outside 0 … 1, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { binaryFocalCrossentropy } from 'treadle';
 * binaryFocalCrossentropy()([[1, 0]], [[0.5, 0.5]]); // → 0.173287
 * ```
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
  const entropy = fromLogits ? entropyOfLogits : entropyOfProbabilities;
  const loss = lossOf(name, { reduction }, (target, prediction) => {
    const y = smoothLabels(target, labelSmoothing);
    const p = fromLogits ? prediction.sigmoid() : clipProbability(prediction);
    const wrong = y.add(p).sub(y.mul(p).mul(2)); // 1 − pₜ = 1 − y·p − (1 − y)(1 − p)
    const focus = gamma === 2 ? wrong.square() : wrong.pow(gamma);
    const focal = focus.mul(entropy(y, prediction));
    const share = alpha === undefined ? undefined : y.mul(2 * alpha - 1).add(1 - alpha); // α·y + (1 − α)(1 − y)
    return meanOfLast(share ? share.mul(focal) : focal);
  });
  return withConfig(withBinaryTargets(name, fromLogits, loss), 'binaryFocalCrossentropy', options);
}
