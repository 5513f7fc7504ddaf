// transformerEncoder: attention of a sequence to itself and a network of two layers at each position, each of them added to what
// went in and normalized (A. Vaswani et al., 2017). Composed of other layers.

import type { OptionKinds, Shape } from '@treadle/tensor';
import type { Activation, ActivationName } from '../../activations/activations.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { checkCount, makeLayer } from '../../layer/make-layer.ts';
import { dense } from '../core/dense.ts';
import { layerNormalization } from '../normalization/normalization.ts';
import { dropout as dropoutLayer } from '../regularization/dropout.ts';
import { multiHeadAttention } from './multi-head-attention.ts';

export interface TransformerEncoderOptions extends LayerOptions {
  /** the share that is left out while training; 0 by default */
  readonly dropout?: number | undefined;
  /** of the first of the two layers; 'relu' by default */
  readonly activation?: ActivationName | Activation | undefined;
  /** 10⁻⁵ by default */
  readonly layerNormEpsilon?: number | undefined;
  /** whether what goes into each part is normalized, rather than what comes out of the sum; false by default */
  readonly normalizeFirst?: boolean | undefined;
  /** whether a position sees only itself and those before it; false by default */
  readonly useCausalMask?: boolean | undefined;
  readonly seed?: number | undefined;
}

const transformerEncoderOptions: OptionKinds<TransformerEncoderOptions> = {
  ...layerOptions,
  dropout: 'number',
  activation: 'any',
  layerNormEpsilon: 'number',
  normalizeFirst: 'boolean',
  useCausalMask: 'boolean',
  seed: 'number',
};

/**
 * x [batch, positions, features] → the same shape. `intermediateDim` is the width of the network between; heads share the
 * features, so their number must divide them.
 */
export function transformerEncoder(
  intermediateDim: number,
  numHeads: number,
  options: TransformerEncoderOptions = {},
): LayerFunction {
  readLayerOptions('transformerEncoder', options, transformerEncoderOptions);
  checkCount('transformerEncoder: intermediateDim', intermediateDim);
  checkCount('transformerEncoder: numHeads', numHeads);
  const { dropout = 0, activation = 'relu', layerNormEpsilon: epsilon = 1e-5, normalizeFirst = false } = options;
  const seed = (offset: number) => ({
    seed: options.seed === undefined ? undefined : (options.seed + offset) % 2 ** 32,
  });
  const build = ([positions = 0, features = 0]: Shape) => {
    if (features % numHeads !== 0) {
      throw new RangeError(`transformerEncoder: ${numHeads} heads must share the features; got ${features}`);
    }
    const { useCausalMask } = options;
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
    for (const part of Object.values(layers)) if (part !== layers.output) part.build(shape);
    layers.output.build([positions, intermediateDim]);
    return layers;
  };
  let layers: ReturnType<typeof build> | undefined;
  return makeLayer({
    kind: 'transformerEncoder',
    options: { intermediateDim, numHeads, ...options },
    get layers() {
      return layers ?? {};
    },
    build: (shape) => {
      layers ??= build(shape);
      return layers.attention.build(shape);
    },
    needs: () => [-1],
    call: (x, context) => {
      layers ??= build(sampleShape('transformerEncoder', x));
      const { attention, attentionNorm, attentionDropout, intermediate, output, outputNorm, outputDropout } = layers;
      const norm = (layer: LayerFunction, before: boolean) => (t: typeof x) =>
        before === normalizeFirst ? layer.call(t, context) : t;
      const attended = attention.call(norm(attentionNorm, true)(x), context);
      const y = norm(attentionNorm, false)(x.add(attentionDropout.call(attended, context)));
      const inner = output.call(intermediate.call(norm(outputNorm, true)(y), context), context);
      return norm(outputNorm, false)(y.add(outputDropout.call(inner, context)));
    },
    outputMask: (_, [mask]) => mask,
  });
}
