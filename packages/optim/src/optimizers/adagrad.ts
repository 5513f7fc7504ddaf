// adagrad: a step by the gradient over the root of the sum of all its squares (J. Duchi, E. Hazan, Y. Singer, 2011).

import { type OptionKinds, readOptions, withConfig } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import type { Optimizer } from '../update/optimizer.ts';
import { checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';
import { optimizerOf } from '../update/rule-optimizer.ts';
import type { UpdateRule } from '../update/update-rule.ts';

/** Options of `adagrad`. */
export interface AdagradOptions extends OptimizerOptions {
  /** the first value of the sum of the squares; 0.1 by default */
  readonly initialAccumulatorValue?: number;
  /** added to the divisor; 10⁻⁷ by default */
  readonly epsilon?: number;
}

const adagradOptions: OptionKinds<AdagradOptions> = {
  ...optimizerOptions,
  initialAccumulatorValue: 'number',
  epsilon: 'number',
};

/**
 * x ← x − η·g / √(s + ε), where s is the sum of g². The learning rate is a number, 0.001 by default, or a schedule. Throws RangeError for an
 * initialAccumulatorValue or an epsilon below 0.
 *
 * @example
 * ```ts
 * import { adagrad, tensor, variable } from 'treadle';
 * const x = variable([1, 2]);
 * adagrad(0.5, { initialAccumulatorValue: 0 }).apply([tensor([2, 2])], [x]);
 * x; // → [0.5, 1.5]
 * ```
 */
export function adagrad(learningRate: number | Schedule = 0.001, options: AdagradOptions = {}): Optimizer {
  const {
    initialAccumulatorValue: initial = 0.1,
    epsilon = 1e-7,
    ...common
  } = readOptions('adagrad', options, adagradOptions);
  checkEpsilon('adagrad', epsilon);
  if (!(initial >= 0)) {
    throw new RangeError(`adagrad: initialAccumulatorValue must be a number ≥ 0; got ${initial}`);
  }
  const rule: UpdateRule = {
    name: 'adagrad',
    isElementwise: true,
    restsAtZero: Math.fround(initial) + Math.fround(epsilon) > 0, // otherwise 0 / 0
    slots: [{ name: 'sumOfSquares', initial }],
    begin:
      (rate) =>
      (x, dx, [s = x]) => {
        const sum = s.add(dx.square());
        return { x: x.sub(dx.mul(rate).div(sum.add(epsilon).sqrt())), state: [sum] };
      },
  };
  return withConfig(optimizerOf(rule, learningRate, common), 'adagrad', { learningRate, ...options });
}
