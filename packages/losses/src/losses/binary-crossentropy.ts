// binaryCrossentropy: the cross-entropy of answers of yes and no.

import { withConfig } from '@treadle/tensor';
import {
  type BinaryCrossentropyOptions,
  binaryCrossentropyOptions,
  entropyOfLogits,
  entropyOfProbabilities,
  smoothLabels,
  withBinaryTargets,
} from '../loss/binary-entropy.ts';
import { type Loss, lossOf, readLossOptions } from '../loss/loss.ts';
import { checkSmoothing } from '../loss/probabilities.ts';
import { meanOfLast } from '../loss/shapes.ts';

/**
 * −y·ln p − (1 − y)·ln(1 − p), averaged over the last axis, then reduced: yTrue from 0 to 1, yPred [n, …] of probabilities, or logits with
 * fromLogits → 0-d. Throws RangeError unless 0 ≤ labelSmoothing ≤ 1, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { binaryCrossentropy } from 'treadle';
 * binaryCrossentropy()([[1, 0]], [[0.5, 0.5]]); // → 0.693147
 * binaryCrossentropy({ fromLogits: true })([[1, 0]], [[0, 0]]); // → 0.693147
 * ```
 */
export function binaryCrossentropy(options: BinaryCrossentropyOptions = {}): Loss {
  const name = 'binaryCrossentropy';
  const {
    fromLogits = false,
    labelSmoothing = 0,
    reduction,
  } = readLossOptions(name, options, binaryCrossentropyOptions);
  checkSmoothing(name, labelSmoothing);
  const entropy = fromLogits ? entropyOfLogits : entropyOfProbabilities;
  const loss = lossOf(name, { reduction }, (target, prediction) =>
    meanOfLast(entropy(smoothLabels(target, labelSmoothing), prediction)),
  );
  return withConfig(withBinaryTargets(name, fromLogits, loss), 'binaryCrossentropy', options);
}
