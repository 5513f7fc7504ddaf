// Matrix products of many sizes, with every combination of transposed operands.

import { matmul, randomNormal, type Tensor } from 'treadle';
import type { Rounds } from './measure.ts';
import { gamma } from './verify.ts';
import { compute, measureWork, type Row, type Work } from './work.ts';

interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const products: readonly Product[] = [
  { m: 1024, k: 1024, n: 1024 },
  { m: 1024, k: 1024, n: 1024, transposeA: true },
  { m: 1024, k: 1024, n: 1024, transposeB: true },
  { m: 1024, k: 1024, n: 1024, transposeA: true, transposeB: true },
  { m: 512, k: 512, n: 512 },
  { m: 2048, k: 2048, n: 2048 },
  { m: 1025, k: 1025, n: 1025 },
  { m: 256, k: 256, n: 256 },
  { m: 64, k: 64, n: 64 },
  { m: 128, k: 784, n: 128 },
  { m: 784, k: 256, n: 512, transposeA: true },
  { m: 256, k: 512, n: 784, transposeB: true },
  { m: 32, k: 784, n: 512 },
  { m: 32, k: 784, n: 10 },
  { m: 32, k: 784, n: 17 },
  { m: 1, k: 784, n: 128 },
  { m: 1, k: 784, n: 128, transposeB: true },
];

const nameOf = ({ m, k, n, transposeA, transposeB }: Product): string =>
  `(${m}×${k})${transposeA ? ' of Aᵀ' : ''} · (${k}×${n})${transposeB ? ' of Bᵀ' : ''}`;

export function matmulBench(rounds: Rounds): Row[] {
  return measureWork('matmul', products.map(productWork), rounds);
}

export function productWork(product: Product): Work {
  const { m, k, n, transposeA = false, transposeB = false } = product;
  const a = randomNormal(transposeA ? [k, m] : [m, k], { seed: 1 }).realize();
  const b = randomNormal(transposeB ? [n, k] : [k, n], { seed: 2 }).realize();
  const multiply = (x: Tensor, y: Tensor): Tensor => matmul(x, y, { transposeA, transposeB });
  const verify = (c: Tensor): void => check(a, b, c, product);
  return {
    ...compute(nameOf(product), (x, y) => multiply(x!, y!), [a, b], verify),
    flops: 2 * m * k * n,
    bytes: 4 * (m * k + k * n + m * n),
  };
}

/**
 * Checks every element of C = A·B in O(n²): C·v = A·(B·v) for a vector v of random signs, in float64, row by row within
 * the bound of float32 sums (R. Freivalds, 1977).
 */
function check(a: Tensor, b: Tensor, c: Tensor, { m, k, n, transposeA, transposeB }: Product): void {
  const [A, C] = [a.data(), c.data()];
  const signs = Float64Array.from({ length: n }, (_, i) => (Math.imul(i + 1, 2654435761) < 0 ? -1 : 1));
  const { sums, sizes } = rowSums(b.data(), signs, k, transposeB);
  for (let i = 0; i < m; i++) {
    let [left, right, size] = [0, 0, 0];
    for (let j = 0; j < n; j++) left += (C[i * n + j] ?? 0) * (signs[j] ?? 0);
    for (let p = 0; p < k; p++) {
      const x = A[transposeA ? p * m + i : i * k + p] ?? 0;
      right += x * (sums[p] ?? 0);
      size += Math.abs(x) * (sizes[p] ?? 0);
    }
    if (!(Math.abs(left - right) <= gamma(k) * size))
      throw new Error(`matmul: row ${i} is wrong: ${left} instead of ${right}`);
  }
}

/** B·v and |B|·|v| for B [k, n], which is stored as [n, k] if transposed, and v of signs. */
function rowSums(B: ArrayLike<number>, signs: Float64Array, k: number, transposed = false) {
  const n = signs.length;
  const [sums, sizes] = [new Float64Array(k), new Float64Array(k)];
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) {
      const x = B[transposed ? j * k + p : p * n + j] ?? 0;
      sums[p]! += x * signs[j]!;
      sizes[p]! += Math.abs(x);
    }
  }
  return { sums, sizes };
}
