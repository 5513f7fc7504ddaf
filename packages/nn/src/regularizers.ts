// Penalties that belong to the loss: functions from a variable, or from what a layer computed, to a 0-d tensor that know their
// factors.

import { type Tensor, tensor } from '@treadle/tensor';

export interface L1L2 {
  /** 0 by default */
  readonly l1?: number;
  /** 0 by default */
  readonly l2?: number;
}

/** A function of one's own, or one that l1, l2 or l1l2 made. */
export type Regularizer = ((kernel: Tensor) => Tensor) & L1L2;

/** l1·Σ|w| + l2·Σw². Throws RangeError for a factor below 0. */
export function l1l2({ l1 = 0, l2 = 0 }: L1L2 = {}): Regularizer {
  if (!(l1 >= 0 && l2 >= 0)) throw new RangeError(`l1l2: factors must be numbers ≥ 0; got l1 = ${l1}, l2 = ${l2}`);
  const penalty = (kernel: Tensor): Tensor => {
    const terms = [l1 > 0 && kernel.abs().sum().mul(l1), l2 > 0 && kernel.square().sum().mul(l2)];
    return terms.reduce((sum: Tensor, term) => (term ? sum.add(term) : sum), tensor(0));
  };
  return Object.assign(penalty, { l1, l2 });
}

/** factor·Σ|w|; 0.01 by default. */
export function l1(factor = 0.01): Regularizer {
  return l1l2({ l1: factor });
}

/** factor·Σw²; 0.01 by default. */
export function l2(factor = 0.01): Regularizer {
  return l1l2({ l2: factor });
}

/** The penalty on what a layer computed, y [batch, …], divided by how many samples there are. */
export function perSample(regularizer: Regularizer, y: Tensor): Tensor {
  return regularizer(y).div(Math.max(1, y.shape[0] ?? 1));
}
