// Penalties that belong to the loss: functions from a variable, or from what a layer computed, to a 0-d tensor that know their
// factors.

import {
  asTensor,
  checkNumber,
  type OptionKinds,
  readOptions,
  show,
  type Tensor,
  type TensorLike,
  tensor,
} from '@treadle/tensor';

export interface L1L2 {
  /** 0 by default */
  readonly l1?: number;
  /** 0 by default */
  readonly l2?: number;
}

const factors: OptionKinds<L1L2> = { l1: 'number', l2: 'number' };

/** A function of one's own, or one that l1, l2 or l1l2 made. */
export type Regularizer = ((kernel: Tensor) => Tensor) & L1L2;

/** l1·Σ|w| + l2·Σw². Throws RangeError for a factor below 0. */
export function l1l2(options: L1L2 = {}): Regularizer {
  const { l1 = 0, l2 = 0 } = readOptions('l1l2', options, factors);
  if (!(l1 >= 0 && l2 >= 0)) throw new RangeError(`l1l2: factors must be numbers ≥ 0; got l1 = ${l1}, l2 = ${l2}`);
  const penalty = (given: TensorLike): Tensor => {
    const kernel = asTensor(given);
    const terms = [l1 > 0 && kernel.abs().sum().mul(l1), l2 > 0 && kernel.square().sum().mul(l2)];
    return terms.reduce((sum: Tensor, term) => (term ? sum.add(term) : sum), tensor(0));
  };
  return Object.assign(penalty, { l1, l2 });
}

/** factor·Σ|w|; 0.01 by default. */
export function l1(factor = 0.01): Regularizer {
  checkNumber('l1: the factor', factor);
  return l1l2({ l1: factor });
}

/** factor·Σw²; 0.01 by default. */
export function l2(factor = 0.01): Regularizer {
  checkNumber('l2: the factor', factor);
  return l1l2({ l2: factor });
}

export type RegularizerName = 'l1' | 'l2' | 'l1l2';

/** With Keras's default factors. */
const table: Readonly<Record<RegularizerName, () => Regularizer>> = {
  l1,
  l2,
  l1l2: () => l1l2({ l1: 0.01, l2: 0.01 }),
};

function isName(name: unknown): name is RegularizerName {
  return typeof name === 'string' && Object.hasOwn(table, name);
}

/** The name if it is in the table. Throws RangeError otherwise. */
export function regularizerName(name: string): RegularizerName {
  if (isName(name)) return name;
  throw noRegularizer(name);
}

/** The regularizer of that name; a function is its own, and undefined none. Throws RangeError for what is none of these. */
export function regularizerOf(given: RegularizerName | Regularizer | undefined): Regularizer | undefined {
  if (given === undefined || typeof given === 'function') return given;
  if (isName(given)) return table[given]();
  throw noRegularizer(given);
}

function noRegularizer(given: unknown): RangeError {
  return new RangeError(
    `regularizer: it must be a function or one of ${Object.keys(table).join(', ')}; got ${show(given)}; l2(0.01) makes one`,
  );
}

/** The penalty on what a layer computed, y [batch, …], divided by how many samples there are. */
export function perSample(regularizer: Regularizer, y: Tensor): Tensor {
  return regularizer(y).div(Math.max(1, y.shape[0] ?? 1));
}
