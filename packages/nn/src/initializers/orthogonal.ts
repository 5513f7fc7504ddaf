// orthogonal: the Q of a normally distributed matrix, which is uniform over all orthogonal matrices (A. Saxe et al., Exact solutions
// to the nonlinear dynamics of learning in deep linear neural networks, 2013). It is computed in float64 when the variable is made,
// not by the op qr, which works in float32: then QᵀQ is the identity up to one rounding of each element.

import {
  checkShape,
  derived,
  type OptionKinds,
  outsideRecording,
  randomNormal,
  readOptions,
  ShapeError,
} from '@treadle/tensor';
import { type Initializer, type SeedOption, seedOption } from './initializer.ts';

/** Options of `orthogonal`. */
export interface OrthogonalOptions extends SeedOption {
  /** the factor of the matrix; 1 by default */
  readonly gain?: number;
}

const orthogonalOptions: OptionKinds<OrthogonalOptions> = { gain: 'number', ...seedOption };

/**
 * A matrix [product of all axes but the last, the last] whose shorter side is orthonormal: QᵀQ = gain²·1 or QQᵀ = gain²·1. The
 * initializer throws ShapeError for fewer than two axes.
 *
 * @example
 * ```ts
 * import { initializers } from 'treadle';
 * const q = initializers.orthogonal({ seed: 1 })([3, 3]);
 * q.matmul(q.transpose()).round().abs(); // → [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
 * ```
 */
export function orthogonal(options: OrthogonalOptions = {}): Initializer {
  const { gain = 1, ...seed } = readOptions('orthogonal', options, orthogonalOptions);
  return (shape) => {
    checkShape('orthogonal', shape);
    const columns = shape.at(-1) ?? 0;
    if (shape.length < 2) {
      throw new ShapeError(`orthogonal: the shape must have two axes or more; got [${shape.join(', ')}]`);
    }
    const rows = shape.slice(0, -1).reduce((size, extent) => size * extent, 1);
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const at = rows >= columns ? (i: number, j: number) => j * length + i : (i: number, j: number) => i * length + j;
    return outsideRecording(() =>
      derived(randomNormal([count, length], seed), shape, (numbers) => {
        const vectors = orthonormal(Float64Array.from(numbers), count, length);
        return Float32Array.from({ length: rows * columns }, (_, k) => {
          return gain * (vectors[at(Math.floor(k / columns), k % columns)] ?? 0);
        });
      }),
    );
  };
}

/** Makes each of the vectors [count, length] orthogonal to those before it and of length 1 (Gram-Schmidt, twice for accuracy). */
function orthonormal(vectors: Float64Array, count: number, length: number): Float64Array {
  for (let i = 0; i < count; i++) {
    const v = vectors.subarray(i * length, (i + 1) * length);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) subtractProjection(v, vectors.subarray(j * length, (j + 1) * length));
    }
    const norm = Math.sqrt(dot(v, v));
    for (let k = 0; k < length; k++) v[k] = (v[k] ?? 0) / norm;
  }
  return vectors;
}

/** v ← v − (v·u) u */
function subtractProjection(v: Float64Array, u: Float64Array): void {
  const along = dot(v, u);
  for (let k = 0; k < v.length; k++) v[k] = (v[k] ?? 0) - along * (u[k] ?? 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] ?? 0) * (b[k] ?? 0);
  return sum;
}
