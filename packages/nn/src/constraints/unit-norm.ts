// unitNorm: vectors of length 1.

import { asTensor, type TensorLike, withConfig } from '@treadle/tensor';
import { defineKind, type Kind } from '../config/kind.ts';
import { axes } from '../config/plain-types.ts';
import { axisOf, type Constraint, epsilon, type NormOptions, normOf } from './constraint.ts';

/**
 * w / ‖w‖, of the shape of w. Throws TypeError for an axis that is neither a number nor an array of numbers.
 *
 * @example
 * ```ts
 * import { tensor, unitNorm } from 'treadle';
 * unitNorm()(tensor([[3], [4]])); // → [[0.6], [0.8]]
 * ```
 */
export const unitNorm: Kind<[], NormOptions, Constraint> = defineKind(
  { kind: 'unitNorm', arguments: [], options: { axis: axes } },
  {
    makes: 'constraint',
    make: (_, options) => {
      const axis = axisOf('unitNorm', options);
      const constrain = (given: TensorLike) => {
        const w = asTensor(given);
        return w.div(normOf(w, axis).add(epsilon));
      };
      return withConfig(constrain, 'unitNorm', { axis });
    },
  },
);
