// adam: a step by the mean of the gradients over the root of their mean square (D. Kingma, J. Ba, 2015; S. Reddi et al., 2018, with the
// largest mean square so far). adamW is Adam with decoupled weight decay (I. Loshchilov, F. Hutter, 2019).

import { type OptionKinds, readOptions, type Tensor, withConfig } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { biasCorrection, movingMean } from '../update/moving-mean.ts';
import type { Optimizer } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';
import { optimizerOf } from '../update/rule-optimizer.ts';
import type { UpdateRule } from '../update/update-rule.ts';

/** Options of `adam`. */
export interface AdamOptions extends OptimizerOptions {
  /** the decay rate of the mean of the gradients; 0.9 by default */
  readonly beta1?: number;
  /** the decay rate of the mean of their squares; 0.999 by default */
  readonly beta2?: number;
  /** added to the divisor; 10⁻⁷ by default */
  readonly epsilon?: number;
  /** whether the largest mean square so far is used in place of the present one; false by default */
  readonly amsgrad?: boolean;
}

const adamOptions: OptionKinds<AdamOptions> = {
  ...optimizerOptions,
  beta1: 'number',
  beta2: 'number',
  epsilon: 'number',
  amsgrad: 'boolean',
};

/**
 * A step by η times the mean of the gradients over the root of their mean square (D. Kingma, J. Ba, 2015). The learning rate is a number, 0.001
 * by default, or a schedule. Throws RangeError for betas outside 0 … 1, both excluded, or an epsilon below 0.
 *
 * @example
 * ```ts
 * import { adam, tensor, variable } from 'treadle';
 * const x = variable([1, 2]);
 * adam(0.5).apply([tensor([2, 2])], [x]);
 * x; // → [0.5, 1.5]
 * ```
 */
export function adam(learningRate: number | Schedule = 0.001, options: AdamOptions = {}): Optimizer {
  const [rule, common] = adamRule('adam', options);
  return withConfig(optimizerOf(rule, learningRate, common), 'adam', { learningRate, ...options });
}

/**
 * Adam with decoupled weight decay (I. Loshchilov, F. Hutter, 2019); weightDecay is 0.004 by default. Throws RangeError as adam does.
 *
 * @example
 * ```ts
 * import { adamW, tensor, variable } from 'treadle';
 * const x = variable([1, 2]);
 * adamW(0.5).apply([tensor([2, 2])], [x]);
 * x; // → [0.498, 1.496]
 * ```
 */
export function adamW(learningRate: number | Schedule = 0.001, options: AdamOptions = {}): Optimizer {
  const [rule, common] = adamRule('adamW', options);
  return withConfig(optimizerOf(rule, learningRate, { weightDecay: 0.004, ...common }), 'adamW', {
    learningRate,
    ...options,
  });
}

/** The rule, and the options that are not its own. */
function adamRule(name: string, options: AdamOptions): readonly [UpdateRule, OptimizerOptions] {
  const {
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-7,
    amsgrad = false,
    ...common
  } = readOptions(name, options, adamOptions);
  checkBeta(name, 'beta1', beta1);
  checkBeta(name, 'beta2', beta2);
  checkEpsilon(name, epsilon);
  const slots = ['mean', 'meanSquare', ...(amsgrad ? ['largestMeanSquare'] : [])].map((slot) => ({ name: slot }));
  const rule: UpdateRule = {
    name,
    isElementwise: true,
    slots,
    begin: (rate, step) => {
      const alpha = rate.mul(biasCorrection(beta2, step).sqrt()).div(biasCorrection(beta1, step)); // η·√(1 − β₂ᵗ) / (1 − β₁ᵗ)
      return (x, dx, [m = x, v = x, largest = x]) => {
        const mean = movingMean(m, dx, beta1);
        const meanSquare = movingMean(v, dx.square(), beta2);
        const scale = amsgrad ? largest.maximum(meanSquare) : meanSquare;
        const move = mean.mul(alpha).div(scale.sqrt().add(epsilon));
        const state: readonly Tensor[] = amsgrad ? [mean, meanSquare, scale] : [mean, meanSquare];
        return { x: x.sub(move), state };
      };
    },
  };
  return [rule, common];
}
