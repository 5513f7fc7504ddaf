// The Cholesky factorization of symmetric, positive definite matrices.

import { cholesky as choleskyKernel } from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { add, mul } from '../elementwise/arithmetic.ts';
import { matmul } from './matmul.ts';
import { lowerTriangle, strictlyLower, symmetricPart } from './matrix-entries.ts';
import { firstOf, matrixNode, squareStackOf, transposed } from './matrix-op.ts';
import { solveStack } from './solve.ts';

/**
 * The lower triangular L with a positive diagonal and L·Lᵀ = a, for the symmetric part of a [..., n, n]. NaN where a is not positive
 * definite to the precision of float32.
 */
export function cholesky(a: Node): Node {
  const { matrices, back } = squareStackOf('cholesky', a);
  const symmetric = symmetricPart(matrices);
  const factor = matrixNode({
    name: 'cholesky',
    inputs: [symmetric],
    shape: matrices.shape,
    kernel: (sources, store, name) => choleskyKernel({ name, a: firstOf(sources), store }),
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
