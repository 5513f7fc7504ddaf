// nonNeg: no element below 0.

import { asTensor, type TensorLike, withConfig } from '@treadle/tensor';
import { defineKind, type Kind } from '../config/kind.ts';
import type { Constraint } from './constraint.ts';

/**
 * max(w, 0), element by element.
 *
 * @example
 * ```ts
 * import { nonNeg, tensor } from 'treadle';
 * nonNeg()(tensor([-1, 2])); // → [0, 2]
 * ```
 */
export const nonNeg: Kind<[], Readonly<Record<never, never>>, Constraint> = defineKind(
  { kind: 'nonNeg', arguments: [], options: {} },
  {
    makes: 'constraint',
    make: () => withConfig((w: TensorLike) => asTensor(w).maximum(0), 'nonNeg', {}),
  },
);
