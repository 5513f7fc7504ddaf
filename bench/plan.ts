// The quality of the plans of training steps, on one thread. Operations and bytes of a plan are compared with the
// least that any plan needs; its time with the time that these operations and bytes cost at the limits of the
// machine, and with a plan of its matrix products alone.

import { compile, type Explanation, explain, matmul, randomNormal, setThreads, type Tensor, threads } from 'treadle';
import { arithmeticLimit, memoryLimit } from './limits.ts';
import { type Case, measure, type Rounds, type Timing } from './measure.ts';
import { plainStep } from './plain-step.ts';
import { printTable } from './table.ts';
import { flopsOf, type Network, trainingOf } from './train-step.ts';
import { milliseconds, type Row } from './work.ts';

const networks: readonly Network[] = [
  { sizes: [2, 3, 1], batch: 4 }, // the first one is also measured as a step written by hand
  { sizes: [784, 128, 10], batch: 32 },
  { sizes: [784, 512, 512, 10], batch: 128 },
];

interface Measured {
  readonly name: string;
  readonly plan: Explanation;
  /** operations of the products alone, and bytes of inputs and outputs: no plan has fewer */
  readonly leastFlops: number;
  readonly leastBytes: number;
  readonly step: Timing;
  /**
   * milliseconds at the limits of the machine: for the plan's operations, its bytes, the least operations, the least
   * bytes
   */
  readonly flopsMs: number;
  readonly bytesMs: number;
  readonly leastFlopsMs: number;
  readonly leastBytesMs: number;
  readonly productsMs: number;
  readonly byHandMs: number | undefined;
}

export function planBench(rounds: Rounds): Row[] {
  const all = threads();
  setThreads(1);
  const figures = measurePlans(rounds);
  setThreads(all);
  print(figures);
  return figures.map(({ name, plan, step, leastFlopsMs, leastBytesMs }): Row => {
    const limitMs = Math.max(leastFlopsMs, leastBytesMs);
    return { suite: 'plan', name, threads: 1, flops: plan.flops, bytes: bytesOf(plan), limitMs, ...step };
  });
}

function measurePlans(rounds: Rounds): readonly Measured[] {
  const arithmetic = arithmeticLimit();
  const trainings = networks.map(trainingOf);
  const plans = trainings.map(({ step, x, y }) => explain(step)(x, y));
  const copies = [...plans.map(bytesOf), ...plans.map(leastBytesOf)].map((bytes) =>
    memoryLimit(8 * Math.ceil(bytes / 8)),
  );
  const byHand = networks.slice(0, 1).map(byHandCase);
  const [peak, ...times] = measure(
    [arithmetic, ...trainings, ...copies, ...networks.map(productsOf), ...byHand],
    rounds,
  );
  const msOf = (flops: number): number => (flops / arithmetic.flops) * (peak?.ms ?? Number.NaN);
  return networks.map((network, i): Measured => {
    const [step, moved, needed, products, hand] = [0, 1, 2, 3, 4].map((group) => times[group * networks.length + i]);
    const [plan, leastFlops] = [plans[i]!, flopsOf(network)];
    return {
      name: trainings[i]!.name,
      plan,
      leastFlops,
      leastBytes: leastBytesOf(plan),
      step: step!,
      flopsMs: msOf(plan.flops),
      bytesMs: moved!.ms,
      leastFlopsMs: msOf(leastFlops),
      leastBytesMs: needed!.ms,
      productsMs: products!.ms,
      byHandMs: hand?.ms,
    };
  });
}

const bytesOf = ({ bytesRead, bytesWritten }: Explanation): number => bytesRead + bytesWritten;
const leastBytesOf = ({ bytesIn, bytesOut }: Explanation): number => bytesIn + bytesOut;

function print(figures: readonly Measured[]): void {
  const share = (ratio: number): string => `${ratio.toPrecision(3)} ×`;
  printTable(
    'plan: one thread; least bytes = inputs + outputs, least operations = matrix products; the limit is the slower of both',
    figures.map(({ name, plan, step: { ms }, ...f }) => ({
      plan: name,
      kernels: `${plan.kernels.length}`,
      barriers: `${plan.barriers}`,
      'MB moved': (bytesOf(plan) / 1e6).toPrecision(3),
      '× least bytes': share(bytesOf(plan) / f.leastBytes),
      Mflop: (plan.flops / 1e6).toPrecision(3),
      '× least flops': share(plan.flops / f.leastFlops),
      ms: milliseconds(ms),
      'ms of its flops': milliseconds(f.flopsMs),
      'ms of its bytes': milliseconds(f.bytesMs),
      '× both': share(ms / (f.flopsMs + f.bytesMs)),
      '× limit': share(ms / Math.max(f.leastFlopsMs, f.leastBytesMs)),
      'products alone': milliseconds(f.productsMs),
      '× products': share(ms / f.productsMs),
      'by hand': f.byHandMs === undefined ? '' : milliseconds(f.byHandMs),
    })),
  );
}

/**
 * Only the products of a training step: forward, weight gradients, and input gradients except that of the first layer.
 */
function productsOf({ sizes, batch }: Network): Case {
  const random = (rows: number, columns: number, seed: number): Tensor =>
    randomNormal([rows, columns], { seed }).realize();
  const layers = sizes.slice(1).map((n, i) => {
    const k = sizes[i] ?? 1;
    return { x: random(batch, k, i), w: random(k, n, i + 10), dy: random(batch, n, i + 20) };
  });
  const multiply = compile((all: typeof layers) =>
    all.flatMap(({ x, w, dy }, i) => [
      matmul(x, w),
      matmul(x, dy, { transposeA: true }),
      ...(i > 0 ? [matmul(dy, w, { transposeB: true })] : []),
    ]),
  );
  return {
    name: `products of ${sizes.join('-')}, batch ${batch}`,
    // the suite matmul verifies that products are right
    verify: () => {
      if (multiply(layers).length !== 3 * layers.length - 1) throw new Error('products are missing');
    },
    run: () => {
      for (const product of multiply(layers)) product.dispose();
    },
  };
}

/** The same step written by hand, with the same initial weights. */
function byHandCase(network: Network): Case {
  const { name, x, y, step, model } = trainingOf(network);
  const [features = 1, hidden = 1, outputs = 1] = network.sizes;
  const weights = model.variables.map((v) => Float64Array.from(v.data()));
  const run = plainStep({ weights, features, hidden, outputs }, network.batch);
  const [xs, ys] = [Float32Array.from(x.data()), Float32Array.from(y.data())];
  return {
    name: `${name}, by hand`,
    // The engine computes the same in float32, so after 20 steps the losses differ by some 20 rounding errors.
    verify: () => {
      for (let i = 0; i < 20; i++) {
        const [plain, engine] = [run(xs, ys), step(x, y).item()];
        if (!(Math.abs(plain - engine) <= 1e-5 * plain)) throw new Error(`${name}: loss ${engine}, by hand ${plain}`);
      }
    },
    run: () => run(xs, ys),
  };
}
