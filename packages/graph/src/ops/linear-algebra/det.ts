// The determinant. Its gradient is the matrix of cofactors.

import { cofactors as cofactorsKernel, determinant } from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { mul, sub } from '../elementwise/arithmetic.ts';
import { reshape } from '../moves/reshape.ts';
import { sum } from '../reduce/sum-and-broadcast.ts';
import { matmul } from './matmul.ts';
import { identities } from './matrix-entries.ts';
import { firstOf, matrixNode, squareStackOf, transposed } from './matrix-op.ts';
import { solveStack } from './solve.ts';

/** The matrices of cofactors of [count, n, n], which are the gradients of the determinants: det a·a⁻ᵀ where a has an inverse. */
function cofactors(a: Node): Node {
  return matrixNode({
    name: 'cofactors',
    inputs: [a],
    shape: a.shape,
    kernel: (sources, store, name) => cofactorsKernel({ name, a: firstOf(sources), store }),
    // c = det a·a⁻ᵀ: da = ⟨dc, c⟩·a⁻ᵀ − a⁻ᵀ·dcᵀ·c, NaN where a is singular
    gradient: (dc, c) => {
      const along = sum(mul(dc, c), [1, 2], { keepDims: true });
      const back = sub(mul(along, identities(a.shape[0] ?? 1, a.shape[1] ?? 1)), matmul(dc, c, { transposeA: true }));
      return [solveStack(transposed(a), back)];
    },
  });
}

/** The determinants of a [..., n, n]: [...]. It is 0 where a is singular; the gradient is right there, too. */
export function det(a: Node): Node {
  const { matrices, outer } = squareStackOf('det', a);
  const count = matrices.shape[0] ?? 1;
  const y = matrixNode({
    name: 'det',
    inputs: [matrices],
    shape: [count, 1, 1],
    kernel: (sources, store, name) => determinant({ name, a: firstOf(sources), store }),
    gradient: (dy) => [mul(dy, cofactors(matrices))],
  });
  return reshape(y, outer);
}
