// multiHeadAttention: each position of a query gathers values from the positions whose keys are like it, in several ways at
// once (A. Vaswani et al., Attention Is All You Need, 2017).

import { arange, type OptionKinds, type Shape, ShapeError, type Tensor } from '@treadle/tensor';
import { type Constraint, type ConstraintName, constraintOf } from '../../constraints/constraints.ts';
import { type Initializer, type InitializerName, initializerOf } from '../../initializers/initializers.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import type { LayerOptions, Mask } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { checkCount, makeLayerOfMany } from '../../layer/make-layer.ts';
import { type Regularizer, type RegularizerName, regularizerOf } from '../../regularizers/regularizers.ts';
import { project } from '../core/project.ts';
import { checkRate, drop, seedSource } from '../regularization/dropout.ts';

export interface MultiHeadAttentionOptions extends LayerOptions {
  /** the length of a head's values; keyDim by default */
  readonly valueDim?: number | undefined;
  /** the share of the attention that is left out while training; 0 by default */
  readonly dropout?: number | undefined;
  readonly seed?: number | undefined;
  /** true by default */
  readonly useBias?: boolean | undefined;
  /** the length of the result's vectors; that of the query's by default */
  readonly outputDim?: number | undefined;
  /** whether a position sees only itself and those before it; false by default */
  readonly useCausalMask?: boolean | undefined;
  /** 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerName | Initializer | undefined;
  /** 'zeros' by default */
  readonly biasInitializer?: InitializerName | Initializer | undefined;
  readonly kernelRegularizer?: RegularizerName | Regularizer | undefined;
  readonly biasRegularizer?: RegularizerName | Regularizer | undefined;
  readonly kernelConstraint?: ConstraintName | Constraint | undefined;
  readonly biasConstraint?: ConstraintName | Constraint | undefined;
}

const multiHeadAttentionOptions: OptionKinds<MultiHeadAttentionOptions> = {
  ...layerOptions,
  valueDim: 'number',
  dropout: 'number',
  seed: 'number',
  useBias: 'boolean',
  outputDim: 'number',
  useCausalMask: 'boolean',
  kernelInitializer: 'any',
  biasInitializer: 'any',
  kernelRegularizer: 'any',
  biasRegularizer: 'any',
  kernelConstraint: 'any',
  biasConstraint: 'any',
};

/** What stands where a key must not be seen: its exponential is 0, and differences of it are finite. */
const unseen = -1e9;

/**
 * Inputs: query [batch, t, features], value [batch, s, features], key as value; without a key, the value is the key too, and a
 * query alone attends to itself. Result [batch, t, outputDim]. Positions that a mask leaves out are not seen. Variables, with
 * Keras's shapes: query/kernel [features, heads, keyDim], query/bias [heads, keyDim], the same for key and value, output/kernel
 * [heads, valueDim, outputDim], output/bias [outputDim]. Throws RangeError for sizes that are not whole numbers ≥ 1.
 */
export function multiHeadAttention(
  numHeads: number,
  keyDim: number,
  options: MultiHeadAttentionOptions = {},
): LayerFunction {
  readLayerOptions('multiHeadAttention', options, multiHeadAttentionOptions);
  const { valueDim = keyDim, dropout = 0, useCausalMask = false } = options;
  checkCount('multiHeadAttention: numHeads', numHeads);
  checkCount('multiHeadAttention: keyDim', keyDim);
  checkCount('multiHeadAttention: valueDim', valueDim);
  checkRate('multiHeadAttention', dropout);
  const source = seedSource('multiHeadAttention', options.seed);
  const weights = new LayerWeights();
  const make = weightMaker(weights, numHeads, keyDim, valueDim, options);
  /** x [batch, t, features] → [batch, heads, t, size] */
  const heads = (x: Tensor, name: string, size: number): Tensor => {
    const kernel = weights.get(`${name}/kernel`);
    const y = project(x, kernel.reshape([kernel.shape[0] ?? 1, -1]), weights.find(`${name}/bias`)?.reshape([-1]));
    return y.reshape([...x.shape.slice(0, 2), numHeads, size]).transpose([0, 2, 1, 3]);
  };
  return makeLayerOfMany({
    kind: 'multiHeadAttention',
    options: { numHeads, keyDim, ...options },
    weights,
    needs: () => [-1],
    buildAll: (shapes) => make(all(shapes)),
    callAll: (xs, { training, masks = [] }) => {
      const [query, value, key] = all(xs);
      make([query, value, key].map(({ shape }) => shape.slice(1)));
      const scaled = heads(query, 'query', keyDim).mul(1 / Math.sqrt(keyDim));
      const scores = scaled.matmul(heads(key, 'key', keyDim), { transposeB: true }); // [batch, heads, t, s]
      const isSeen = visible(query, value, useCausalMask, xs.length > 1 ? masks.slice(1) : masks);
      const attention = (isSeen ? isSeen.where(scores, unseen) : scores).softmax(-1);
      const kept = training && dropout > 0 ? drop(attention, dropout, source) : attention;
      const gathered = kept.matmul(heads(value, 'value', valueDim)).transpose([0, 2, 1, 3]);
      const kernel = weights.get('output/kernel');
      const joined = gathered.reshape([...query.shape.slice(0, 2), numHeads * valueDim]);
      return [project(joined, kernel.reshape([numHeads * valueDim, -1]), weights.find('output/bias'))];
    },
    outputMask: (_, [mask]) => mask,
  });
}

