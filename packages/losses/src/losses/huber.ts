// huber: squared errors up to a bound, absolute errors beyond it (P. Huber, 1964).

import { type OptionKinds, withConfig } from '@treadle/tensor';
import { type Loss, type LossOptions, lossOf, lossOptions, readLossOptions } from '../loss/loss.ts';
import { meanOfLast } from '../loss/shapes.ts';

/** Options of `huber`. */
export interface HuberOptions extends LossOptions {
  /** the error from which the loss is linear, above 0; 1 by default */
  readonly delta?: number;
}

const huberOptions: OptionKinds<HuberOptions> = {
  ...lossOptions,
  delta: 'number',
};

/**
 * d² / 2 for errors d = |yPred − yTrue| up to δ, δ·d − δ² / 2 beyond; averaged over the last axis, then reduced: yTrue and yPred [n, …] →
 * 0-d. Throws RangeError for a delta that is not above 0, the loss ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { huber } from 'treadle';
 * huber()([[0, 0]], [[1, 3]]); // → 1.5
 * ```
 */
export function huber(given: HuberOptions = {}): Loss {
  const { delta = 1, ...options } = readLossOptions('huber', given, huberOptions);
  if (!(delta > 0)) throw new RangeError(`huber: delta must be above 0; got ${delta}`);
  return withConfig(
    lossOf('huber', options, (y, p) => {
      const distance = p.sub(y).abs();
      const near = distance.minimum(delta); // near·(d − near / 2) is both branches in one
      return meanOfLast(near.mul(distance.sub(near.mul(0.5))));
    }),
    'huber',
    given,
  );
}
