// ones: every element is 1.

import { full } from '@treadle/tensor';
import type { Initializer } from './initializer.ts';

/**
 * Ones.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.ones()([2]); // → [1, 1]
 * ```
 */
export function ones(): Initializer {
  return (shape) => full(shape, 1);
}
