// lstm: long short-term memory (S. Hochreiter, J. Schmidhuber, 1997; with forget gates by F. Gers et al., 2000).

import { concat, type Tensor } from '@treadle/tensor';
import { activationOf } from '../../activations/activation-by-name.ts';
import type { Kind, OptionTypes } from '../../config/kind.ts';
import { count, flag } from '../../config/plain-types.ts';
import type { Initializer } from '../../initializers/initializer.ts';
import { initializerOf } from '../../initializers/initializer-by-name.ts';
import { cellInLayer, defineCell, type KernelCell } from './kernel-cell.ts';
import { defineRecurrentLayer, type RecurrentLayer } from './recurrent-layer.ts';
import { type GatedCellOptions, gatedCellTypes, type RecurrentOptions, recurrentTypes } from './recurrent-options.ts';
import type { RnnCell } from './rnn-cell.ts';

/** Options of `lstmCell`. */
export interface LstmCellOptions extends GatedCellOptions {
  /** whether the bias of the forget gate begins with ones (R. Józefowicz et al., 2015); true by default */
  readonly unitForgetBias?: boolean | undefined;
}

const lstmCellTypes: OptionTypes<LstmCellOptions> = { ...gatedCellTypes, unitForgetBias: flag };

/** Options of `lstm`. */
export interface LstmOptions extends RecurrentOptions, LstmCellOptions {}

/**
 * c ← f·c + i·activation(c̃), h ← o·activation(c) at each step: [batch, steps, features] → [batch, units], or [batch, steps, units] with
 * returnSequences. States: h and c, [batch, units] each. Variables: kernel [features, 4·units], recurrentKernel [units, 4·units], bias
 * [4·units], whose columns are those of i, f, c̃ and o, as in Keras. Throws RangeError for units that are not a whole number ≥ 1 and
 * for unknown names.
 *
 * @example
 * ```ts
 * import { lstm } from 'treadle';
 * lstm(4).call([[[1], [2], [3]]]).shape; // → [1, 4]
 * lstm(4, { returnSequences: true }).call([[[1], [2], [3]]]).shape; // → [1, 3, 4]
 * ```
 */
export const lstm: Kind<[units: number], LstmOptions, RecurrentLayer> = defineRecurrentLayer(
  { kind: 'lstm', arguments: [['units', count]], options: { ...recurrentTypes, ...lstmCellTypes } },
  (units: number, options: LstmOptions) => cellInLayer(cellOf('lstm', units, options), units, options),
);

/**
 * The cell of lstm, for `rnn`, which also takes several cells. Throws RangeError as lstm does.
 *
 * @example
 * ```ts
 * import { lstmCell, rnn } from 'treadle';
 * rnn([lstmCell(4), lstmCell(2)]).call([[[1], [2], [3]]]).shape; // → [1, 2]
 * ```
 */
export const lstmCell: Kind<[units: number], LstmCellOptions, RnnCell> = defineCell(
  { kind: 'lstmCell', arguments: [['units', count]], options: lstmCellTypes },
  (units, options) => cellOf('lstmCell', units, options),
);

function cellOf(kind: string, units: number, options: LstmCellOptions): KernelCell {
  const activate = activationOf(options.activation ?? 'tanh');
  const gate = activationOf(options.recurrentActivation ?? 'sigmoid');
  const { unitForgetBias = true } = options;
  return {
    kind,
    blocks: 4,
    states: 2,
    biases: 1,
    initialBias: unitForgetBias
      ? onesForForgetGate(units, initializerOf(options.biasInitializer ?? 'zeros'))
      : undefined,
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

/** An initializer of the bias: ones for the forget gate, `initial` for the rest. */
function onesForForgetGate(units: number, initial: Initializer): Initializer {
  return () => {
    const ones = initializerOf('ones')([units]);
    const others = (blocks: number): Tensor => initial([blocks * units]);
    return concat([others(1), ones, others(2)]);
  };
}
