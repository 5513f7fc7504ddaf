// Eigenvalues and eigenvectors of symmetric matrices, and the singular value decomposition of any. The gradients of vectors divide
// by differences of values: they are for matrices whose values differ (M. Giles, 2008).

import { eigen, singular } from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { add, div, mul, sub } from '../elementwise/arithmetic.ts';
import { equal, greater, logicalAnd, logicalNot, logicalOr, notEqual, where } from '../elementwise/comparison.ts';
import { arange } from '../elementwise/index-lanes.ts';
import { expandDims } from '../moves/moves.ts';
import { symmetricPart } from './cholesky.ts';
import { matmul } from './matmul.ts';
import { matrixNodes, squareStackOf, stackOf, transposed } from './matrices.ts';

/** V·(F ∘ Vᵀ·dV)·Vᵀ, Fᵢⱼ = 1 / (wⱼ − wᵢ) and 0 on the diagonal: what a change of the vectors asks of the matrix. */
function turnedBy(v: Node, dv: Node, w: Node): Node {
  const asked = matmul(v, dv, { transposeA: true });
  const inner = overGaps(asked, sub(transposed(w), w), [asked]);
  return matmul(matmul(v, inner), v, { transposeB: true });
}

/** Of square matrices: where they have their diagonal. */
function isDiagonal(x: Node): Node {
  const places = arange(x.shape.at(-1) ?? 1);
  return equal(expandDims(places, 1), places);
}

/**
 * x / gaps off the diagonal; 0 where nothing is asked of vectors i and j, neither by [i, j] nor by [j, i]. So vectors of equal
 * values, which are no function of the matrix, make a gradient NaN or infinite only if it depends on them.
 */
function overGaps(x: Node, gaps: Node, asked: readonly Node[]): Node {
  const isAnywhere = asked.map((part) => notEqual(part, 0)).reduce((a, b) => logicalOr(a, b));
  return overWhere(logicalAnd(logicalOr(isAnywhere, transposed(isAnywhere)), logicalNot(isDiagonal(x))), x, gaps);
}

/** x / y where the condition holds, else 0; y has no part in it elsewhere, nor in its gradient. */
function overWhere(condition: Node, x: Node, y: Node): Node {
  return where(condition, div(x, where(condition, y, 1)), 0);
}

/**
 * The eigenvalues [..., n], rising, and as columns of [..., n, n] the eigenvectors of a [..., n, n], of which the symmetric part
 * counts. A vector's largest element is positive.
 */
export function eigh(a: Node): [values: Node, vectors: Node] {
  const { matrices, outer, n } = squareStackOf('eigh', a);
  const [values, vectors] = matrixNodes({
    name: 'eigh',
    a: symmetricPart(matrices),
    results: [
      { rows: n, columns: 1, shape: [...outer, n] },
      { rows: n, columns: n, shape: [...outer, n, n] },
    ],
    kernel: (from, [toValues, toVectors], name) => eigen({ name, a: from, values: toValues, vectors: toVectors }),
    gradient: ([dw, dv], [w, v]) => {
      if (!w || !v) throw new Error('internal: eigh has two results');
      // da = V·diag(dw)·Vᵀ, and what a change of the vectors asks
      const ofValues = dw && matmul(mul(v, transposed(dw)), v, { transposeB: true });
      const ofVectors = dv && turnedBy(v, dv, w);
      return ofValues && ofVectors ? add(ofValues, ofVectors) : (ofValues ?? ofVectors);
    },
  });
  if (!values || !vectors) throw new Error('internal: eigh has two results');
  return [values, vectors];
}

interface Parts {
  /** [count, m, n] */
  readonly u: Node;
  /** [count, 1, n], falling */
  readonly s: Node;
  /** [count, n, n], as columns */
  readonly v: Node;
}

/**
 * da = U·(F ∘ (P − Pᵀ)·S + S·F ∘ (Q − Qᵀ) + diag(ds))·Vᵀ + (dU − U·P)·S⁻¹·Vᵀ with P = Uᵀ·dU, Q = Vᵀ·dV and
 * Fᵢⱼ = 1 / (sⱼ² − sᵢ²) (J. Townsend, 2016). The squares could be too small or too large for float32: F·S is
 * sⱼ / (sᵢ + sⱼ) over sⱼ − sᵢ.
 */
function changeOf([du, ds, dv]: readonly (Node | undefined)[], { u, s, v }: Parts): Node {
  const [m = 0, n = 0] = u.shape.slice(1);
  const [p, q] = [du && matmul(u, du, { transposeA: true }), dv && matmul(v, dv, { transposeA: true })];
  const rows = transposed(s);
  const sums = add(s, rows);
  const turnedIn = (change: Node, part: Node): Node =>
    mul(sub(change, transposed(change)), overWhere(greater(sums, 0), part, sums));
  const turned = [p && turnedIn(p, s), q && turnedIn(q, rows)].filter((x) => x !== undefined);
  const asked = [p, q].filter((x) => x !== undefined);
  const off = turned.length > 0 ? overGaps(turned.reduce(add), sub(s, rows), asked) : undefined;
  const within = off ? matmul(u, ds ? where(isDiagonal(v), ds, off) : off) : mul(u, ds ?? 0);
  if (m === n || !du || !p) return matmul(within, v, { transposeB: true });
  const beside = sub(du, matmul(u, p)); // in no direction that u spans
  const isAsked = logicalOr(greater(s, 0), notEqual(beside, 0));
  return matmul(add(within, overWhere(isAsked, beside, s)), v, { transposeB: true });
}

/**
 * u [..., m, k], s [..., k], falling, and vh [..., k, n] of a = u·diag(s)·vh, k the smaller of m and n; a [..., m, n]. The columns of
 * u and the rows of vh are orthonormal, also where s is 0.
 */
export function svd(a: Node): [u: Node, s: Node, vh: Node] {
  const { matrices, outer, m, n, back } = stackOf('svd', a);
  const isTall = m >= n;
  const [count = 1] = matrices.shape;
  const [long, k] = isTall ? [m, n] : [n, m];
  const [left, s, right] = matrixNodes({
    name: 'svd',
    a: isTall ? matrices : transposed(matrices),
    results: [
      { rows: long, columns: k, shape: [count, long, k] },
      { rows: 1, columns: k, shape: [...outer, k] },
      { rows: k, columns: k, shape: [count, k, k] },
    ],
    kernel: (from, [toLeft, toValues, toRight], name) =>
      singular({ name, a: from, left: toLeft, values: toValues, right: toRight }),
    gradient: (dys, [u, sizes, v]) => {
      if (!u || !sizes || !v) throw new Error('internal: svd has three results');
      return changeOf(dys, { u, s: sizes, v });
    },
  });
  if (!left || !s || !right) throw new Error('internal: svd has three results');
  // aᵀ = u·s·vᵀ is a = v·s·uᵀ
  return isTall ? [back(left), s, back(transposed(right))] : [back(right), s, back(transposed(left))];
}