/** Query, value and key, of one input or several. */
function all<T>(inputs: readonly T[]): readonly [query: T, value: T, key: T] {
  const [query, value = query, key = value] = inputs;
  if (query === undefined || value === undefined || key === undefined || inputs.length > 3) {
    throw new RangeError(
      `multiHeadAttention: the inputs must be query, value and key, the last or both left out; got ${inputs.length}`,
    );
  }
  return [query, value, key];
}

/** Which keys [batch or 1, 1, t or 1, s] are seen; undefined where all are. */
function visible(query: Tensor, value: Tensor, isCausal: boolean, masks: readonly Mask[]): Tensor | undefined {
  const [t = 1, s = 1] = [query.shape[1], value.shape[1]];
  const before = isCausal ? arange(t).expandDims(1).greaterEqual(arange(s)).reshape([1, 1, t, s]) : undefined;
  const padding = masks.filter((mask) => mask !== undefined).map((mask) => mask.reshape([mask.shape[0] ?? 1, 1, 1, s]));
  return padding.reduce((seen: Mask, mask) => (seen ? seen.logicalAnd(mask) : mask), before);
}

/** Makes the variables for a query, a value and a key of these shapes, and returns the shape of the result. */
function weightMaker(
  weights: LayerWeights,
  numHeads: number,
  keyDim: number,
  valueDim: number,
  options: MultiHeadAttentionOptions,
): (shapes: readonly Shape[]) => readonly Shape[] {
  const { useBias = true, outputDim } = options;
  const kernelOptions = {
    initializer: initializerOf(options.kernelInitializer ?? 'glorotUniform'),
    regularizer: regularizerOf(options.kernelRegularizer),
    constraint: constraintOf(options.kernelConstraint),
  };
  const biasOptions = {
    initializer: initializerOf(options.biasInitializer ?? 'zeros'),
    regularizer: regularizerOf(options.biasRegularizer),
    constraint: constraintOf(options.biasConstraint),
  };
  const makeOne = (name: string, kernel: Shape, bias: Shape, features: number): void => {
    const known = weights.make(`${name}/kernel`, kernel, kernelOptions);
    if (useBias) weights.make(`${name}/bias`, bias, biasOptions);
    if (name === 'output' || known.shape[0] === features) return;
    const got = `got ${features}`;
    throw new ShapeError(
      `multiHeadAttention: the ${name} must have ${known.shape[0]} features, as when it was built; ${got}`,
    );
  };
  return (shapes) => {
    const [query = [], value = [], key = []] = shapes;
    if (shapes.some(({ length }) => length !== 2) || value[0] !== key[0]) {
      const got = shapes.map((shape) => `[${shape.join(', ')}]`).join(', ');
      throw new ShapeError(
        `multiHeadAttention: samples must be [positions, features], as many of the key as of the value; got ${got}`,
      );
    }
    const features = (shape: Shape): number => shape[1] ?? 1;
    makeOne('query', [features(query), numHeads, keyDim], [numHeads, keyDim], features(query));
    makeOne('key', [features(key), numHeads, keyDim], [numHeads, keyDim], features(key));
    makeOne('value', [features(value), numHeads, valueDim], [numHeads, valueDim], features(value));
    const width = outputDim ?? features(query);
    makeOne('output', [numHeads, valueDim, width], [width], width);
    return [[query[0] ?? 1, width]];
  };
}
