// activation: an activation as a layer.

import { type Activation, outputRangeOf } from '../../activations/activation.ts';
import { type ActivationName, activationOf } from '../../activations/activation-by-name.ts';
import { linear } from '../../activations/linear.ts';
import { activation as activationType } from '../../config/option-types.ts';
import { defineLayer, type LayerKind } from '../../layer/define-layer.ts';
import type { LayerOptions } from '../../layer/layer.ts';
import { layerTypes } from '../../layer/layer-options.ts';
import { keepMask } from '../../layer/mask.ts';

/**
 * Applies an activation, given by its name or as a function of a tensor that keeps the shape: [batch, …] → [batch, …]. Throws
 * RangeError for an unknown name.
 *
 * @example
 * ```ts
 * import { activation } from 'treadle';
 * activation('relu').call([[-1, 2]]); // → [[0, 2]]
 * ```
 */
export const activation: LayerKind<[apply: ActivationName | Activation], LayerOptions> = defineLayer(
  { kind: 'activation', arguments: [['activation', activationType]], options: layerTypes },
  (apply) => {
    const activate = activationOf(apply);
    return {
      build: (shape) => shape,
      needs: () => [],
      call: (x) => activate(x),
      outputMask: keepMask,
      outputRange: ([input]) => (activate === linear ? input : outputRangeOf(activate)),
    };
  },
);
