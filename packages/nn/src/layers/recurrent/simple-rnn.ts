// simpleRnn: a state that is an activated linear function of the input and the state before (J. Elman, 1990).

import { activationOf } from '../../activations/activation-by-name.ts';
import type { Kind } from '../../config/kind.ts';
import { count } from '../../config/plain-types.ts';
import { cellInLayer, defineCell, type KernelCell } from './kernel-cell.ts';
import { defineRecurrentLayer, type RecurrentLayer } from './recurrent-layer.ts';
import { type KernelCellOptions, kernelCellTypes, type RecurrentOptions, recurrentTypes } from './recurrent-options.ts';
import type { RnnCell } from './rnn-cell.ts';

/** Options of `simpleRnn`. */
export type SimpleRnnOptions = RecurrentOptions;

/** Options of `simpleRnnCell`. */
export type SimpleRnnCellOptions = KernelCellOptions;

/**
 * h ← activation(x·kernel + h·recurrentKernel + bias) at each step: [batch, steps, features] → [batch, units], or [batch, steps, units]
 * with returnSequences. Variables: kernel [features, units], recurrentKernel [units, units], bias [units]. Throws RangeError for units
 * that are not a whole number ≥ 1 and for unknown names.
 *
 * @example
 * ```ts
 * import { simpleRnn } from 'treadle';
 * const sum = simpleRnn(1, { activation: 'linear', kernelInitializer: 'ones', recurrentInitializer: 'ones' });
 * sum.call([[[1], [2], [3]]]); // → [[6]]
 * ```
 */
export const simpleRnn: Kind<[units: number], SimpleRnnOptions, RecurrentLayer> = defineRecurrentLayer(
  { kind: 'simpleRnn', arguments: [['units', count]], options: recurrentTypes },
  (units: number, options: SimpleRnnOptions) => cellInLayer(simpleCell('simpleRnn', options), units, options),
);

/**
 * The cell of simpleRnn, for `rnn`, which also takes several cells. Throws RangeError as simpleRnn does.
 *
 * @example
 * ```ts
 * import { rnn, simpleRnnCell } from 'treadle';
 * rnn([simpleRnnCell(4), simpleRnnCell(2)]).call([[[1], [2], [3]]]).shape; // → [1, 2]
 * ```
 */
export const simpleRnnCell: Kind<[units: number], SimpleRnnCellOptions, RnnCell> = defineCell(
  { kind: 'simpleRnnCell', arguments: [['units', count]], options: kernelCellTypes },
  (_, options) => simpleCell('simpleRnnCell', options),
);

function simpleCell(kind: string, options: SimpleRnnCellOptions): KernelCell {
  const activate = activationOf(options.activation ?? 'tanh');
  const next: KernelCell['next'] = (kernel) => (x, h) => [activate(h.matmul(kernel).add(x))];
  return { kind, blocks: 1, states: 1, biases: 1, next };
}
