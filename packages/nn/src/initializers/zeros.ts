// zeros: every element is 0.

import { full } from '@treadle/tensor';
import type { Initializer } from './initializer.ts';

/**
 * Zeros.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.zeros()([2]); // → [0, 0]
 * ```
 */
export function zeros(): Initializer {
  return (shape) => full(shape, 0);
}
