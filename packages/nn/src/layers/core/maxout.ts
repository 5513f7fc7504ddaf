// maxout: the largest of several linear functions (I. Goodfellow et al., Maxout Networks, 2013).

import { count } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { keepMask } from '../../layer/mask.ts';
import { type DenseOptions, dense } from './dense.ts';
import { kernelLayerTypes } from './kernel-layer-options.ts';

/** Options of `maxout`. */
export type MaxoutOptions = Omit<DenseOptions, 'activation'>;

const { activation: _, ...linearTypes } = kernelLayerTypes;

/**
 * maxᵢ (x·kernelᵢ + biasᵢ) over `pieces` linear functions, 2 by default: [batch, …, features] → [batch, …, units]. Variables:
 * linear/kernel [features, units·pieces], linear/bias. Throws RangeError for units or pieces that are not whole numbers ≥ 1.
 *
 * @example
 * ```ts
 * import { maxout } from 'treadle';
 * maxout(1, 2, { kernelInitializer: 'ones' }).call([[1, 2]]); // → [[3]]
 * ```
 */
export const maxout: LayerKind<[units: number, pieces?: number], MaxoutOptions> = defineLayer(
  {
    kind: 'maxout',
    arguments: [
      ['units', count],
      ['pieces', count, 2],
    ],
    options: linearTypes,
  },
  (units, pieces, { name: _, inputShape: __, ...options }) => {
    const linear = dense(units * pieces, options);
    return {
      layers: { linear },
      build: (shape) => [...linear.build(shape).slice(0, -1), units],
      call: (x, context) => {
        const all = linear.call(x, context);
        return all.reshape([...all.shape.slice(0, -1), units, pieces]).max(-1);
      },
      outputMask: keepMask,
    };
  },
);
