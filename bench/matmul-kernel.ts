// How near products come to the micro-kernel alone on panels that stay in L1, on one thread: the share of the limit that
// packing, caches and the borders of blocks leave. Each product is verified before it is timed, and the limit is measured
// again beside it, because clocks and neighbours change.

import { chooseLevel } from '@treadle/compiler';
import { type Kernel, matmul, type Operand, probe } from '@treadle/kernels';
import { compileOptimized, type Prepared, prepareKernels } from '../test/support/run-kernels.ts';

interface Case {
  readonly what: string;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly batch?: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const cases: readonly Case[] = [
  { what: 'large', m: 1024, k: 1024, n: 1024 },
  { what: 'large, Aᵀ', m: 1024, k: 1024, n: 1024, transposeA: true },
  { what: 'large, Bᵀ', m: 1024, k: 1024, n: 1024, transposeB: true },
  { what: 'large, Aᵀ Bᵀ', m: 1024, k: 1024, n: 1024, transposeA: true, transposeB: true },
  { what: 'medium', m: 256, k: 256, n: 256 },
  { what: 'dense layer', m: 128, k: 784, n: 128 },
  { what: 'gradient of weights', m: 784, k: 256, n: 512, transposeA: true },
  { what: 'gradient of inputs', m: 256, k: 512, n: 784, transposeB: true },
  { what: 'small batch', m: 32, k: 784, n: 128 },
  { what: 'logits', m: 32, k: 784, n: 10 },
  { what: 'one row', m: 1, k: 784, n: 128 },
  { what: 'one column', m: 784, k: 784, n: 1 },
  { what: 'odd sizes', m: 97, k: 101, n: 103 },
  { what: 'attention scores', batch: 12, m: 128, k: 64, n: 128, transposeB: true },
  { what: 'attention values', batch: 12, m: 128, k: 128, n: 64 },
  { what: 'tiny, many', batch: 1000, m: 4, k: 4, n: 4 },
  { what: 'tiny, one', m: 4, k: 2, n: 3 },
];

/** Nanoseconds of one call: the least and the median of about 0.2 s of repetitions. */
function time(run: () => void): { least: number; median: number } {
  const once = (calls: number): number => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) run();
    return Number(process.hrtime.bigint() - start) / calls;
  };
  once(1);
  const calls = Math.max(1, Math.floor(200_000 / once(1)));
  const times = [once(calls)];
  for (const start = performance.now(); performance.now() - start < 200; ) times.push(once(calls));
  times.sort((a, b) => a - b);
  return { least: times[0]!, median: times[times.length >> 1]! };
}

function operand(slot: number, batch: number, rows: number, columns: number, transposed = false): Operand {
  const strides = transposed ? [rows * columns, 1, rows] : [rows * columns, columns, 1];
  return { slot, view: { shape: [batch, rows, columns], strides, offset: 0 } };
}

const { level } = chooseLevel();

function peak(): number {
  const { bytes, flops, prepare } = probe(level);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  prepare(new Float32Array(memory.buffer));
  const { run } = new WebAssembly.Instance(compileOptimized(bytes), { env: { memory } }).exports;
  return (200 * flops) / time(() => run?.(200)).least;
}

function planOf({ batch = 1, m, k, n, transposeA, transposeB }: Case): { plan: Prepared; kernels: readonly Kernel[] } {
  const random = (length: number) => Float32Array.from({ length }, () => Math.random() - 0.5);
  const [a, b] = [operand(0, batch, m, k, transposeA), operand(1, batch, k, n, transposeB)];
  const buffers = new Map<number, Float32Array | number>([
    [0, random(batch * m * k)],
    [1, random(batch * k * n)],
    [2, batch * m * n],
  ]);
  const allocate = (length: number): number => {
    buffers.set(buffers.size, length);
    return buffers.size - 1;
  };
  const kernels = matmul({ a, b, out: 2, level, allocate });
  const plan = prepareKernels(kernels, buffers);
  plan.run();
  verify({ a, b }, plan);
  return { plan, kernels };
}

/** Freivalds: C·x = A·(B·x) for a vector x of random signs, up to the error of the chains. Of the first product only. */
function verify({ a, b }: { a: Operand; b: Operand }, { views }: Prepared): void {
  const [m = 0, k = 0] = a.view.shape.slice(1);
  const n = b.view.shape[2] ?? 0;
  const at = ({ slot, view }: Operand, i: number, j: number) =>
    views.get(slot)![i * view.strides[1]! + j * view.strides[2]!]!;
  const x = Array.from({ length: n }, () => (Math.random() < 0.5 ? -1 : 1));
  const bx = Array.from({ length: k }, (_, p) => x.reduce((sum, sign, j) => sum + sign * at(b, p, j), 0));
  for (let i = 0; i < m; i++) {
    const want = bx.reduce((sum, y, p) => sum + at(a, i, p) * y, 0);
    const got = x.reduce((sum, sign, j) => sum + sign * views.get(2)![i * n + j]!, 0);
    const bound = n * 2 * k * 2 ** -24 * k * 0.25;
    if (!(Math.abs(got - want) <= bound)) throw new Error(`wrong product: row ${i} is off by ${Math.abs(got - want)}`);
  }
}

const rows = cases.map((one) => {
  const { batch = 1, m, k, n } = one;
  const { plan, kernels } = planOf(one);
  const limit = peak();
  const { least, median } = time(() => plan.run());
  const gflops = (2 * batch * m * k * n) / least;
  return {
    product: `${batch > 1 ? `${batch} × ` : ''}${m}×${k}×${n}`,
    what: one.what,
    µs: +(least / 1e3).toFixed(1),
    median: +(median / 1e3).toFixed(1),
    'GFLOP/s': +gflops.toFixed(1),
    limit: +limit.toFixed(1),
    share: `${Math.round((100 * gflops) / Math.max(limit, 1e-9))} %`,
    tiles: kernels.map(({ tiles }) => tiles).join(' + '),
  };
});
console.log(`Node ${process.version}, ${level.bits} bits, ${level.fma ? 'fma' : 'mul + add'}, one thread`);
console.table(rows);
