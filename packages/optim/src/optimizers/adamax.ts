// adamax: Adam with the largest gradient, which decays, in place of the mean square (D. Kingma, J. Ba, 2015).

import { type OptionKinds, readOptions, withConfig } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { flushToZero } from '../update/flush-to-zero.ts';
import { biasCorrection, movingMean } from '../update/moving-mean.ts';
import type { Optimizer } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';
import { optimizerOf } from '../update/rule-optimizer.ts';
import type { UpdateRule } from '../update/update-rule.ts';

/** Options of `adamax`. */
export interface AdamaxOptions extends OptimizerOptions {
  /** the decay rate of the mean of the gradients; 0.9 by default */
  readonly beta1?: number;
  /** the decay rate of the largest gradient; 0.999 by default */
  readonly beta2?: number;
  /** added to the divisor; 10⁻⁷ by default */
  readonly epsilon?: number;
}

const adamaxOptions: OptionKinds<AdamaxOptions> = {
  ...optimizerOptions,
  beta1: 'number',
  beta2: 'number',
  epsilon: 'number',
};

/**
 * A step by η times the mean of the gradients over the largest gradient, which decays. The learning rate is a number, 0.001 by default, or a
 * schedule. Throws RangeError for betas outside 0 … 1, both excluded, or an epsilon below 0.
 *
 * @example
 * ```ts
 * import { adamax, tensor, variable } from 'treadle';
 * const x = variable([1, 2]);
 * adamax(0.5).apply([tensor([2, 2])], [x]);
 * x; // → [0.5, 1.5]
 * ```
 */
export function adamax(learningRate: number | Schedule = 0.001, options: AdamaxOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, ...common } = readOptions('adamax', options, adamaxOptions);
  checkBeta('adamax', 'beta1', beta1);
  checkBeta('adamax', 'beta2', beta2);
  checkEpsilon('adamax', epsilon);
  const rule: UpdateRule = {
    name: 'adamax',
    isElementwise: true,
    slots: [{ name: 'mean' }, { name: 'largest' }],
    begin: (rate, step) => {
      const alpha = rate.div(biasCorrection(beta1, step)); // η / (1 − β₁ᵗ)
      return (x, dx, [m = x, l = x]) => {
        const mean = movingMean(m, dx, beta1);
        const largest = flushToZero(l.mul(beta2).maximum(dx.abs())); // u ← max(β₂·u, |g|)
        return { x: x.sub(mean.mul(alpha).div(largest.add(epsilon))), state: [mean, largest] };
      };
    },
  };
  return withConfig(optimizerOf(rule, learningRate, common), 'adamax', { learningRate, ...options });
}
