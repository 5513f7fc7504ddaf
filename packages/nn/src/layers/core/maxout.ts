// maxout: the largest of several linear functions (I. Goodfellow et al., Maxout Networks, 2013).

import type { OptionKinds } from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { checkCount, makeLayer } from '../../layer/make-layer.ts';
import { type DenseOptions, dense, denseOptions } from './dense.ts';

export type MaxoutOptions = Omit<DenseOptions, 'activation'>;

const { activation: _, ...linearOptions } = denseOptions;
const maxoutOptions: OptionKinds<MaxoutOptions> = linearOptions;

/** maxᵢ (x·kernelᵢ + biasᵢ) over `pieces` linear functions: [batch, ..., features] → [batch, ..., units]. */
export function maxout(units: number, pieces = 2, options: MaxoutOptions = {}): LayerFunction {
  readLayerOptions('maxout', options, maxoutOptions);
  checkCount('maxout: units', units);
  checkCount('maxout: pieces', pieces);
  const { name, inputShape, ...rest } = options;
  const linear = dense(units * pieces, rest);
  return makeLayer({
    kind: 'maxout',
    options: { units, pieces, ...options },
    layers: { linear },
    build: (shape) => [...linear.build(shape).slice(0, -1), units],
    call: (x, context) => {
      const all = linear.call(x, context);
      return all.reshape([...all.shape.slice(0, -1), units, pieces]).max(-1);
    },
    outputMask: (_, [mask]) => mask,
  });
}
