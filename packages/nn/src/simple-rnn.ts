// simpleRnn: a state that is a linear function of the input and of the state before, activated.

import { activationOf } from './activations.ts';
import { readLayerOptions } from './layer-options.ts';
import { type KernelCell, recurrent } from './recurrent.ts';
import type { RecurrentLayer } from './recurrent-layer.ts';
import { type RecurrentOptions, recurrentOptions } from './recurrent-options.ts';

export type SimpleRnnOptions = RecurrentOptions;

/** h ← activation(x·kernel + h·recurrentKernel + bias), step by step: [batch, steps, features] → [batch, units]. */
export function simpleRnn(units: number, options: SimpleRnnOptions = {}): RecurrentLayer {
  readLayerOptions('simpleRnn', options, recurrentOptions);
  const activate = activationOf(options.activation ?? 'tanh');
  const cell: KernelCell = {
    kind: 'simpleRnn',
    blocks: 1,
    states: 1,
    biases: 1,
    next: (kernel) => (x, h) => [activate(h.matmul(kernel).add(x))],
  };
  return recurrent(cell, units, options, (goBackwards) => simpleRnn(units, { ...options, goBackwards }));
}
