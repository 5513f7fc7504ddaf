// What every optimizer can do beside its own rule, as in Keras: decay weights, clip gradients, keep averages of the weights, and
// move some variables faster than others.

import { type OptionKinds, readOptions, show, type Variable } from '@treadle/tensor';

export interface OptimizerOptions {
  /** how much of itself a variable loses at a rate of 1, beside its gradient; 0 by default */
  readonly weightDecay?: number;
  /** no element of a gradient gets further from 0 than this; at most one of the three clips may be given */
  readonly clipValue?: number;
  /** the longest a variable's gradient gets, by the root of the sum of its squares */
  readonly clipNorm?: number;
  /** the longest all gradients get, taken as one */
  readonly globalClipNorm?: number;
  /** where given, an average of each variable is kept that forgets so slowly (0.99, say); `finalize` makes it the variable's value */
  readonly emaMomentum?: number;
  /** the multiple of the learning rate at which a variable moves: 0 holds it still; 1 for all by default */
  readonly rateScale?: (variable: Variable) => number;
}

export const optimizerOptions: OptionKinds<OptimizerOptions> = {
  weightDecay: 'number',
  clipValue: 'number',
  clipNorm: 'number',
  globalClipNorm: 'number',
  emaMomentum: 'number',
  rateScale: 'function',
};

/** The options with their defaults, checked. */
export interface Common extends OptimizerOptions {
  readonly weightDecay: number;
  readonly rateScale: (variable: Variable) => number;
}

/** Throws RangeError for options out of range. */
export function checkCommon(name: string, options: OptimizerOptions): Common {
  const { weightDecay = 0, emaMomentum, rateScale = () => 1 } = readOptions(name, options, optimizerOptions);
  if (!(weightDecay >= 0)) throw new RangeError(`${name}: weightDecay must be a number ≥ 0; got ${weightDecay}`);
  if (emaMomentum !== undefined && !(emaMomentum >= 0 && emaMomentum < 1)) {
    throw new RangeError(`${name}: emaMomentum must be at least 0 and less than 1; got ${emaMomentum}`);
  }
  const checkedScale = (v: Variable): number => {
    const scale = rateScale(v);
    if (Number.isFinite(scale) && scale >= 0) return scale;
    throw new RangeError(
      `${name}: rateScale must give a finite number ≥ 0; got ${show(scale)} for ${v.name || 'a variable'}`,
    );
  };
  return { ...options, weightDecay, rateScale: checkedScale };
}

/** Throws RangeError unless 0 < β < 1: how slowly a mean forgets. */
export function checkBeta(name: string, option: string, beta: number): void {
  if (!(beta > 0 && beta < 1)) throw new RangeError(`${name}: ${option} must be above 0 and below 1; got ${beta}`);
}

/** Throws RangeError unless ε ≥ 0. */
export function checkEpsilon(name: string, epsilon: number): void {
  if (!(epsilon >= 0)) throw new RangeError(`${name}: epsilon must be a number ≥ 0; got ${epsilon}`);
}
