// transformerEncoder: self-attention, then two dense layers at each position; each of both is added to its input and normalized
// (A. Vaswani et al., 2017). It is composed of other layers.

import type { Shape } from '@treadle/tensor';
import type { Activation } from '../../activations/activation.ts';
import type { ActivationName } from '../../activations/activation-by-name.ts';
import { activation as activationType } from '../../config/option-types.ts';
import { count, flag, number } from '../../config/plain-types.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { keepMask } from '../../layer/mask.ts';
import { dense } from '../core/dense.ts';
import { layerNormalization } from '../normalization/layer-normalization.ts';
import { dropout as dropoutLayer } from '../regularization/dropout.ts';
import { multiHeadAttention } from './multi-head-attention.ts';

/** Options of `transformerEncoder`. */
export interface TransformerEncoderOptions extends LayerOptions {
  /** the share of elements that is set to 0 in training; 0 by default */
  readonly dropout?: number | undefined;
  /** the activation of the first dense layer; 'relu' by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** epsilon of both normalizations; 10⁻⁵ by default */
  readonly layerNormEpsilon?: number | undefined;
  /** whether the input of each part is normalized instead of the sum; false by default */
  readonly normalizeFirst?: boolean | undefined;
  /** whether a position sees only itself and earlier positions; false by default */
  readonly useCausalMask?: boolean | undefined;
  /** makes the dropout depend on this seed and on the number of calls alone; by default it follows setSeed */
  readonly seed?: number | undefined;
}

/**
 * x [batch, positions, features] → the same shape. `intermediateDim` is the number of units of the first dense layer. Throws
 * RangeError for sizes that are not whole numbers ≥ 1; building throws it unless numHeads divides the features.
 *
 * @example
 * ```ts
 * import { input, model, transformerEncoder } from 'treadle';
 * const x = input([3, 4]); // 3 positions with 4 features
 * model({ inputs: x, outputs: transformerEncoder(16, 2)(x) }).outputShape; // → [3, 4]
 * ```
 */
export const transformerEncoder: LayerKind<[intermediateDim: number, numHeads: number], TransformerEncoderOptions> =
  defineLayer(
    {
      kind: 'transformerEncoder',
      arguments: [
        ['intermediateDim', count],
        ['numHeads', count],
      ],
      options: {
        ...layerTypes,
        dropout: number,
        activation: activationType,
        layerNormEpsilon: number,
        normalizeFirst: flag,
        useCausalMask: flag,
        seed: number,
      },
    },
    (intermediateDim, numHeads, options) => {
      let inner: InnerLayers | undefined;
      const build = (shape: Shape): InnerLayers => {
        inner ??= innerLayers(shape, intermediateDim, numHeads, options);
        return inner;
      };
      return {
        get layers() {
          return inner ?? {};
        },
        build: (shape) => build(shape).attention.build(shape),
        needs: () => [-1],
        call: (x, context) => {
          const { attention, attentionNorm, attentionDropout, intermediate, output, outputNorm, outputDropout } = build(
            sampleShape('transformerEncoder', x),
          );
          const norm = (layer: LayerFunction, before: boolean) => (t: typeof x) =>
            before === (options.normalizeFirst ?? false) ? layer.call(t, context) : t;
          const attended = attention.call(norm(attentionNorm, true)(x), context);
          const y = norm(attentionNorm, false)(x.add(attentionDropout.call(attended, context)));
          const transformed = output.call(intermediate.call(norm(outputNorm, true)(y), context), context);
          return norm(outputNorm, false)(y.add(outputDropout.call(transformed, context)));
        },
        outputMask: keepMask,
      };
    },
  );

type InnerLayers = ReturnType<typeof innerLayers>;

/** The inner layers for samples [positions, features], built. */
function innerLayers(
  [positions = 0, features = 0]: Shape,
  intermediateDim: number,
  numHeads: number,
  options: TransformerEncoderOptions,
) {
  const { dropout = 0, activation = 'relu', layerNormEpsilon: epsilon = 1e-5, useCausalMask } = options;
  if (features % numHeads !== 0) {
    throw new RangeError(`transformerEncoder: ${numHeads} heads must share the features; got ${features}`);
  }
  const seed = (offset: number) => ({
    seed: options.seed === undefined ? undefined : (options.seed + offset) % 2 ** 32,
  });
  const shape = [positions, features];
  const layers = {
    attention: multiHeadAttention(numHeads, features / numHeads, { dropout, useCausalMask, ...seed(0) }),
    attentionNorm: layerNormalization({ epsilon }),
    attentionDropout: dropoutLayer(dropout, seed(1)),
    intermediate: dense(intermediateDim, { activation }),
    output: dense(features),
    outputNorm: layerNormalization({ epsilon }),
    outputDropout: dropoutLayer(dropout, seed(2)),
  };
  for (const layer of Object.values(layers)) if (layer !== layers.output) layer.build(shape);
  layers.output.build([positions, intermediateDim]);
  return layers;
}
