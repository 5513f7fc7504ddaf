// project: a linear function of the last axis, as one tall matrix product whatever the other axes are.

import type { Tensor, Variable } from '@treadle/tensor';

/** x·kernel + bias: x [..., features], kernel [features, units], bias [units] → [..., units]. */
export function project(x: Tensor, kernel: Tensor, bias: Variable | Tensor | undefined): Tensor {
  const [features = 1, units = 1] = kernel.shape;
  const before = x.shape.slice(0, -1);
  const rows = before.reduce((size, extent) => size * extent, 1);
  // the bias is added on the matrix, where it is part of the product's last pass
  const product = (x.rank === 2 ? x : x.reshape([rows, features])).matmul(kernel);
  const y = bias ? product.add(bias) : product;
  return x.rank === 2 ? y : y.reshape([...before, units]);
}
