// Linear algebra on small matrices, as functions. What a matrix lacks (an inverse, a root) is an error at the call where its
// values can be known; inside a compiled function they cannot, and the result is NaN.

import { isRecording, valueOf } from '@treadle/compiler';
import { type Node, ops, showShape } from '@treadle/graph';
import { nodeOf, type TensorLike } from './operand.ts';
import { Tensor } from './tensor.ts';

/** Whether all elements are finite: a 0-d bool. */
function isFinite(x: Node): Node {
  return ops.all(ops.equal(ops.sub(x, x), 0)); // ∞ − ∞ and NaN − NaN are NaN
}

/** Throws RangeError where the result is NaN although the inputs are finite. What is too large for float32 is ±∞, as in NumPy. */
function refuse(name: string, inputs: readonly Node[], result: Node, wanted: string, hint: string): void {
  if (isRecording()) return;
  const isGiven = inputs.map(isFinite).reduce((a, b) => ops.logicalAnd(a, b));
  const isWrong = ops.logicalAnd(isGiven, ops.any(ops.notEqual(result, result)));
  // a value of its own: the history of the result stays as it is
  if (valueOf(isWrong).read()[0] === 0) return;
  throw new RangeError(`${name}: a must be ${wanted}; got ${showShape(inputs[0]?.shape ?? [])} ${hint}`);
}

const dependent = 'whose columns depend on each other';

/**
 * The x of a·x = b: a [..., n, n], b [..., n, m] or [n] → b's shape. Throws ShapeError for others, RangeError where a is singular to
 * the precision of float32.
 */
export function solve(a: TensorLike, b: TensorLike): Tensor {
  const [left, right] = [nodeOf(a), nodeOf(b)];
  const x = ops.solve(left, right);
  refuse(
    'solve',
    [left, right],
    x,
    'regular',
    `${dependent}: it is singular; lstsq takes more equations than unknowns`,
  );
  return new Tensor(x);
}

/** a⁻¹ of a [..., n, n]. Throws ShapeError for others, RangeError where a is singular to the precision of float32. */
export function inv(a: TensorLike): Tensor {
  const matrix = nodeOf(a);
  const inverse = ops.inv(matrix);
  refuse('inv', [matrix], inverse, 'regular', `${dependent}: it is singular`);
  return new Tensor(inverse);
}

/** The determinant of a [..., n, n] → [...]. */
export function det(a: TensorLike): Tensor {
  return new Tensor(ops.det(nodeOf(a)));
}

/**
 * L, lower triangular with a positive diagonal, of a = L·Lᵀ; a [..., n, n], of which the symmetric part counts. Throws RangeError
 * where a is not positive definite to the precision of float32.
 */
export function cholesky(a: TensorLike): Tensor {
  const matrix = nodeOf(a);
  const factor = ops.cholesky(matrix);
  refuse('cholesky', [matrix], factor, 'positive definite', 'with an eigenvalue that is not above 0');
  return new Tensor(factor);
}

/**
 * q [..., m, n] with orthonormal columns and r [..., n, n], upper triangular with a diagonal ≥ 0, of a = q·r; a [..., m, n], m ≥ n. A
 * column of a that is a sum of those before it is 0 in q.
 */
export function qr(a: TensorLike): { readonly q: Tensor; readonly r: Tensor } {
  const [q, r] = ops.qr(nodeOf(a));
  return { q: new Tensor(q), r: new Tensor(r) };
}

/**
 * The x that makes ‖a·x − b‖ least: a [..., m, n], m ≥ n, b [..., m, k] or [m]. Throws ShapeError for others, RangeError where
 * columns of a depend on each other to the precision of float32.
 */
export function lstsq(a: TensorLike, b: TensorLike): Tensor {
  const [left, right] = [nodeOf(a), nodeOf(b)];
  const x = ops.lstsq(left, right);
  refuse('lstsq', [left, right], x, 'of full rank', `${dependent}: aᵀ·a is singular`);
  return new Tensor(x);
}

/**
 * u [..., m, k], s [..., k], falling, and vh [..., k, n] of a = u·diag(s)·vh, k the smaller of m and n; a [..., m, n]. The columns
 * of u and the rows of vh are orthonormal, whatever the rank of a. Gradients of u and vh are for singular values that differ.
 */
export function svd(a: TensorLike): { readonly u: Tensor; readonly s: Tensor; readonly vh: Tensor } {
  const [u, s, vh] = ops.svd(nodeOf(a));
  return { u: new Tensor(u), s: new Tensor(s), vh: new Tensor(vh) };
}

/**
 * The eigenvalues [..., n], rising, and as columns the eigenvectors [..., n, n] of a [..., n, n], of which the symmetric part counts.
 * Gradients of the vectors are for eigenvalues that differ.
 */
export function eigh(a: TensorLike): { readonly eigenvalues: Tensor; readonly eigenvectors: Tensor } {
  const [eigenvalues, eigenvectors] = ops.eigh(nodeOf(a));
  return { eigenvalues: new Tensor(eigenvalues), eigenvectors: new Tensor(eigenvectors) };
}
