// dropout: while the model learns, elements are left out at random and the others scaled up, so that the expectation stays.

import { randomUniform, type Seed } from '@treadle/tensor';
import { given, type Layer, type LayerOptions } from './layer.ts';

export interface DropoutOptions extends LayerOptions {
  /** masks that depend on this seed and on how many the layer drew before; otherwise the sequence that setSeed starts */
  readonly seed?: number | undefined;
}

/** Another seed for every mask: the seed plus the golden ratio's fraction of 2³², once for each mask before. */
function seedsFrom(seed: number): Seed {
  let drawn = 0;
  return () => (seed + Math.imul(drawn++, 0x9e3779b9)) >>> 0;
}

/**
 * x·mask / (1 − rate) with a mask that is 0 with probability `rate`, otherwise 1, while training; x itself elsewhere. Throws
 * RangeError unless 0 ≤ rate < 1, and for a seed that is not a whole number from 0 to 2³² − 1.
 */
export function dropout(rate: number, { seed, name, inputShape }: DropoutOptions = {}): Layer {
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`dropout: the rate must be at least 0 and less than 1; got ${rate}`);
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new RangeError(`dropout: a seed must be a whole number from 0 to 2³² − 1; got ${seed}`);
  }
  const source = seed === undefined ? {} : { seed: seedsFrom(seed) };
  return {
    kind: 'dropout',
    name,
    inputShape,
    variables: [],
    build: (shape) => shape,
    call: (x, { training }) => {
      if (!training || rate === 0) return x;
      const isKept = randomUniform(x.shape, source).greaterEqual(rate);
      return isKept.where(x.mul(1 / (1 - rate)), 0);
    },
    config: () => ({ kind: 'dropout', rate, ...given({ seed, name, inputShape }) }),
  };
}
