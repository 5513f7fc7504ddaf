// Gradient descent, with momentum as in Keras.

import type { Tensor } from '@treadle/tensor';
import { type Optimizer, optimizerOf, type UpdateRule } from './optimizer.ts';
import type { Schedule } from './schedule.ts';
import { settled } from './settled.ts';

export interface SgdOptions {
  /** how much of the previous move is made again: from 0, the default, to less than 1 */
  readonly momentum?: number;
  /** whether the gradient counts as taken after the momentum's move; false by default */
  readonly nesterov?: boolean;
  /** how much of itself a variable loses at a rate of 1, beside its gradient; 0 by default */
  readonly weightDecay?: number;
}

/** Throws RangeError for a momentum outside 0 … 1, or a weightDecay below 0. */
export function sgd(learningRate: number | Schedule = 0.01, options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false, weightDecay = 0 } = options;
  if (!(momentum >= 0 && momentum < 1))
    throw new RangeError(`sgd: momentum must be at least 0 and less than 1; got ${momentum}`);
  if (!(weightDecay >= 0)) throw new RangeError(`sgd: weightDecay must be a number ≥ 0; got ${weightDecay}`);
  const decayed = (x: Tensor, rate: Tensor): Tensor => (weightDecay > 0 ? x.sub(x.mul(rate.mul(weightDecay))) : x);

  const plain: UpdateRule = {
    name: 'sgd',
    slots: [],
    begin: (rate) => (x, dx) => ({ x: decayed(x, rate).sub(dx.mul(rate)), state: [] }),
  };
  const withMomentum: UpdateRule = {
    name: 'sgd',
    slots: ['momentum'],
    begin:
      (rate) =>
      (x, dx, [previous = x]) => {
        const step = dx.mul(rate);
        const move = settled(previous.mul(momentum).sub(step)); // v ← μ·v − η·g
        const taken = nesterov ? move.mul(momentum).sub(step) : move; // nesterov: μ·v − η·g once more
        return { x: decayed(x, rate).add(taken), state: [move] };
      },
  };
  return optimizerOf(momentum > 0 ? withMomentum : plain, learningRate);
}
