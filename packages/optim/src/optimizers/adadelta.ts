// Adadelta (M. Zeiler, 2012): a gradient times the root mean square of the moves before it, over its own.

import { type OptionKinds, readOptions } from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { nextMean } from '../update/moving-mean.ts';
import { type Optimizer, optimizerOf } from '../update/optimizer.ts';
import { checkBeta, checkEpsilon, type OptimizerOptions, optimizerOptions } from '../update/optimizer-options.ts';

export interface AdadeltaOptions extends OptimizerOptions {
  /** how slowly both means forget; 0.95 by default */
  readonly rho?: number;
  /** 10⁻⁷ by default */
  readonly epsilon?: number;
}

const adadeltaOptions: OptionKinds<AdadeltaOptions> = {
  ...optimizerOptions,
  rho: 'number',
  epsilon: 'number',
};

/** The paper's own rate is 1. Throws RangeError for a rho outside 0 … 1, both excluded, or an epsilon below 0. */
export function adadelta(learningRate: number | Schedule = 0.001, options: AdadeltaOptions = {}): Optimizer {
  const { rho = 0.95, epsilon = 1e-7, ...common } = readOptions('adadelta', options, adadeltaOptions);
  checkBeta('adadelta', 'rho', rho);
  checkEpsilon('adadelta', epsilon);
  return optimizerOf(
    {
      name: 'adadelta',
      isElementwise: true,
      slots: [{ name: 'meanSquare' }, { name: 'meanSquareMove' }],
      begin:
        (rate) =>
        (x, dx, [v = x, d = x]) => {
          const meanSquare = nextMean(v, dx.square(), rho);
          const move = dx.mul(d.add(epsilon).sqrt()).div(meanSquare.add(epsilon).sqrt());
          return { x: x.sub(move.mul(rate)), state: [meanSquare, nextMean(d, move.square(), rho)] };
        },
    },
    learningRate,
    common,
  );
}
