// maxNorm: vectors no longer than a bound.

import { asTensor, checkNumber, type TensorLike, withConfig } from '@treadle/tensor';
import { defineKind, type Kind } from '../config/kind.ts';
import { axes, number } from '../config/plain-types.ts';
import { axisOf, type Constraint, epsilon, type NormOptions, normOf } from './constraint.ts';

/**
 * w·min(‖w‖, maxValue) / ‖w‖, of the shape of w; maxValue is 2 by default. Throws RangeError for a maxValue below 0.
 *
 * @example
 * ```ts
 * import { maxNorm, tensor } from 'treadle';
 * maxNorm(1)(tensor([[3], [4]])); // → [[0.6], [0.8]]
 * ```
 */
export const maxNorm: Kind<[maxValue?: number], NormOptions, Constraint> = defineKind(
  { kind: 'maxNorm', arguments: [['maxValue', number, 2]], options: { axis: axes } },
  {
    makes: 'constraint',
    make: (_, maxValue, options) => {
      checkNumber('maxNorm: the largest norm', maxValue);
      const axis = axisOf('maxNorm', options);
      if (!(maxValue >= 0)) throw new RangeError(`maxNorm: the largest norm must be a number ≥ 0; got ${maxValue}`);
      const constrain = (given: TensorLike) => {
        const w = asTensor(given);
        const norm = normOf(w, axis);
        return w.mul(norm.minimum(maxValue).div(norm.add(epsilon)));
      };
      return withConfig(constrain, 'maxNorm', { maxValue, axis });
    },
  },
);
