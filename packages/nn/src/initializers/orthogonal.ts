// The orthogonal initializer: the Q of a normally distributed matrix, which is uniform over all orthogonal ones (A. Saxe et al.,
// Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2013). Computed in float64.

import {
  checkShape,
  type OptionKinds,
  outsideRecording,
  randomNormal,
  readOptions,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
} from '@treadle/tensor';

export interface OrthogonalOptions {
  /** what the matrix is multiplied by; 1 by default */
  readonly gain?: number;
  /** values that depend on this seed alone */
  readonly seed?: number;
}

const orthogonalOptions: OptionKinds<OrthogonalOptions> = {
  gain: 'number',
  seed: 'number',
};

/**
 * A matrix [all axes but the last, the last] whose shorter side is orthonormal: QᵀQ = gain²·1 or QQᵀ = gain²·1. Throws ShapeError
 * for less than two axes.
 */
export function orthogonal(options: OrthogonalOptions = {}): (shape: Shape) => Tensor {
  const { gain = 1, ...seed } = readOptions('orthogonal', options, orthogonalOptions);
  return (shape) => {
    checkShape('orthogonal', shape);
    const columns = shape.at(-1) ?? 0;
    if (shape.length < 2) {
      throw new ShapeError(`orthogonal: the shape must have two axes or more; got [${shape.join(', ')}]`);
    }
    const rows = shape.slice(0, -1).reduce((size, extent) => size * extent, 1);
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const numbers = outsideRecording(() => randomNormal([count, length], seed).data());
    const vectors = orthonormal(Float64Array.from(numbers), count, length);
    const at = rows >= columns ? (i: number, j: number) => j * length + i : (i: number, j: number) => i * length + j;
    const values = Float32Array.from({ length: rows * columns }, (_, k) => {
      return gain * (vectors[at(Math.floor(k / columns), k % columns)] ?? 0);
    });
    return tensor(values, { shape });
  };
}

/** The vectors [count, length], each made orthogonal to those before it (Gram and Schmidt, twice for accuracy) and of length 1. */
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
