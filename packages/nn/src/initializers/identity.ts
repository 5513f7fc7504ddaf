// identity: the identity matrix.

import { checkShape, eye, readOptions, ShapeError } from '@treadle/tensor';
import type { Initializer } from './initializer.ts';

/** Options of `identity`. */
export interface IdentityOptions {
  /** the factor of the matrix; 1 by default */
  readonly gain?: number;
}

/**
 * A matrix with `gain` on its diagonal and zeros elsewhere. The initializer throws ShapeError for a shape that is not [rows, columns].
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * initializers.identity({ gain: 2 })([2, 2]); // → [[2, 0], [0, 2]]
 * ```
 */
export function identity(options: IdentityOptions = {}): Initializer {
  const { gain = 1 } = readOptions('identity', options, { gain: 'number' });
  return (shape) => {
    const [rows = 1, columns = 1] = checkShape('identity', shape);
    if (shape.length !== 2)
      throw new ShapeError(`identity: the shape must be that of a matrix; got [${shape.join(', ')}]`);
    return eye(rows, columns).mul(gain);
  };
}
