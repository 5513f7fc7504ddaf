// Adamax (D. Kingma, J. Ba, 2015): Adam by the largest of the gradients, which fades, in place of their mean square.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { settled } from '../update/flush-to-zero.ts';
import { correction, nextMean } from '../update/moving-mean.ts';
import { type Optimizer, optimizerOf } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';

export interface AdamaxOptions extends OptimizerOptions {
  /** how slowly the mean of the gradients forgets; 0.9 by default */
  readonly beta1?: number;
  /** how slowly the largest of them fades; 0.999 by default */
  readonly beta2?: number;
  /** 10⁻⁷ by default */
  readonly epsilon?: number;
}

const adamaxOptions: OptionKinds<AdamaxOptions> = {
  ...optimizerOptions,
  beta1: 'number',
  beta2: 'number',
  epsilon: 'number',
};

/** Throws RangeError for betas outside 0 … 1, both excluded, or an epsilon below 0. */
export function adamax(learningRate: number | Schedule = 0.001, options: AdamaxOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, ...common } = readOptions('adamax', options, adamaxOptions);
  checkBeta('adamax', 'beta1', beta1);
  checkBeta('adamax', 'beta2', beta2);
  checkEpsilon('adamax', epsilon);
  return optimizerOf(
    {
      name: 'adamax',
      isElementwise: true,
      slots: [{ name: 'mean' }, { name: 'largest' }],
      begin: (rate, step) => {
        const alpha = rate.div(correction(beta1, step)); // η / (1 − β₁ᵗ)
        return (x, dx, [m = x, l = x]) => {
          const mean = nextMean(m, dx, beta1);
          const largest = settled(l.mul(beta2).maximum(dx.abs())); // u ← max(β₂·u, |g|)
          return { x: x.sub(mean.mul(alpha).div(largest.add(epsilon))), state: [mean, largest] };
        };
      },
    },
    learningRate,
    common,
  );
}
