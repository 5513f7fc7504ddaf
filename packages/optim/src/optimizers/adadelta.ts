// adadelta: a step by the gradient times the root mean square of earlier moves over its own (M. Zeiler, 2012).

import { type OptionKinds, readOptions, withConfig } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { movingMean } from '../update/moving-mean.ts';
import type { Optimizer } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';
import { optimizerOf } from '../update/rule-optimizer.ts';
import type { UpdateRule } from '../update/update-rule.ts';

/** Options of `adadelta`. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** the decay rate of both means; 0.95 by default */
  readonly rho?: number;
  /** added to the divisor; 10⁻⁷ by default */
  readonly epsilon?: number;
}

const adadeltaOptions: OptionKinds<AdadeltaOptions> = {
  ...optimizerOptions,
  rho: 'number',
  epsilon: 'number',
};

/**
 * x ← x − η·g·√(d + ε) / √(v + ε), where v and d are the moving means of g² and of the squared moves. The learning rate is a number, 0.001 by
 * default (the paper has 1), or a schedule. Throws RangeError for a rho outside 0 … 1, both excluded, or an epsilon below 0.
 *
 * @example
 * ```ts
 * import { adadelta, tensor, variable } from 'treadle';
 * const x = variable([1]);
 * adadelta(1).apply([tensor([2])], [x]);
 * x.item() < 1; // → true
 * ```
 */
export function adadelta(learningRate: number | Schedule = 0.001, options: AdadeltaOptions = {}): Optimizer {
  const { rho = 0.95, epsilon = 1e-7, ...common } = readOptions('adadelta', options, adadeltaOptions);
  checkBeta('adadelta', 'rho', rho);
  checkEpsilon('adadelta', epsilon);
  const rule: UpdateRule = {
    name: 'adadelta',
    isElementwise: true,
    slots: [{ name: 'meanSquare' }, { name: 'meanSquareMove' }],
    begin:
      (rate) =>
      (x, dx, [v = x, d = x]) => {
        const meanSquare = movingMean(v, dx.square(), rho);
        const move = dx.mul(d.add(epsilon).sqrt()).div(meanSquare.add(epsilon).sqrt());
        return { x: x.sub(move.mul(rate)), state: [meanSquare, movingMean(d, move.square(), rho)] };
      },
  };
  return withConfig(optimizerOf(rule, learningRate, common), 'adadelta', { learningRate, ...options });
}
