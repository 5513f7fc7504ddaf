// Linear algebra on stacks of small matrices. A matrix without a result (an inverse, a Cholesky factor) is an error at the call,
// which reads the values for that. Inside a compiled function values are not known, and the thread of a web page must not wait for
// them: there the result is NaN.

import { isRecording, valueOf } from '@treadle/compiler';
import { type Node, ops, showShape } from '@treadle/graph';
import { host } from '@treadle/runtime';
import { nodeOf, type TensorLike } from './operand.ts';
import { Tensor } from './tensor.ts';

/** Whether all elements are finite: bool []. */
function isFinite(x: Node): Node {
  return ops.all(ops.equal(ops.sub(x, x), 0)); // ∞ − ∞ and NaN − NaN are NaN
}

/** Throws RangeError where the result is NaN although the inputs are finite. Overflow gives ±∞, as in NumPy, and is no error. */
function refuse(name: string, inputs: readonly Node[], result: Node, wanted: string, hint: string): void {
  if (isRecording() || !host.canWait) return;
  const areFinite = inputs.map(isFinite).reduce((a, b) => ops.logicalAnd(a, b));
  const isWrong = ops.logicalAnd(areFinite, ops.any(ops.notEqual(result, result)));
  // computed apart, so that the result keeps its history
  if (valueOf(isWrong).read()[0] === 0) return;
  throw new RangeError(`${name}: a must be ${wanted}; got ${showShape(inputs[0]?.shape ?? [])} ${hint}`);
}

const dependent = 'whose columns depend on each other';

/**
 * The solution x of a·x = b: a [..., n, n], b [..., n, m], or b [n] for a single matrix → b's shape, float32.
 *
 * @throws ShapeError where the shapes do not fit; RangeError where a is singular to the precision of float32.
 * @example
 * ```ts
 * import { solve } from 'treadle';
 * solve([[2, 0], [0, 4]], [2, 4]); // → [1, 1]
 * ```
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

/**
 * The inverse of a [..., n, n], of the same shape, float32.
 *
 * @throws ShapeError for matrices that are not square; RangeError where a is singular to the precision of float32.
 * @example
 * ```ts
 * import { inv } from 'treadle';
 * inv([[2, 0], [0, 4]]); // → [[0.5, 0], [0, 0.25]]
 * ```
 */
export function inv(a: TensorLike): Tensor {
  const matrix = nodeOf(a);
  const inverse = ops.inv(matrix);
  refuse('inv', [matrix], inverse, 'regular', `${dependent}: it is singular`);
  return new Tensor(inverse);
}

/**
 * The determinant of a [..., n, n] → [...], float32; 0 where a is singular.
 *
 * @throws ShapeError for matrices that are not square.
 * @example
 * ```ts
 * import { det } from 'treadle';
 * det([[1, 2], [3, 4]]); // → -2
 * ```
 */
export function det(a: TensorLike): Tensor {
  return new Tensor(ops.det(nodeOf(a)));
}

/**
 * The Cholesky factor of a [..., n, n]: the lower triangular L with a positive diagonal and a = L·Lᵀ, float32. It depends on the
 * symmetric part (a + aᵀ) / 2 alone.
 *
 * @throws ShapeError for matrices that are not square; RangeError where a is not positive definite to the precision of float32.
 * @example
 * ```ts
 * import { cholesky } from 'treadle';
 * cholesky([[4, 2], [2, 5]]); // → [[2, 0], [1, 2]]
 * ```
 */
export function cholesky(a: TensorLike): Tensor {
  const matrix = nodeOf(a);
  const factor = ops.cholesky(matrix);
  refuse('cholesky', [matrix], factor, 'positive definite', 'with an eigenvalue that is not above 0');
  return new Tensor(factor);
}

/**
 * The QR factorization a = q·r of a [..., m, n], m ≥ n: q [..., m, n] has orthonormal columns, r [..., n, n] is upper triangular with
 * a diagonal ≥ 0. Where a column of a depends linearly on those before it, that column of q is 0. float32.
 *
 * @throws ShapeError where a has fewer rows than columns.
 * @example
 * ```ts
 * import { qr } from 'treadle';
 * const { q, r } = qr([[3, 0], [4, 5]]);
 * q; // → [[0.6, -0.8], [0.8, 0.6]]
 * r; // → [[5, 4], [0, 3]]
 * ```
 */
export function qr(a: TensorLike): { readonly q: Tensor; readonly r: Tensor } {
  const [q, r] = ops.qr(nodeOf(a));
  return { q: new Tensor(q), r: new Tensor(r) };
}

/**
 * The least-squares solution: the x that minimizes ‖a·x − b‖, for a [..., m, n] with m ≥ n and b [..., m, k], or b [m] for a single
 * matrix → [..., n, k] or [n], float32.
 *
 * @throws ShapeError where the shapes do not fit; RangeError where columns of a depend on each other to the precision of float32.
 * @example
 * ```ts
 * import { lstsq } from 'treadle';
 * const line = lstsq([[1, 0], [1, 1], [1, 2]], [1, 3, 5]); // intercept and slope
 * line.round(); // → [1, 2]
 * ```
 */
export function lstsq(a: TensorLike, b: TensorLike): Tensor {
  const [left, right] = [nodeOf(a), nodeOf(b)];
  const x = ops.lstsq(left, right);
  refuse('lstsq', [left, right], x, 'of full rank', `${dependent}: aᵀ·a is singular`);
  return new Tensor(x);
}

/**
 * The singular value decomposition a = u·diag(s)·vh of a [..., m, n], k the smaller of m and n: u [..., m, k] with orthonormal
 * columns, s [..., k] in descending order, vh [..., k, n] with orthonormal rows, whatever the rank of a. float32. Gradients of u and
 * vh exist where the singular values differ.
 *
 * @throws ShapeError for fewer than two axes.
 * @example
 * ```ts
 * import { svd } from 'treadle';
 * svd([[3, 0], [0, 4]]).s; // → [4, 3]
 * ```
 */
export function svd(a: TensorLike): { readonly u: Tensor; readonly s: Tensor; readonly vh: Tensor } {
  const [u, s, vh] = ops.svd(nodeOf(a));
  return { u: new Tensor(u), s: new Tensor(s), vh: new Tensor(vh) };
}

/**
 * The eigenvalues [..., n], in ascending order, and the eigenvectors [..., n, n], as columns, of symmetric matrices a [..., n, n],
 * float32. They depend on the symmetric part (a + aᵀ) / 2 alone. Gradients of the vectors exist where the eigenvalues differ.
 *
 * @throws ShapeError for matrices that are not square.
 * @example
 * ```ts
 * import { eigh } from 'treadle';
 * const { eigenvalues, eigenvectors } = eigh([[2, 0], [0, 1]]);
 * eigenvalues; // → [1, 2]
 * eigenvectors; // → [[0, 1], [1, 0]]
 * ```
 */
export function eigh(a: TensorLike): { readonly eigenvalues: Tensor; readonly eigenvectors: Tensor } {
  const [eigenvalues, eigenvectors] = ops.eigh(nodeOf(a));
  return { eigenvalues: new Tensor(eigenvalues), eigenvectors: new Tensor(eigenvectors) };
}
