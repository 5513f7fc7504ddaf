// gru: gated recurrent units (K. Cho et al., 2014).

import type { Tensor } from '@treadle/tensor';
import { activationOf } from '../../activations/activation-by-name.ts';
import type { Kind, OptionTypes } from '../../config/kind.ts';
import { count, flag } from '../../config/plain-types.ts';
import { cellInLayer, defineCell, type KernelCell } from './kernel-cell.ts';
import { defineRecurrentLayer, type RecurrentLayer } from './recurrent-layer.ts';
import { type GatedCellOptions, gatedCellTypes, type RecurrentOptions, recurrentTypes } from './recurrent-options.ts';
import type { RnnCell } from './rnn-cell.ts';

/** Options of `gruCell`. */
export interface GruCellOptions extends GatedCellOptions {
  /** whether the reset gate is applied after the recurrent product, which then has a bias of its own; true by default */
  readonly resetAfter?: boolean | undefined;
}

const gruCellTypes: OptionTypes<GruCellOptions> = { ...gatedCellTypes, resetAfter: flag };

/** Options of `gru`. */
export interface GruOptions extends RecurrentOptions, GruCellOptions {}

/**
 * h ← z·h + (1 − z)·h̃ at each step: [batch, steps, features] → [batch, units], or [batch, steps, units] with returnSequences.
 * Variables: kernel [features, 3·units], recurrentKernel [units, 3·units], whose columns are those of z, r and h̃, as in Keras; bias [2,
 * 3·units] with resetAfter, otherwise [3·units]. Throws RangeError for units that are not a whole number ≥ 1 and for unknown names.
 *
 * @example
 * ```ts
 * import { gru } from 'treadle';
 * gru(4).call([[[1], [2], [3]]]).shape; // → [1, 4]
 * ```
 */
export const gru: Kind<[units: number], GruOptions, RecurrentLayer> = defineRecurrentLayer(
  { kind: 'gru', arguments: [['units', count]], options: { ...recurrentTypes, ...gruCellTypes } },
  (units: number, options: GruOptions) => cellInLayer(cellOf('gru', units, options), units, options),
);

/**
 * The cell of gru, for `rnn`, which also takes several cells. Throws RangeError as gru does.
 *
 * @example
 * ```ts
 * import { gruCell, rnn } from 'treadle';
 * rnn([gruCell(4), gruCell(2)]).call([[[1], [2], [3]]]).shape; // → [1, 2]
 * ```
 */
export const gruCell: Kind<[units: number], GruCellOptions, RnnCell> = defineCell(
  { kind: 'gruCell', arguments: [['units', count]], options: gruCellTypes },
  (units, options) => cellOf('gruCell', units, options),
);

function cellOf(kind: string, units: number, options: GruCellOptions): KernelCell {
  const activate = activationOf(options.activation ?? 'tanh');
  const gate = activationOf(options.recurrentActivation ?? 'sigmoid');
  const { resetAfter = true } = options;
  const mix = (z: Tensor, h: Tensor, candidate: Tensor): Tensor => candidate.add(z.mul(h.sub(candidate)));
  return {
    kind,
    blocks: 3,
    states: 1,
    biases: resetAfter ? 2 : 1,
    next: (kernel, bias) => {
      const [gates = kernel, last = kernel] = resetAfter ? [] : kernel.split([2 * units, units], 1);
      return (x, dropped, [h = dropped]) => {
        const [xz = x, xr = x, xh = x] = x.split(3, 1);
        if (resetAfter) {
          const product = dropped.matmul(kernel);
          const [hz = x, hr = x, hh = x] = (bias ? product.add(bias) : product).split(3, 1);
          const candidate = activate(xh.add(gate(xr.add(hr)).mul(hh)));
          return [mix(gate(xz.add(hz)), h, candidate)];
        }
        const [hz = x, hr = x] = dropped.matmul(gates).split(2, 1);
        const candidate = activate(xh.add(gate(xr.add(hr)).mul(dropped).matmul(last)));
        return [mix(gate(xz.add(hz)), h, candidate)];
      };
    },
  };
}
