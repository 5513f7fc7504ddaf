// simpleRnn: a state that is a linear function of the input and of the state before, activated.

import { activationOf } from '../../activations/activations.ts';
import { readLayerOptions } from '../../layer/layer-options.ts';
import { cellAlone, type KernelCell, readCellOptions, recurrent } from './kernel-cell.ts';
import type { RecurrentLayer } from './recurrent-layer.ts';
import {
  type KernelCellOptions,
  kernelCellOptions,
  type RecurrentOptions,
  recurrentOptions,
} from './recurrent-options.ts';
import type { RnnCell } from './rnn.ts';

export type SimpleRnnOptions = RecurrentOptions;

export type SimpleRnnCellOptions = KernelCellOptions;

/** h ← activation(x·kernel + h·recurrentKernel + bias), step by step: [batch, steps, features] → [batch, units]. */
export function simpleRnn(units: number, options: SimpleRnnOptions = {}): RecurrentLayer {
  readLayerOptions('simpleRnn', options, recurrentOptions);
  return recurrent(kernelCell('simpleRnn', options), units, options, (goBackwards) =>
    simpleRnn(units, { ...options, goBackwards }),
  );
}

/** The cell of `simpleRnn` alone, for `rnn`, which also takes several of them. Throws RangeError as `simpleRnn` does. */
export function simpleRnnCell(units: number, options: SimpleRnnCellOptions = {}): RnnCell {
  readCellOptions('simpleRnnCell', options, kernelCellOptions);
  return cellAlone(kernelCell('simpleRnnCell', options), units, options);
}

function kernelCell(kind: string, options: SimpleRnnCellOptions): KernelCell {
  const activate = activationOf(options.activation ?? 'tanh');
  const next: KernelCell['next'] = (kernel) => (x, h) => [activate(h.matmul(kernel).add(x))];
  return { kind, blocks: 1, states: 1, biases: 1, next };
}
