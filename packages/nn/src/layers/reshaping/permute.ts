// permute: puts the axes of samples in another order.

import { checkNumbers, ShapeError } from '@treadle/tensor';
import type { OptionType } from '../../config/kind.ts';
import { numbers } from '../../config/plain-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { keepRange, type LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';

const dimsType: OptionType<readonly number[]> = {
  ...numbers,
  check: (what, dims) => checkNumbers(what, dims, '; permute([2, 1]) takes them as one argument'),
};

/**
 * The axes of each sample in another order, counted from 1 as in Keras: permute([2, 1]) takes [batch, a, b] to [batch, b, a]. Throws
 * RangeError unless dims are 1 … n, each once; building throws ShapeError for samples with another number of axes.
 *
 * @example
 * ```ts
 * import { permute } from 'treadle';
 * permute([2, 1]).call([[[1, 2], [3, 4]]]); // → [[[1, 3], [2, 4]]]
 * ```
 */
export const permute: LayerKind<[dims: readonly number[]], LayerOptions> = defineLayer(
  {
    kind: 'permute',
    arguments: [['dims', dimsType]],
    options: layerTypes,
    instead: 'x.transpose([0, 2, 1]) computes',
  },
  (dims) => {
    if ([...dims].sort((a, b) => a - b).some((dim, i) => dim !== i + 1)) {
      throw new RangeError(`permute: dims must be 1 … n, each once; got [${dims.join(', ')}]`);
    }
    return {
      build: (shape) => {
        if (shape.length === dims.length) return dims.map((dim) => shape[dim - 1] ?? 1);
        throw new ShapeError(
          `permute: a sample must have an axis for each of dims [${dims.join(', ')}]; got [${shape.join(', ')}]`,
        );
      },
      needs: () => [],
      call: (x) => x.transpose([0, ...dims]),
      outputRange: keepRange,
    };
  },
);
