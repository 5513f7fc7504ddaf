// l1, l2 and l1l2: penalties on absolute values and on squares.

import {
  asTensor,
  checkNumber,
  type OptionKinds,
  readOptions,
  type Tensor,
  type TensorLike,
  tensor,
} from '@treadle/tensor';
import type { L1L2, Regularizer } from './regularizer.ts';

const factors: OptionKinds<L1L2> = { l1: 'number', l2: 'number' };

/**
 * l1·Σ|w| + l2·Σw², 0-d; both factors are 0 by default. Throws RangeError for a factor below 0.
 *
 * @example
 * ```ts
 * import { l1l2, tensor } from 'treadle';
 * l1l2({ l1: 1, l2: 0.5 })(tensor([1, -2])); // → 5.5
 * ```
 */
export function l1l2(options: L1L2 = {}): Regularizer {
  const { l1 = 0, l2 = 0 } = readOptions('l1l2', options, factors);
  if (!(l1 >= 0 && l2 >= 0)) throw new RangeError(`l1l2: factors must be numbers ≥ 0; got l1 = ${l1}, l2 = ${l2}`);
  const penalty = (given: TensorLike): Tensor => {
    const w = asTensor(given);
    const terms = [l1 > 0 && w.abs().sum().mul(l1), l2 > 0 && w.square().sum().mul(l2)];
    return terms.reduce((sum: Tensor, term) => (term ? sum.add(term) : sum), tensor(0));
  };
  return Object.assign(penalty, { l1, l2 });
}

/**
 * factor·Σ|w|, 0-d; the factor is 0.01 by default. Throws RangeError for a factor below 0.
 *
 * @example
 * ```ts
 * import { l1, tensor } from 'treadle';
 * l1(0.5)(tensor([1, -2])); // → 1.5
 * ```
 */
export function l1(factor = 0.01): Regularizer {
  checkNumber('l1: the factor', factor);
  return l1l2({ l1: factor });
}

/**
 * factor·Σw², 0-d; the factor is 0.01 by default. Throws RangeError for a factor below 0.
 *
 * @example
 * ```ts
 * import { l2, tensor } from 'treadle';
 * l2(0.5)(tensor([1, -2])); // → 2.5
 * ```
 */
export function l2(factor = 0.01): Regularizer {
  checkNumber('l2: the factor', factor);
  return l1l2({ l2: factor });
}

/** What the name 'l1l2' stands for: both of Keras's default factors. */
export function l1l2ByDefault(): Regularizer {
  return l1l2({ l1: 0.01, l2: 0.01 });
}
