// Constraints: functions from a variable's new value to the nearest one that is allowed, which a variable carries and an
// optimizer applies after its update, in the same plan. Each knows itself as plain data.

import {
  type Axes,
  asTensor,
  checkNumber,
  type OptionKinds,
  readOptions,
  show,
  type Tensor,
  type TensorLike,
} from '@treadle/tensor';

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

const normOptions: OptionKinds<NormOptions> = { axis: 'any' };

/** As in Keras, what a norm is divided by is no smaller. */
const epsilon = 1e-7;

function axisOf(op: string, options: NormOptions): Axes {
  const { axis = 0 } = readOptions(op, options, normOptions);
  if (isAxes(axis)) return axis;
  throw new TypeError(`${op}: axis must be a number or an array of numbers; got ${show(axis)}`);
}

function norms(w: Tensor, axis: Axes): Tensor {
  return w.square().sum(axis, { keepDims: true }).sqrt();
}

/** w·min(‖w‖, maxValue) / ‖w‖. Throws RangeError for a maxValue below 0. */
export function maxNorm(maxValue = 2, options: NormOptions = {}): Constraint {
  checkNumber('maxNorm: the largest norm', maxValue);
  const axis = axisOf('maxNorm', options);
  if (!(maxValue >= 0)) throw new RangeError(`maxNorm: the largest norm must be a number ≥ 0; got ${maxValue}`);
  const constrain = (given: TensorLike): Tensor => {
    const w = asTensor(given);
    const norm = norms(w, axis);
    return w.mul(norm.minimum(maxValue).div(norm.add(epsilon)));
  };
  return Object.assign(constrain, { config: { kind: 'maxNorm', maxValue, axis } });
}

/** max(w, 0) */
export function nonNeg(): Constraint {
  return Object.assign((w: TensorLike) => asTensor(w).maximum(0), { config: { kind: 'nonNeg' } });
}

/** w / ‖w‖ */
export function unitNorm(options: NormOptions = {}): Constraint {
  const axis = axisOf('unitNorm', options);
  const constrain = (given: TensorLike): Tensor => {
    const w = asTensor(given);
    return w.div(norms(w, axis).add(epsilon));
  };
  return Object.assign(constrain, { config: { kind: 'unitNorm', axis } });
}

export type ConstraintName = 'maxNorm' | 'nonNeg' | 'unitNorm';

const table: Readonly<Record<ConstraintName, () => Constraint>> = { maxNorm, nonNeg, unitNorm };

function isName(name: unknown): name is ConstraintName {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** The constraint of that name; a function is its own, and undefined none. Throws RangeError for what is none of these. */
export function constraintOf(given: ConstraintName | Constraint | undefined): Constraint | undefined {
  if (given === undefined || typeof given === 'function') return given;
  if (isName(given)) return table[given]();
  throw new RangeError(
    `constraint: it must be a function or one of ${Object.keys(table).join(', ')}; got ${show(given)}; maxNorm(2) makes one`,
  );
}

/** The constraint that the config describes. Throws RangeError for what describes none. */
export function constraintFrom(config: unknown): Constraint {
  if (isName(config)) return table[config]();
  if (typeof config === 'object' && config !== null && 'kind' in config) {
    const axis = 'axis' in config && isAxes(config.axis) ? config.axis : 0;
    if (config.kind === 'nonNeg') return nonNeg();
    if (config.kind === 'unitNorm') return unitNorm({ axis });
    if (config.kind === 'maxNorm' && 'maxValue' in config && typeof config.maxValue === 'number')
      return maxNorm(config.maxValue, { axis });
  }
  const got = typeof config === 'object' && config !== null && 'kind' in config ? config.kind : config;
  throw new RangeError(`constraint: the kind must be one of ${Object.keys(table).join(', ')}; got ${show(got)}`);
}

function isAxes(x: unknown): x is Axes {
  return typeof x === 'number' || (Array.isArray(x) && x.every((axis) => typeof axis === 'number'));
}
