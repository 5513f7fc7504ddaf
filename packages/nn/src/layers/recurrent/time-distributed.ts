// timeDistributed: applies a layer to each step of a sequence.

import { isConfig, ShapeError, show } from '@treadle/tensor';
import type { OptionType } from '../../config/kind.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import { isLayer, type Layer, type LayerOptions, sampleShape } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { keepMask } from '../../layer/mask.ts';
import { afterSteps } from '../../layer/open-shape.ts';

const layerType: OptionType<Layer> = {
  kind: 'any',
  read: (value, nested) => {
    const made = isConfig(value) ? nested(value, 'layer') : undefined;
    return isLayer(made) ? made : undefined;
  },
};

/**
 * The layer applied to each step, as if the steps were samples: [batch, steps, …] → [batch, steps, …]. Variables: those of the layer.
 * Throws TypeError for what is not a layer; building throws ShapeError for samples without steps.
 *
 * @example
 * ```ts
 * import { flatten, timeDistributed } from 'treadle';
 * timeDistributed(flatten()).call([[[[1, 2], [3, 4]]]]); // → [[[1, 2, 3, 4]]]
 * ```
 */
export const timeDistributed: LayerKind<[layer: Layer], LayerOptions> = defineLayer(
  { kind: 'timeDistributed', arguments: [['layer', layerType]], options: layerTypes },
  (layer) => {
    if (!isLayer(layer)) throw new TypeError(`timeDistributed: the layer must be one; got ${show(layer)}`);
    return {
      layers: { layer },
      build: ([steps, ...sample]) => {
        if (steps === undefined) throw new ShapeError('timeDistributed: a sample must have steps; got []');
        return [steps, ...layer.build(sample)];
      },
      needs: afterSteps,
      call: (x, { training, addLoss }) => {
        const [steps = 1, ...sample] = sampleShape('timeDistributed', x);
        const batch = x.shape[0] ?? 1;
        const y = layer.call(x.reshape([batch * steps, ...sample]), { training, addLoss });
        return y.reshape([batch, steps, ...y.shape.slice(1)]);
      },
      outputMask: keepMask,
      outputRange: (inputs) => layer.outputRange?.(inputs),
    };
  },
);
