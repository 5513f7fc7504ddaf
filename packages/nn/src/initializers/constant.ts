// constant: every element is one number.

import { checkNumber, full } from '@treadle/tensor';
import type { Initializer } from './initializer.ts';

/**
 * The same number everywhere; 0 by default. Throws TypeError for a value that is not a number.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.constant(3)([2]); // → [3, 3]
 * ```
 */
export function constant(value = 0): Initializer {
  checkNumber('constant: the value', value);
  return (shape) => full(shape, value);
}
