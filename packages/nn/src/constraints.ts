// Constraints: functions from a variable's new value to the nearest one that is allowed, which a variable carries and an
// optimizer applies after its update, in the same plan. Each knows itself as plain data.

import type { Axes, Tensor } from '@treadle/tensor';

/** A constraint as plain data. */
export interface ConstraintConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** A function of one's own, or one that is made here, which knows its config. */
export type Constraint = ((value: Tensor) => Tensor) & { readonly config?: ConstraintConfig };

export interface NormOptions {
  /** over which axes a norm goes; 0 by default, the inputs of each unit of a dense layer */
  readonly axis?: Axes;
}

/** As in Keras, what a norm is divided by is no smaller. */
const epsilon = 1e-7;

function norms(w: Tensor, axis: Axes): Tensor {
  return w.square().sum(axis, { keepDims: true }).sqrt();
}

/** w·min(‖w‖, maxValue) / ‖w‖. Throws RangeError for a maxValue below 0. */
export function maxNorm(maxValue = 2, { axis = 0 }: NormOptions = {}): Constraint {
  if (!(maxValue >= 0)) throw new RangeError(`maxNorm: the largest norm must be a number ≥ 0; got ${maxValue}`);
  const constrain = (w: Tensor): Tensor => {
    const norm = norms(w, axis);
    return w.mul(norm.minimum(maxValue).div(norm.add(epsilon)));
  };
  return Object.assign(constrain, { config: { kind: 'maxNorm', maxValue, axis } });
}

/** max(w, 0) */
export function nonNeg(): Constraint {
  return Object.assign((w: Tensor) => w.maximum(0), { config: { kind: 'nonNeg' } });
}

/** w / ‖w‖ */
export function unitNorm({ axis = 0 }: NormOptions = {}): Constraint {
  const constrain = (w: Tensor): Tensor => w.div(norms(w, axis).add(epsilon));
  return Object.assign(constrain, { config: { kind: 'unitNorm', axis } });
}

/** The constraint that the config describes. Throws RangeError for what describes none. */
export function constraintFrom(config: unknown): Constraint {
  if (typeof config === 'object' && config !== null && 'kind' in config) {
    const axis = 'axis' in config && isAxes(config.axis) ? config.axis : 0;
    if (config.kind === 'nonNeg') return nonNeg();
    if (config.kind === 'unitNorm') return unitNorm({ axis });
    if (config.kind === 'maxNorm' && 'maxValue' in config && typeof config.maxValue === 'number')
      return maxNorm(config.maxValue, { axis });
  }
  throw new RangeError(`constraint: the kind must be one of maxNorm, nonNeg, unitNorm; got ${JSON.stringify(config)}`);
}

function isAxes(x: unknown): x is Axes {
  return typeof x === 'number' || (Array.isArray(x) && x.every((axis) => typeof axis === 'number'));
}
