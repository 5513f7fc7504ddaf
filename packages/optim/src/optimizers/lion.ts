// Lion (X. Chen and others, 2023): every element moves by the learning rate, in the direction of a mean of its gradients.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { nextMean } from '../update/moving-mean.ts';
import { type Optimizer, optimizerOf } from '../update/optimizer.ts';
import { checkBeta, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';

export interface LionOptions extends OptimizerOptions {
  /** how much the kept mean counts beside the present gradient; 0.9 by default */
  readonly beta1?: number;
  /** how slowly the kept mean forgets; 0.99 by default */
  readonly beta2?: number;
}

const lionOptions: OptionKinds<LionOptions> = {
  ...optimizerOptions,
  beta1: 'number',
  beta2: 'number',
};

/** Throws RangeError for betas outside 0 … 1, both excluded. */
export function lion(learningRate: number | Schedule = 0.001, options: LionOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.99, ...common } = readOptions('lion', options, lionOptions);
  checkBeta('lion', 'beta1', beta1);
  checkBeta('lion', 'beta2', beta2);
  return optimizerOf(
    {
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
          return { x: x.sub(direction.mul(rate)), state: [nextMean(m, dx, beta2)] };
        },
    },
    learningRate,
    common,
  );
}
