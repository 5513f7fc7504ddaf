// The Cholesky factorization of symmetric, positive definite matrices.

import { cholesky as choleskyKernel } from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { greater, greaterEqual, where } from '../elementwise/comparison.ts';
import { arange } from '../elementwise/index-lanes.ts';
import { expandDims } from '../moves/moves.ts';
import { matmul } from './matmul.ts';
import { matrixNode, only, squareStackOf, transposed } from './matrices.ts';
import { solveStack } from './solve.ts';

/** [..., n, n] with what is above the diagonal set to 0. */
export function lowerTriangle(x: Node): Node {
  const n = x.shape.at(-1) ?? 1;
  const places = arange(n);
  return where(greaterEqual(expandDims(places, 1), places), x, 0);
}

/** The part below the diagonal alone. */
export function strictlyLower(x: Node): Node {
  const n = x.shape.at(-1) ?? 1;
  const places = arange(n);
  return where(greater(expandDims(places, 1), places), x, 0);
}

/** (a + aᵀ) / 2 */
export function symmetricPart(a: Node): Node {
  return mul(add(a, transposed(a)), 0.5);
}

/**
 * L, lower triangular with a positive diagonal, of a = L·Lᵀ: a [..., n, n], of which the symmetric part counts. NaN where a is not
 * positive definite to the precision of float32.
 */
export function cholesky(a: Node): Node {
  const { matrices, back } = squareStackOf('cholesky', a);
  const symmetric = symmetricPart(matrices);
  const factor = matrixNode({
    name: 'cholesky',
    inputs: [symmetric],
    shape: matrices.shape,
    kernel: (sources, store, name) => choleskyKernel({ name, a: only(sources), store }),
    // da = L⁻ᵀ·Φ(Lᵀ·dL)·L⁻¹, Φ the lower triangle with half of its diagonal (I. Murray, 2016)
    gradient: (dl, l) => {
      const p = matmul(transposed(l), lowerTriangle(dl));
      const phi = mul(add(lowerTriangle(p), strictlyLower(p)), 0.5);
      const up = transposed(l);
      const inner = solveStack(up, phi); // L⁻ᵀ·Φ
      return [symmetricPart(transposed(solveStack(up, transposed(inner))))]; // (L⁻ᵀ·(L⁻ᵀ·Φ)ᵀ)ᵀ = L⁻ᵀ·Φ·L⁻¹
    },
  });
  return back(factor);
}
