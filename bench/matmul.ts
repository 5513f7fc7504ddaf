// Matrix products in all transpositions, on one thread and on all, as shares of the micro-kernel's speed in the same rounds.

import { compile, matmul, randomNormal, setThreads, type Tensor, threads, variable, zeros } from 'treadle';
import { arithmeticLimit } from './limits.ts';
import { type Case, measure } from './measure.ts';

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
  { m: 256, k: 256, n: 256 },
  { m: 128, k: 784, n: 128 },
  { m: 784, k: 256, n: 512, transposeA: true },
  { m: 256, k: 512, n: 784, transposeB: true },
  { m: 32, k: 784, n: 10 },
];

const nameOf = ({ m, k, n, transposeA, transposeB }: Product): string =>
  `(${m}×${k})${transposeA ? ' of Aᵀ' : ''} · (${k}×${n})${transposeB ? ' of Bᵀ' : ''}`;

export function matmulBench(): void {
  const all = threads();
  const limit = arithmeticLimit();
  const cases = products.map(productCase);
  const rows: Record<string, string>[] = [];
  setThreads(1);
  const alone = measure([limit, ...cases]);
  setThreads(all);
  const together = measure(cases);
  const peak = limit.flops / (alone.get(limit.name)?.ms ?? 0) / 1e6;
  for (const product of products) {
    const name = nameOf(product);
    const flops = 2 * product.m * product.k * product.n;
    const [one, many] = [alone.get(name)?.ms ?? 0, together.get(name)?.ms ?? 0];
    rows.push({
      product: name,
      'GFLOP/s, 1 thread': (flops / one / 1e6).toFixed(1),
      'of the limit': `${((100 * flops) / one / 1e6 / peak).toFixed(0)} %`,
      spread: `${(100 * (alone.get(name)?.spread ?? 0)).toFixed(0)} %`,
      [`${all} threads`]: (flops / many / 1e6).toFixed(1),
      'speed-up': `${(one / many).toFixed(2)} ×`,
    });
  }
  console.log(`\nmatmul: the limit is ${peak.toFixed(1)} GFLOP/s (micro-kernel in L1, one thread)`);
  console.table(rows);
}

function productCase(product: Product): Case {
  const { m, k, n, transposeA = false, transposeB = false } = product;
  const a = randomNormal(transposeA ? [k, m] : [m, k], { seed: 1 }).realize();
  const b = randomNormal(transposeB ? [n, k] : [k, n], { seed: 2 }).realize();
  const c = variable(zeros([m, n]));
  const multiply = compile((x: Tensor, y: Tensor) => {
    c.assign(matmul(x, y, { transposeA, transposeB }));
  });
  const run = (): void => multiply(a, b);
  return { name: nameOf(product), run, verify: () => check(run, { a, b, c }, product) };
}

/**
 * C·v = A·(B·v) for v of random signs, in float64, row by row within what float32 sums may be off: an O(n²) check of every
 * element (Freivalds, 1977).
 */
function check(
  run: () => void,
  { a, b, c }: Record<'a' | 'b' | 'c', Tensor>,
  { m, k, n, transposeA, transposeB }: Product,
): void {
  run();
  const [A, B, C] = [a.data(), b.data(), c.data()];
  const v = Float64Array.from({ length: n }, (_, i) => (Math.imul(i + 1, 2654435761) < 0 ? -1 : 1));
  const bv = new Float64Array(k);
  const absB = new Float64Array(k);
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) {
      const x = B[transposeB ? j * k + p : p * n + j] ?? 0;
      bv[p] = (bv[p] ?? 0) + x * (v[j] ?? 0);
      absB[p] = (absB[p] ?? 0) + Math.abs(x);
    }
  }
  const unit = 2 ** -24;
  const gamma = (k * unit) / (1 - k * unit); // γₖ: a sum of k products is off by at most γₖ·Σ|aᵢbᵢ|
  for (let i = 0; i < m; i++) {
    let [left, right, bound] = [0, 0, 0];
    for (let j = 0; j < n; j++) left += (C[i * n + j] ?? 0) * (v[j] ?? 0);
    for (let p = 0; p < k; p++) {
      const x = A[transposeA ? p * m + i : i * k + p] ?? 0;
      right += x * (bv[p] ?? 0);
      bound += Math.abs(x) * (absB[p] ?? 0);
    }
    if (!(Math.abs(left - right) <= gamma * bound))
      throw new Error(`matmul: row ${i} is wrong: ${left} instead of ${right}`);
  }
}
