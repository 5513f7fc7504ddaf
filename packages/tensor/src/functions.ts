// Ops whose operands are equals, as functions; the same as the methods.

import { type MatmulOptions, ops } from '@treadle/graph';
import { nodeOf, operand, Tensor, type TensorLike } from './tensor.ts';
import { alike } from './values.ts';

type Binary = (a: TensorLike, b: TensorLike) => Tensor;

export const add: Binary = (a, b) => new Tensor(ops.add(operand(a), operand(b)));
export const sub: Binary = (a, b) => new Tensor(ops.sub(operand(a), operand(b)));
export const mul: Binary = (a, b) => new Tensor(ops.mul(operand(a), operand(b)));
export const div: Binary = (a, b) => new Tensor(ops.div(operand(a), operand(b)));
export const pow: Binary = (a, b) => new Tensor(ops.pow(operand(a), operand(b)));
export const mod: Binary = (a, b) => new Tensor(ops.mod(operand(a), operand(b)));
export const maximum: Binary = (a, b) => new Tensor(ops.maximum(operand(a), operand(b)));
export const minimum: Binary = (a, b) => new Tensor(ops.minimum(operand(a), operand(b)));
export const equal: Binary = (a, b) => new Tensor(ops.equal(operand(a), operand(b)));
export const notEqual: Binary = (a, b) => new Tensor(ops.notEqual(operand(a), operand(b)));
export const less: Binary = (a, b) => new Tensor(ops.less(operand(a), operand(b)));
export const lessEqual: Binary = (a, b) => new Tensor(ops.lessEqual(operand(a), operand(b)));
export const greater: Binary = (a, b) => new Tensor(ops.greater(operand(a), operand(b)));
export const greaterEqual: Binary = (a, b) => new Tensor(ops.greaterEqual(operand(a), operand(b)));
export const logicalAnd: Binary = (a, b) => new Tensor(ops.logicalAnd(nodeOf(a), nodeOf(b)));
export const logicalOr: Binary = (a, b) => new Tensor(ops.logicalOr(nodeOf(a), nodeOf(b)));

/** condition ? a : b, element by element; the condition must be bool. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  return new Tensor(ops.where(nodeOf(condition), operand(a), operand(b)));
}

/** a [..., m, k] × b [..., k, n] → [..., m, n]; leading axes broadcast. Throws ShapeError when the inner sizes differ. */
export function matmul(a: TensorLike, b: TensorLike, options?: MatmulOptions): Tensor {
  return new Tensor(ops.matmul(nodeOf(a), nodeOf(b), options));
}

/** One after the other along an axis; the other extents are equal. Mixed dtypes become the one that holds them all. */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  return new Tensor(ops.concat(alike(tensors.map(nodeOf)), axis));
}

/** Side by side along a new axis; the shapes are equal. */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  return new Tensor(ops.stack(alike(tensors.map(nodeOf)), axis));
}
