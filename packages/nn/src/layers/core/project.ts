// project: a linear function of the last axis, as one matrix product in which all other axes are rows.

import type { Tensor, Variable } from '@treadle/tensor';

/** x·kernel + bias: x [..., features], kernel [features, units], bias [units] → [..., units]. */
export function project(x: Tensor, kernel: Tensor, bias: Variable | Tensor | undefined): Tensor {
  const [features = 1, units = 1] = kernel.shape;
  const before = x.shape.slice(0, -1);
  const rows = before.reduce((size, extent) => size * extent, 1);
  // the bias is added to the matrix, so that it is an epilogue of the product
  const product = (x.rank === 2 ? x : x.reshape([rows, features])).matmul(kernel);
  const y = bias ? product.add(bias) : product;
  return x.rank === 2 ? y : y.reshape([...before, units]);
}
