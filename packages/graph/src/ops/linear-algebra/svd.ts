// The singular value decomposition. The gradient of vectors divides by differences of values, so it exists where the values
// differ.

import { singular } from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { add, mul, sub } from '../elementwise/arithmetic.ts';
import { greater, logicalOr, notEqual, where } from '../elementwise/comparison.ts';
import { overGaps, overWhere } from './divide-by-gaps.ts';
import { matmul } from './matmul.ts';
import { isDiagonal } from './matrix-entries.ts';
import { matrixNodes, stackOf, transposed } from './matrix-op.ts';

interface Factors {
  /** [count, m, n] */
  readonly u: Node;
  /** [count, 1, n], in descending order */
  readonly s: Node;
  /** [count, n, n]; the columns are the right singular vectors */
  readonly v: Node;
}

/**
 * da = U·(F ∘ (P − Pᵀ)·S + S·F ∘ (Q − Qᵀ) + diag(ds))·Vᵀ + (dU − U·P)·S⁻¹·Vᵀ with P = Uᵀ·dU, Q = Vᵀ·dV and
 * Fᵢⱼ = 1 / (sⱼ² − sᵢ²) (J. Townsend, 2016). The squares could be too small or too large for float32: F·S is
 * sⱼ / (sᵢ + sⱼ) over sⱼ − sᵢ.
 */
function gradientOf([du, ds, dv]: readonly (Node | undefined)[], { u, s, v }: Factors): Node {
  const [m = 0, n = 0] = u.shape.slice(1);
  const [p, q] = [du && matmul(u, du, { transposeA: true }), dv && matmul(v, dv, { transposeA: true })];
  const rows = transposed(s);
  const sums = add(s, rows);
  const rotationPart = (change: Node, part: Node): Node =>
    mul(sub(change, transposed(change)), overWhere(greater(sums, 0), part, sums));
  const rotations = [p && rotationPart(p, s), q && rotationPart(q, rows)].filter((x) => x !== undefined);
  const asked = [p, q].filter((x) => x !== undefined);
  const off = rotations.length > 0 ? overGaps(rotations.reduce(add), sub(s, rows), asked) : undefined;
  const within = off ? matmul(u, ds ? where(isDiagonal(v), ds, off) : off) : mul(u, ds ?? 0);
  if (m === n || !du || !p) return matmul(within, v, { transposeB: true });
  const beside = sub(du, matmul(u, p)); // orthogonal to all columns of u
  const isAsked = logicalOr(greater(s, 0), notEqual(beside, 0));
  return matmul(add(within, overWhere(isAsked, beside, s)), v, { transposeB: true });
}

/**
 * a [..., m, n] = u·diag(s)·vh, k the smaller of m and n: u [..., m, k], s [..., k] in descending order, vh [..., k, n]. The columns of
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
      return gradientOf(dys, { u, s: sizes, v });
    },
  });
  if (!left || !s || !right) throw new Error('internal: svd has three results');
  // aᵀ = u·s·vᵀ is a = v·s·uᵀ
  return isTall ? [back(left), s, back(transposed(right))] : [back(right), s, back(transposed(left))];
}
