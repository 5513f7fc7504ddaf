// What a regularizer is: a penalty on the elements of a variable, or of a layer's result, which is added to the loss.

import type { Tensor } from '@treadle/tensor';

export interface L1L2 {
  /** the factor of Σ|w|; 0 by default */
  readonly l1?: number;
  /** the factor of Σw²; 0 by default */
  readonly l2?: number;
}

/** A function from a tensor to its penalty (0-d). Those of this package know their factors, by which they are saved. */
export type Regularizer = ((x: Tensor) => Tensor) & L1L2;

/** The penalty on a layer's result y [batch, …], divided by the number of samples: 0-d. */
export function penaltyPerSample(regularizer: Regularizer, y: Tensor): Tensor {
  return regularizer(y).div(Math.max(1, y.shape[0] ?? 1));
}
