// Eigenvalues and eigenvectors of symmetric matrices. The gradient of vectors divides by differences of values, so it exists
// where the values differ (M. Giles, 2008).

import { eigen } from '@treadle/kernels';
import type { Node } from '../../node.ts';
import { add, mul, sub } from '../elementwise/arithmetic.ts';
import { overGaps } from './divide-by-gaps.ts';
import { matmul } from './matmul.ts';
import { symmetricPart } from './matrix-entries.ts';
import { matrixNodes, squareStackOf, transposed } from './matrix-op.ts';

/** The part of the gradient that comes from the vectors: V·(F ∘ Vᵀ·dV)·Vᵀ with Fᵢⱼ = 1 / (wⱼ − wᵢ), and 0 on the diagonal. */
function vectorGradient(v: Node, dv: Node, w: Node): Node {
  const asked = matmul(v, dv, { transposeA: true });
  const inner = overGaps(asked, sub(transposed(w), w), [asked]);
  return matmul(matmul(v, inner), v, { transposeB: true });
}

/**
 * The eigenvalues [..., n], in ascending order, and the eigenvectors, as columns of [..., n, n], of the symmetric part of a [..., n, n].
 * The largest element of a vector is positive.
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
      // da = V·diag(dw)·Vᵀ + vectorGradient
      const ofValues = dw && matmul(mul(v, transposed(dw)), v, { transposeB: true });
      const ofVectors = dv && vectorGradient(v, dv, w);
      return ofValues && ofVectors ? add(ofValues, ofVectors) : (ofValues ?? ofVectors);
    },
  });
  if (!values || !vectors) throw new Error('internal: eigh has two results');
  return [values, vectors];
}
