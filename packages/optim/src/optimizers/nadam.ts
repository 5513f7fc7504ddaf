// nadam: Adam with Nesterov's momentum, whose share of the past grows slowly to β₁ (T. Dozat, 2016).

import { type OptionKinds, readOptions, type Tensor, withConfig } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { biasCorrection, movingMean } from '../update/moving-mean.ts';
import type { Optimizer } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';
import { optimizerOf } from '../update/rule-optimizer.ts';
import type { UpdateRule } from '../update/update-rule.ts';

/** Options of `nadam`. */
export interface NadamOptions extends OptimizerOptions {
  /** the decay rate of the mean of the gradients; 0.9 by default */
  readonly beta1?: number;
  /** the decay rate of the mean of their squares; 0.999 by default */
  readonly beta2?: number;
  /** added to the divisor; 10⁻⁷ by default */
  readonly epsilon?: number;
}

const nadamOptions: OptionKinds<NadamOptions> = {
  ...optimizerOptions,
  beta1: 'number',
  beta2: 'number',
  epsilon: 'number',
};

/** μₜ = β₁·(1 − 0.96ᵗ / 2) */
function momentumAt(beta1: number, step: Tensor): Tensor {
  return step.mul(Math.log(0.96)).exp().mul(-0.5).add(1).mul(beta1);
}

/**
 * A step of Adam that looks one step ahead. The learning rate is a number, 0.001 by default, or a schedule. Throws RangeError for betas outside
 * 0 … 1, both excluded, or an epsilon below 0.
 *
 * @example
 * ```ts
 * import { nadam, tensor, variable } from 'treadle';
 * const x = variable([1]);
 * nadam(0.5).apply([tensor([2])], [x]);
 * x.item() < 1; // → true
 * ```
 */
export function nadam(learningRate: number | Schedule = 0.001, options: NadamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, ...common } = readOptions('nadam', options, nadamOptions);
  checkBeta('nadam', 'beta1', beta1);
  checkBeta('nadam', 'beta2', beta2);
  checkEpsilon('nadam', epsilon);
  const rule: UpdateRule = {
    name: 'nadam',
    isElementwise: true,
    slots: [{ name: 'mean' }, { name: 'meanSquare' }],
    shared: [{ name: 'momentumProduct', initial: 1 }],
    advance: (shared, step) => shared.map((product) => product.mul(momentumAt(beta1, step))), // μ₁·…·μₜ
    begin: (rate, step, [product = step]) => {
      const now = momentumAt(beta1, step);
      const next = momentumAt(beta1, step.add(1));
      const ofMean = next.div(product.mul(next).neg().add(1)); // μₜ₊₁ / (1 − μ₁·…·μₜ₊₁)
      const ofGradient = now.neg().add(1).div(product.neg().add(1)); // (1 − μₜ) / (1 − μ₁·…·μₜ)
      const ofSquare = biasCorrection(beta2, step);
      return (x, dx, [m = x, v = x]) => {
        const mean = movingMean(m, dx, beta1);
        const meanSquare = movingMean(v, dx.square(), beta2);
        const ahead = mean.mul(ofMean).add(dx.mul(ofGradient));
        const move = ahead.mul(rate).div(meanSquare.div(ofSquare).sqrt().add(epsilon));
        return { x: x.sub(move), state: [mean, meanSquare] };
      };
    },
  };
  return withConfig(optimizerOf(rule, learningRate, common), 'nadam', { learningRate, ...options });
}
