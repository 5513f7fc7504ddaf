// lstm: long short-term memory (S. Hochreiter, J. Schmidhuber, 1997; with forget gates by F. Gers et al., 2000).

import { concat, type OptionKinds, type Tensor } from '@treadle/tensor';
import { type Activation, type ActivationName, activationOf } from '../../activations/activations.ts';
import { type Initializer, initializerOf } from '../../initializers/initializers.ts';
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

export interface LstmCellOptions extends KernelCellOptions {
  /** of the gates; 'sigmoid' by default */
  readonly recurrentActivation?: ActivationName | Activation | undefined;
  /** whether the bias of the forget gate begins with ones (R. Józefowicz et al., 2015); true by default */
  readonly unitForgetBias?: boolean | undefined;
}

const lstmCellOptions: OptionKinds<LstmCellOptions> = {
  ...kernelCellOptions,
  recurrentActivation: 'any',
  unitForgetBias: 'boolean',
};

export interface LstmOptions extends RecurrentOptions, LstmCellOptions {}

const lstmOptions: OptionKinds<LstmOptions> = { ...recurrentOptions, ...lstmCellOptions };

/**
 * c ← f·c + i·activation(c̃), h ← o·activation(c), step by step: [batch, steps, features] → [batch, units]. The kernels hold the
 * columns of i, f, c̃ and o one after the other, as Keras's do. States: h, c.
 */
export function lstm(units: number, options: LstmOptions = {}): RecurrentLayer {
  readLayerOptions('lstm', options, lstmOptions);
  return recurrent(kernelCell('lstm', units, options), units, options, (goBackwards) =>
    lstm(units, { ...options, goBackwards }),
  );
}

/** The cell of `lstm` alone, for `rnn`, which also takes several of them. Throws RangeError as `lstm` does. */
export function lstmCell(units: number, options: LstmCellOptions = {}): RnnCell {
  readCellOptions('lstmCell', options, lstmCellOptions);
  return cellAlone(kernelCell('lstmCell', units, options), units, options);
}

function kernelCell(kind: string, units: number, options: LstmCellOptions): KernelCell {
  const activate = activationOf(options.activation ?? 'tanh');
  const gate = activationOf(options.recurrentActivation ?? 'sigmoid');
  const { unitForgetBias = true } = options;
  return {
    kind,
    blocks: 4,
    states: 2,
    biases: 1,
    initialBias: unitForgetBias ? forgetNothing(units, initializerOf(options.biasInitializer ?? 'zeros')) : undefined,
    next:
      (kernel) =>
      (x, h, [, c = h]) => {
        const [i = x, f = x, candidate = x, o = x] = h.matmul(kernel).add(x).split(4, 1);
        const cell = gate(f)
          .mul(c)
          .add(gate(i).mul(activate(candidate)));
        return [gate(o).mul(activate(cell)), cell];
      },
  };
}

/** A bias whose forget gate is 1, the rest as the initializer says. */
function forgetNothing(units: number, initial: Initializer): Initializer {
  return () => {
    const ones = initializerOf('ones')([units]);
    const part = (blocks: number): Tensor => initial([blocks * units]);
    return concat([part(1), ones, part(2)]);
  };
}
