// activation: an activation as a layer of its own.

import { type Activation, type ActivationName, activationOf, linear, rangeOf } from '../../activations/activations.ts';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepMask, type LayerOptions } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { makeLayer } from '../../layer/make-layer.ts';

/** Applies an activation, by name or a function of one's own, which keeps the shape. Throws RangeError for an unknown name. */
export function activation(apply: ActivationName | Activation, options: LayerOptions = {}): LayerFunction {
  readLayerOptions('activation', options, layerOptions);
  const activate = activationOf(apply);
  return makeLayer({
    kind: 'activation',
    options: { activation: apply, ...options },
    build: (shape) => shape,
    needs: () => [],
    call: (x) => activate(x),
    outputMask: keepMask,
    outputRange: ([input]) => (activate === linear ? input : rangeOf(activate)),
  });
}
