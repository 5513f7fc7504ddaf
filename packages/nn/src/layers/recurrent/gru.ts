// gru: gated recurrent units (K. Cho et al., 2014).

import type { OptionKinds, Tensor } from '@treadle/tensor';
import { type Activation, type ActivationName, activationOf } from '../../activations/activations.ts';
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

export interface GruCellOptions extends KernelCellOptions {
  /** of the gates; 'sigmoid' by default */
  readonly recurrentActivation?: ActivationName | Activation | undefined;
  /** whether the reset gate acts after the recurrent product, which then has a bias of its own; true by default */
  readonly resetAfter?: boolean | undefined;
}

const gruCellOptions: OptionKinds<GruCellOptions> = {
  ...kernelCellOptions,
  recurrentActivation: 'any',
  resetAfter: 'boolean',
};

export interface GruOptions extends RecurrentOptions, GruCellOptions {}

const gruOptions: OptionKinds<GruOptions> = { ...recurrentOptions, ...gruCellOptions };

/**
 * h ← z·h + (1 − z)·h̃, step by step: [batch, steps, features] → [batch, units]. The kernels hold the columns of z, r and h̃ one
 * after the other, as Keras's do; the bias is [2, 3·units] where the reset gate acts after the product, [3·units] where before.
 */
export function gru(units: number, options: GruOptions = {}): RecurrentLayer {
  readLayerOptions('gru', options, gruOptions);
  return recurrent(kernelCell('gru', units, options), units, options, (goBackwards) =>
    gru(units, { ...options, goBackwards }),
  );
}

/** The cell of `gru` alone, for `rnn`, which also takes several of them. Throws RangeError as `gru` does. */
export function gruCell(units: number, options: GruCellOptions = {}): RnnCell {
  readCellOptions('gruCell', options, gruCellOptions);
  return cellAlone(kernelCell('gruCell', units, options), units, options);
}

function kernelCell(kind: string, units: number, options: GruCellOptions): KernelCell {
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
      return (x, seen, [h = seen]) => {
        const [xz = x, xr = x, xh = x] = x.split(3, 1);
        if (resetAfter) {
          const product = seen.matmul(kernel);
          const [hz = x, hr = x, hh = x] = (bias ? product.add(bias) : product).split(3, 1);
          const candidate = activate(xh.add(gate(xr.add(hr)).mul(hh)));
          return [mix(gate(xz.add(hz)), h, candidate)];
        }
        const [hz = x, hr = x] = seen.matmul(gates).split(2, 1);
        const candidate = activate(xh.add(gate(xr.add(hr)).mul(seen).matmul(last)));
        return [mix(gate(xz.add(hz)), h, candidate)];
      };
    },
  };
}
