// activation: an activation as a layer of its own.

import { type Activation, type ActivationName, activationOf } from './activations.ts';
import { given, type Layer, type LayerOptions } from './layer.ts';

/** Applies an activation, by name or a function of one's own, which keeps the shape. Throws RangeError for an unknown name. */
export function activation(apply: ActivationName | Activation, { name, inputShape }: LayerOptions = {}): Layer {
  return {
    kind: 'activation',
    name,
    inputShape,
    variables: [],
    build: (shape) => shape,
    call: activationOf(apply),
    config: () => {
      if (typeof apply === 'function') throw new RangeError('activation: a function cannot be saved; a name can');
      return { kind: 'activation', activation: apply, ...given({ name, inputShape }) };
    },
  };
}
