// multiHeadAttention: each position of a query takes a weighted mean of values, with weights from the similarity of query and keys, in
// several heads at once (A. Vaswani et al., Attention Is All You Need, 2017).

import { arange, type Shape, ShapeError, type Tensor } from '@treadle/tensor';
import { count, flag, number } from '../../config/plain-types.ts';
import { checkCount } from '../../layer/check-count.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { LayerWeights } from '../../layer/layer-weights.ts';
import { keepMask, type Mask } from '../../layer/mask.ts';
import { seedSource } from '../../layer/seed-source.ts';
import {
  type ConstraintOption,
  type InitializerOption,
  type RegularizerOption,
  weightOptions,
  weightTypes,
} from '../../layer/weight-options.ts';
import { project } from '../core/project.ts';
import { checkRate, drop } from '../regularization/dropout.ts';

/** Options of `multiHeadAttention`. */
export interface MultiHeadAttentionOptions extends LayerOptions {
  /** the number of features of a head's values; keyDim by default */
  readonly valueDim?: number | undefined;
  /** the share of the attention weights that is set to 0 in training; 0 by default */
  readonly dropout?: number | undefined;
  /** makes the dropout depend on this seed and on the number of calls alone; by default it follows setSeed */
  readonly seed?: number | undefined;
  /** whether biases are added; true by default */
  readonly useBias?: boolean | undefined;
  /** the number of features of the result; that of the query by default */
  readonly outputDim?: number | undefined;
  /** whether a position sees only itself and earlier positions; false by default */
  readonly useCausalMask?: boolean | undefined;
  /** the first value of all kernels; 'glorotUniform' by default */
  readonly kernelInitializer?: InitializerOption;
  /** the first value of all biases; 'zeros' by default */
  readonly biasInitializer?: InitializerOption;
  /** a penalty on the kernels; none by default */
  readonly kernelRegularizer?: RegularizerOption;
  /** a penalty on the biases; none by default */
  readonly biasRegularizer?: RegularizerOption;
  /** applied to the kernels after each update; none by default */
  readonly kernelConstraint?: ConstraintOption;
  /** applied to the biases after each update; none by default */
  readonly biasConstraint?: ConstraintOption;
}

/** The score of a key that is not visible: its exponential is 0, and differences of such scores are finite. */
const hiddenScore = -1e9;

/**
 * Inputs: query [batch, t, features], value [batch, s, features], key [batch, s, features]. Without a key, the value is the key too; a
 * query alone attends to itself. Result: [batch, t, outputDim]. Positions that a mask leaves out are not visible. Variables, with
 * Keras's shapes: query/kernel [features, heads, keyDim], query/bias [heads, keyDim], likewise for key and value, output/kernel [heads,
 * valueDim, outputDim], output/bias [outputDim]. Throws RangeError for sizes that are not whole numbers ≥ 1.
 *
 * @example
 * ```ts
 * import { input, model, multiHeadAttention } from 'treadle';
 * const x = input([3, 4]); // 3 positions with 4 features
 * model({ inputs: x, outputs: multiHeadAttention(2, 8)(x) }).outputShape; // → [3, 4]
 * ```
 */
export const multiHeadAttention: LayerKind<[numHeads: number, keyDim: number], MultiHeadAttentionOptions> = defineLayer(
  {
    kind: 'multiHeadAttention',
    arguments: [
      ['numHeads', count],
      ['keyDim', count],
    ],
    options: {
      ...layerTypes,
      valueDim: number,
      dropout: number,
      seed: number,
      useBias: flag,
      outputDim: number,
      useCausalMask: flag,
      ...weightTypes('kernel'),
      ...weightTypes('bias'),
    },
  },
  (numHeads, keyDim, options) => {
    const { valueDim = keyDim, dropout = 0, useCausalMask = false } = options;
    checkCount('multiHeadAttention: valueDim', valueDim);
    checkRate('multiHeadAttention', dropout);
    const source = seedSource('multiHeadAttention', options.seed);
    const weights = new LayerWeights();
    const build = weightMaker(weights, numHeads, keyDim, valueDim, options);
    /** x [batch, t, features] → [batch, heads, t, size] */
    const heads = (x: Tensor, name: string, size: number): Tensor => {
      const kernel = weights.get(`${name}/kernel`);
      const y = project(x, kernel.reshape([kernel.shape[0] ?? 1, -1]), weights.find(`${name}/bias`)?.reshape([-1]));
      return y.reshape([...x.shape.slice(0, 2), numHeads, size]).transpose([0, 2, 1, 3]);
    };
    return {
      weights,
      sources: [source],
      needs: () => [-1],
      buildAll: (shapes) => build(operandsOf(shapes)),
      callAll: (xs, { training, masks = [] }) => {
        const [query, value, key] = operandsOf(xs);
        build([query, value, key].map(({ shape }) => shape.slice(1)));
        const scaled = heads(query, 'query', keyDim).mul(1 / Math.sqrt(keyDim));
        const scores = scaled.matmul(heads(key, 'key', keyDim), { transposeB: true }); // [batch, heads, t, s]
        const isVisible = visibleKeys(query, value, useCausalMask, xs.length > 1 ? masks.slice(1) : masks);
        const attention = (isVisible ? isVisible.where(scores, hiddenScore) : scores).softmax(-1);
        const dropped = training && dropout > 0 ? drop(attention, dropout, source) : attention;
        const means = dropped.matmul(heads(value, 'value', valueDim)).transpose([0, 2, 1, 3]);
        const kernel = weights.get('output/kernel');
        const joined = means.reshape([...query.shape.slice(0, 2), numHeads * valueDim]);
        return [project(joined, kernel.reshape([numHeads * valueDim, -1]), weights.find('output/bias'))];
      },
      outputMask: keepMask,
    };
  },
);

/** Query, value and key, of one input or several. Throws RangeError for more than three. */
function operandsOf<T>(inputs: readonly T[]): readonly [query: T, value: T, key: T] {
  const [query, value = query, key = value] = inputs;
  if (query === undefined || value === undefined || key === undefined || inputs.length > 3) {
    throw new RangeError(
      `multiHeadAttention: the inputs must be query, value and key, the last or both left out; got ${inputs.length}`,
    );
  }
  return [query, value, key];
}

/** The keys that are visible, bool [batch or 1, 1, t or 1, s]; undefined if all are. */
function visibleKeys(query: Tensor, value: Tensor, isCausal: boolean, masks: readonly Mask[]): Tensor | undefined {
  const [t = 1, s = 1] = [query.shape[1], value.shape[1]];
  const before = isCausal ? arange(t).expandDims(1).greaterEqual(arange(s)).reshape([1, 1, t, s]) : undefined;
  const padding = masks.filter((mask) => mask !== undefined).map((mask) => mask.reshape([mask.shape[0] ?? 1, 1, 1, s]));
  return padding.reduce((visible: Mask, mask) => (visible ? visible.logicalAnd(mask) : mask), before);
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
  const kernelOptions = weightOptions('kernel', options, 'glorotUniform');
  const biasOptions = weightOptions('bias', options, 'zeros');
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
