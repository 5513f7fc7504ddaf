// The options of every optimizer, as in Keras: weight decay, gradient clipping, averages of the weights, learning rates by variable.

import { type OptionKinds, readOptions, show, type Variable } from '@treadle/tensor';

/** Options that all optimizers have. */
export interface OptimizerOptions {
  /** decoupled weight decay: in each step a variable loses this share of itself, times the learning rate; 0 by default */
  readonly weightDecay?: number;
  /** the largest absolute value of an element of a gradient; at most one of the three bounds may be given */
  readonly clipValue?: number;
  /** the largest norm of a variable's gradient, the root of the sum of its squares */
  readonly clipNorm?: number;
  /** the largest norm of all gradients together */
  readonly globalClipNorm?: number;
  /**
   * the momentum of an exponential moving average of each variable, such as 0.99; `finalize` assigns it to the variable. No average by
   * default
   */
  readonly emaMomentum?: number;
  /** the factor of the learning rate for a variable, ≥ 0; 1 for all by default */
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
export interface CheckedOptions extends OptimizerOptions {
  readonly weightDecay: number;
  readonly rateScale: (variable: Variable) => number;
}

/** Throws RangeError for options out of range. */
export function checkCommonOptions(name: string, options: OptimizerOptions): CheckedOptions {
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

/** Throws RangeError unless 0 < β < 1, the decay rate of a moving mean. */
export function checkBeta(name: string, option: string, beta: number): void {
  if (!(beta > 0 && beta < 1)) throw new RangeError(`${name}: ${option} must be above 0 and below 1; got ${beta}`);
}

/** Throws RangeError unless ε ≥ 0. */
export function checkEpsilon(name: string, epsilon: number): void {
  if (!(epsilon >= 0)) throw new RangeError(`${name}: epsilon must be a number ≥ 0; got ${epsilon}`);
}
