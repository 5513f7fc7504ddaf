// Adam (D. Kingma, J. Ba, 2015): every element moves by the mean of its gradients over the root of their mean square. AMSGrad
// (S. Reddi, S. Kale, S. Kumar, 2018) divides by the largest mean square so far. AdamW (I. Loshchilov, F. Hutter, 2019) is Adam
// whose weights decay by themselves.

import { type OptionKinds, readOptions, type Tensor } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { correction, nextMean } from '../update/moving-mean.ts';
import { type Optimizer, optimizerOf, type UpdateRule } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';

export interface AdamOptions extends OptimizerOptions {
  /** how slowly the mean of the gradients forgets; 0.9 by default */
  readonly beta1?: number;
  /** how slowly the mean of their squares forgets; 0.999 by default */
  readonly beta2?: number;
  /** 10⁻⁷ by default */
  readonly epsilon?: number;
  /** whether the largest mean square so far takes the place of the present one; false by default */
  readonly amsgrad?: boolean;
}

const adamOptions: OptionKinds<AdamOptions> = {
  ...optimizerOptions,
  beta1: 'number',
  beta2: 'number',
  epsilon: 'number',
  amsgrad: 'boolean',
};

/** Throws RangeError for betas outside 0 … 1, both excluded, or an epsilon below 0. */
export function adam(learningRate: number | Schedule = 0.001, options: AdamOptions = {}): Optimizer {
  const [rule, common] = adamRule('adam', options);
  return optimizerOf(rule, learningRate, common);
}

/** Adam with decoupled weight decay: weightDecay is 0.004 by default. Throws RangeError as adam does. */
export function adamW(learningRate: number | Schedule = 0.001, options: AdamOptions = {}): Optimizer {
  const [rule, common] = adamRule('adamW', options);
  return optimizerOf(rule, learningRate, { weightDecay: 0.004, ...common });
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
      const alpha = rate.mul(correction(beta2, step).sqrt()).div(correction(beta1, step)); // η·√(1 − β₂ᵗ) / (1 − β₁ᵗ)
      return (x, dx, [m = x, v = x, largest = x]) => {
        const mean = nextMean(m, dx, beta1);
        const meanSquare = nextMean(v, dx.square(), beta2);
        const scale = amsgrad ? largest.maximum(meanSquare) : meanSquare;
        const move = mean.mul(alpha).div(scale.sqrt().add(epsilon));
        const state: readonly Tensor[] = amsgrad ? [mean, meanSquare, scale] : [mean, meanSquare];
        return { x: x.sub(move), state };
      };
    },
  };
  return [rule, common];
}
