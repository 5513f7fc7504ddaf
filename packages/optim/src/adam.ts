// Adam (D. Kingma, J. Ba, 2015): every element moves by the mean of its gradients over the root of their mean square.

import type { Tensor } from '@treadle/tensor';
import { type Optimizer, optimizerOf } from './optimizer.ts';
import type { Schedule } from './schedule.ts';
import { settled } from './settled.ts';

export interface AdamOptions {
  /** how slowly the mean of the gradients forgets; 0.9 by default */
  readonly beta1?: number;
  /** how slowly the mean of their squares forgets; 0.999 by default */
  readonly beta2?: number;
  /** 10⁻⁷ by default */
  readonly epsilon?: number;
}

/** 1 − βᵗ, without the loss of digits where βᵗ is near 1. */
function correction(beta: number, step: Tensor): Tensor {
  return step.mul(Math.log(beta)).expm1().neg(); // βᵗ = e^(t·ln β)
}

/** Throws RangeError for betas outside 0 … 1, both excluded, or an epsilon below 0. */
export function adam(learningRate: number | Schedule = 0.001, options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  for (const [name, beta] of [['beta1', beta1] as const, ['beta2', beta2] as const]) {
    if (!(beta > 0 && beta < 1)) throw new RangeError(`adam: ${name} must be above 0 and below 1; got ${beta}`);
  }
  if (!(epsilon >= 0)) throw new RangeError(`adam: epsilon must be a number ≥ 0; got ${epsilon}`);
  return optimizerOf(
    {
      name: 'adam',
      slots: ['mean', 'meanSquare'],
      begin: (rate, step) => {
        const alpha = rate.mul(correction(beta2, step).sqrt()).div(correction(beta1, step)); // η·√(1 − β₂ᵗ) / (1 − β₁ᵗ)
        return (x, dx, [m = x, v = x]) => {
          const mean = settled(m.add(dx.sub(m).mul(1 - beta1))); // m ← m + (1 − β₁)(g − m)
          const decay = dx
            .square()
            .sub(v)
            .mul(1 - beta2);
          const meanSquare = settled(v.add(decay)); // v ← v + (1 − β₂)(g² − v)
          const move = mean.mul(alpha).div(meanSquare.sqrt().add(epsilon));
          return { x: x.sub(move), state: [mean, meanSquare] };
        };
      },
    },
    learningRate,
  );
}
