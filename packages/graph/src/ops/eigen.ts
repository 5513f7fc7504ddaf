// Eigenvalues and eigenvectors of symmetric matrices, and the singular value decomposition of any. The gradients of vectors divide
// by differences of values: they are for matrices whose values differ (M. Giles, 2008).

import { jacobi } from '@treadle/kernels';
import type { Node } from '../node.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { symmetricPart } from './cholesky.ts';
import { equal, greater, where } from './comparison.ts';
import { arange } from './index-lanes.ts';
import { matmul } from './matmul.ts';
import { matrixNode, only, squareStackOf, stackOf, transposed } from './matrices.ts';
import { expandDims, reshape } from './moves.ts';

/** [count, n, 1] of symmetric a [count, n, n], rising. */
function eigenvalues(a: Node): Node {
  const [count = 1, n = 1] = a.shape;
  return matrixNode({
    name: 'eigenvalues',
    inputs: [a],
    shape: [count, n, 1],
    kernel: (sources, store, name) => jacobi({ name, a: only(sources), kind: 'eigen', result: 'values', store }),
    // da = V·diag(dw)·Vᵀ
    gradient: (dw) => {
      const v = eigenvectors(a);
      return [matmul(mul(v, transposed(dw)), v, { transposeB: true })];
    },
  });
}

/** [count, n, n] of symmetric a, as columns in the order of the eigenvalues. */
function eigenvectors(a: Node): Node {
  return matrixNode({
    name: 'eigenvectors',
    inputs: [a],
    shape: a.shape,
    kernel: (sources, store, name) => jacobi({ name, a: only(sources), kind: 'eigen', result: 'vectors', store }),
    gradient: (dv, v) => [turnedBy(v, dv, eigenvalues(a))],
  });
}

/** V·(F ∘ Vᵀ·dV)·Vᵀ, Fᵢⱼ = 1 / (wⱼ − wᵢ) and 0 on the diagonal: what a change of the vectors asks of the matrix. */
function turnedBy(v: Node, dv: Node, w: Node): Node {
  const n = v.shape.at(-1) ?? 1;
  const places = arange(n);
  const isDiagonal = equal(expandDims(places, 1), places);
  const gaps = where(isDiagonal, 1, sub(transposed(w), w)); // [i, j]: wⱼ − wᵢ
  const inner = where(isDiagonal, 0, div(matmul(v, dv, { transposeA: true }), gaps));
  return matmul(matmul(v, inner), v, { transposeB: true });
}

/**
 * The eigenvalues [..., n], rising, and as columns of [..., n, n] the eigenvectors of a [..., n, n], of which the symmetric part
 * counts. A vector's largest element is positive.
 */
export function eigh(a: Node): [values: Node, vectors: Node] {
  const { matrices, outer, n, back } = squareStackOf('eigh', a);
  const symmetric = symmetricPart(matrices);
  return [reshape(eigenvalues(symmetric), [...outer, n]), back(eigenvectors(symmetric))];
}

/** [count, n, 1] of a [count, m, n], falling. */
function singularValues(a: Node): Node {
  const [count = 1, , n = 1] = a.shape;
  return matrixNode({
    name: 'singularValues',
    inputs: [a],
    shape: [count, n, 1],
    kernel: (sources, store, name) => jacobi({ name, a: only(sources), kind: 'singular', result: 'values', store }),
    // da = U·diag(ds)·Vᵀ
    gradient: (ds, s) => {
      const v = rightVectors(a);
      return [matmul(mul(leftVectors(a, v, s), transposed(ds)), v, { transposeB: true })];
    },
  });
}

/** V [count, n, n]: the eigenvectors of aᵀ·a, the largest eigenvalue first. */
function rightVectors(a: Node): Node {
  const [count = 1, , n = 1] = a.shape;
  return matrixNode({
    name: 'singularVectors',
    inputs: [a],
    shape: [count, n, n],
    kernel: (sources, store, name) => jacobi({ name, a: only(sources), kind: 'singular', result: 'vectors', store }),
    gradient: (dv, v) => {
      const s = singularValues(a);
      const g = turnedBy(v, dv, mul(s, s)); // of aᵀ·a
      return [matmul(a, add(g, transposed(g)))];
    },
  });
}

/** U = a·V / s; columns of 0 where s is 0. */
function leftVectors(a: Node, v: Node, s: Node): Node {
  const sizes = transposed(s);
  const isThere = greater(sizes, 0);
  return where(isThere, div(matmul(a, v), where(isThere, sizes, 1)), 0);
}

/**
 * u [..., m, k], s [..., k], falling, and vh [..., k, n] of a = u·diag(s)·vh, k the smaller of m and n; a [..., m, n]. Where s is 0 the
 * columns of u (the rows of vh, if m < n) are 0.
 */
export function svd(a: Node): [u: Node, s: Node, vh: Node] {
  const { matrices, outer, m, n, back } = stackOf('svd', a);
  const isTall = m >= n;
  const tall = isTall ? matrices : transposed(matrices);
  const [s, v] = [singularValues(tall), rightVectors(tall)];
  const u = leftVectors(tall, v, s);
  const sizes = reshape(s, [...outer, Math.min(m, n)]);
  // aᵀ = u·s·vᵀ is a = v·s·uᵀ
  return isTall ? [back(u), sizes, back(transposed(v))] : [back(v), sizes, back(transposed(u))];
}
