// lion: every element moves by the learning rate in the direction of a mean of its gradients (X. Chen et al., 2023).

import { type OptionKinds, readOptions, withConfig } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { movingMean } from '../update/moving-mean.ts';
import type { Optimizer } from '../update/optimizer.ts';
import { checkBeta, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';
import { optimizerOf } from '../update/rule-optimizer.ts';
import type { UpdateRule } from '../update/update-rule.ts';

/** Options of `lion`. */
export interface LionOptions extends OptimizerOptions {
  /** the share of the mean in the direction, beside the present gradient; 0.9 by default */
  readonly beta1?: number;
  /** the decay rate of the mean; 0.99 by default */
  readonly beta2?: number;
}

const lionOptions: OptionKinds<LionOptions> = {
  ...optimizerOptions,
  beta1: 'number',
  beta2: 'number',
};

/**
 * x ← x − η·sign(β₁·m + (1 − β₁)·g), where m is the moving mean of g. The learning rate is a number, 0.001 by default, or a schedule. Throws
 * RangeError for betas outside 0 … 1, both excluded.
 *
 * @example
 * ```ts
 * import { lion, tensor, variable } from 'treadle';
 * const x = variable([1, 2]);
 * lion(0.5).apply([tensor([2, -2])], [x]);
 * x; // → [0.5, 2.5]
 * ```
 */
export function lion(learningRate: number | Schedule = 0.001, options: LionOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.99, ...common } = readOptions('lion', options, lionOptions);
  checkBeta('lion', 'beta1', beta1);
  checkBeta('lion', 'beta2', beta2);
  const rule: UpdateRule = {
    name: 'lion',
    isElementwise: true,
    slots: [{ name: 'mean' }],
    begin:
      (rate) =>
      (x, dx, [m = x]) => {
        const direction = m
          .mul(beta1)
          .add(dx.mul(1 - beta1))
          .sign(); // sign(β₁·m + (1 − β₁)·g)
        return { x: x.sub(direction.mul(rate)), state: [movingMean(m, dx, beta2)] };
      },
  };
  return withConfig(optimizerOf(rule, learningRate, common), 'lion', { learningRate, ...options });
}
