// Options read back from a config: each of its own type, or a RangeError that names it. An option means the same in every layer
// that takes it.

import { type ActivationName, activationName } from '../activations/activations.ts';
import { type Constraint, constraintFrom } from '../constraints/constraints.ts';
import { type InitializerName, initializerName } from '../initializers/initializers.ts';
import type { LayerConfig, LayerOptions } from '../layer/layer.ts';
import { isOpenShape, type OpenShape } from '../layer/open-shape.ts';
import { l1l2, type Regularizer, regularizerName, regularizerOf } from '../regularizers/regularizers.ts';

type Reader<T> = (config: LayerConfig, option: string) => T | undefined;

export function wrong(config: LayerConfig, option: string): RangeError {
  const got = JSON.stringify(config[option]);
  return new RangeError(`layerFrom: every option must have its type; got ${option} = ${got} for ${config.kind}`);
}

function reader<T>(isRight: (value: unknown) => value is T): Reader<T> {
  return (config, option) => {
    const value = config[option];
    if (value === undefined || isRight(value)) return value;
    throw wrong(config, option);
  };
}

export const number: Reader<number> = reader((x) => typeof x === 'number');
export const text: Reader<string> = reader((x) => typeof x === 'string');
export const flag: Reader<boolean> = reader((x) => typeof x === 'boolean');
export const numbers: Reader<readonly number[]> = reader((x): x is readonly number[] => {
  return Array.isArray(x) && x.every((each) => typeof each === 'number');
});
const openShape: Reader<OpenShape> = reader((x): x is OpenShape => isOpenShape(x));
export const child: Reader<LayerConfig> = reader(isConfig);

export function isConfig(x: unknown): x is LayerConfig {
  return typeof x === 'object' && x !== null && 'kind' in x && typeof x.kind === 'string';
}

/** A number that must be there: NaN where it is not, which every layer refuses by its own rule. */
export function count(config: LayerConfig, option: string): number {
  return number(config, option) ?? Number.NaN;
}

export function common(config: LayerConfig): LayerOptions {
  return { name: text(config, 'name'), inputShape: openShape(config, 'inputShape') };
}

function activation(config: LayerConfig, option: string): ActivationName | undefined {
  const name = text(config, option);
  return name === undefined ? undefined : activationName(name);
}

function initializer(config: LayerConfig, option: string): InitializerName | undefined {
  const name = text(config, option);
  return name === undefined ? undefined : initializerName(name);
}

function regularizer(config: LayerConfig, option: string): Regularizer | undefined {
  const factors = config[option];
  if (factors === undefined) return undefined;
  if (typeof factors === 'string') return regularizerOf(regularizerName(factors));
  const isFactors = typeof factors === 'object' && factors !== null && 'l1' in factors && 'l2' in factors;
  if (!isFactors || typeof factors.l1 !== 'number' || typeof factors.l2 !== 'number') throw wrong(config, option);
  return l1l2({ l1: factors.l1, l2: factors.l2 });
}

function constraint(config: LayerConfig, option: string): Constraint | undefined {
  const known = config[option];
  return known === undefined ? undefined : constraintFrom(known);
}

type NumberOption =
  | 'seed'
  | 'epsilon'
  | 'momentum'
  | 'valueDim'
  | 'outputDim'
  | 'dropout'
  | 'recurrentDropout'
  | 'layerNormEpsilon';

type FlagOption =
  | 'useBias'
  | 'unitForgetBias'
  | 'resetAfter'
  | 'returnSequences'
  | 'returnState'
  | 'goBackwards'
  | 'zeroOutputForMask'
  | 'stateful'
  | 'useCausalMask'
  | 'normalizeFirst'
  | 'normalize'
  | 'maskZero'
  | 'center'
  | 'scale';

type InitializerOption =
  | 'initializer'
  | 'kernelInitializer'
  | 'recurrentInitializer'
  | 'biasInitializer'
  | 'alphaInitializer'
  | 'betaInitializer'
  | 'gammaInitializer'
  | 'movingMeanInitializer'
  | 'movingVarianceInitializer'
  | 'embeddingsInitializer';

type RegularizerOption =
  | 'kernelRegularizer'
  | 'recurrentRegularizer'
  | 'biasRegularizer'
  | 'activityRegularizer'
  | 'alphaRegularizer'
  | 'betaRegularizer'
  | 'gammaRegularizer'
  | 'embeddingsRegularizer';

type ConstraintOption =
  | 'kernelConstraint'
  | 'recurrentConstraint'
  | 'biasConstraint'
  | 'alphaConstraint'
  | 'betaConstraint'
  | 'gammaConstraint'
  | 'embeddingsConstraint';

type ActivationOption = 'activation' | 'recurrentActivation';

type Options<O extends string, T> = { readonly [Name in O]?: T | undefined };

export interface KnownOptions
  extends LayerOptions,
    Options<NumberOption, number>,
    Options<FlagOption, boolean>,
    Options<InitializerOption, InitializerName>,
    Options<RegularizerOption, Regularizer>,
    Options<ConstraintOption, Constraint>,
    Options<ActivationOption, ActivationName> {
  readonly sharedAxes?: readonly number[] | undefined;
}

const readers: { readonly [O in keyof KnownOptions]-?: Reader<NonNullable<KnownOptions[O]>> } = {
  name: text,
  inputShape: openShape,
  seed: number,
  epsilon: number,
  momentum: number,
  valueDim: number,
  outputDim: number,
  dropout: number,
  recurrentDropout: number,
  layerNormEpsilon: number,
  useBias: flag,
  unitForgetBias: flag,
  resetAfter: flag,
  returnSequences: flag,
  returnState: flag,
  goBackwards: flag,
  zeroOutputForMask: flag,
  stateful: flag,
  useCausalMask: flag,
  normalizeFirst: flag,
  normalize: flag,
  maskZero: flag,
  center: flag,
  scale: flag,
  sharedAxes: numbers,
  activation,
  recurrentActivation: activation,
  initializer,
  kernelInitializer: initializer,
  recurrentInitializer: initializer,
  biasInitializer: initializer,
  alphaInitializer: initializer,
  betaInitializer: initializer,
  gammaInitializer: initializer,
  movingMeanInitializer: initializer,
  movingVarianceInitializer: initializer,
  embeddingsInitializer: initializer,
  kernelRegularizer: regularizer,
  recurrentRegularizer: regularizer,
  biasRegularizer: regularizer,
  activityRegularizer: regularizer,
  alphaRegularizer: regularizer,
  betaRegularizer: regularizer,
  gammaRegularizer: regularizer,
  embeddingsRegularizer: regularizer,
  kernelConstraint: constraint,
  recurrentConstraint: constraint,
  biasConstraint: constraint,
  alphaConstraint: constraint,
  betaConstraint: constraint,
  gammaConstraint: constraint,
  embeddingsConstraint: constraint,
};

/** All options of the config that are read alike for every layer; `axis` and what is positional is not among them. */
export function optionsFrom(config: LayerConfig): KnownOptions {
  return Object.fromEntries(
    Object.entries(readers)
      .filter(([option]) => config[option] !== undefined)
      .map(([option, read]) => [option, read(config, option)]),
  );
}
