// The laws of updates by rows: a list of rows moves a table as the dense gradient does, to the bit; with `sparseGradient`, rows
// whose gradient is 0 stay, and the others move by the rule; and what a step costs has nothing to do with the size of the table.

import { adagrad, type Optimizer, type OptimizerOptions, optimizerOf, sgd } from '@treadle/optim';
import { team } from '@treadle/runtime';
import {
  compile,
  explain,
  gradients,
  lookUp,
  setThreads,
  shutdown,
  type Tensor,
  tensor,
  type Variable,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { differenceOfData, noise } from '../support/bits.ts';
import { rules } from './rules.ts';
import { check, exact, type Figure, given } from './running-error.ts';
import type { Particle } from './transcriptions.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

/** Numbers below n, of which some come again; the last rows of a table are never named. */
const indicesOf = (length: number, n: number, seed: number): Int32Array<ArrayBuffer> =>
  Int32Array.from(noise(length, seed), (x) => Math.floor(((x + 2) / 4) * n * 0.8));

const width = 3;
const n = 80;

/** A table, what moves it, and a step of both. */
interface Twin {
  readonly table: Variable;
  readonly optimizer: Optimizer;
}

const twin = (make: () => Optimizer, options: Parameters<typeof variable>[1], seed: number): Twin => ({
  table: variable(tensor(noise(n * width, seed), { shape: [n, width] }), options),
  optimizer: make(),
});

/** Two look-ups in one table; its gradient depends on the table, and is 0 in some rows that are looked up. */
function lossOf(table: Tensor, [some, others, factors]: readonly Tensor[]): Tensor {
  const looked = lookUp('law', table, some!)
    .square()
    .mul(factors!.reshape([-1, 1]))
    .sum();
  return looked.add(lookUp('law', table, others!).mul(0.25).sum());
}

const batchOf = (k: number, seed: number): readonly Tensor[] => [
  tensor(indicesOf(k, n, seed)),
  tensor(indicesOf(3, n, seed + 1)),
  tensor(noise(k, seed + 2).map((x, i) => (i % 3 === 0 ? 0 : x))),
];

const stateOf = ({ table, optimizer }: Twin) => [table, ...optimizer.variables].map((v) => v.data());

/** Both after each of some steps, one moved by lists of rows, the other by the numbers of the dense gradient. */
function compareSteps(rows: Twin, dense: Twin, isCompiled: boolean, counts: readonly number[], seed: number): void {
  const once = (batch: readonly Tensor[]): void => {
    rows.optimizer.apply(gradients(lossOf(rows.table, batch), [rows.table]), [rows.table]);
  };
  const step = isCompiled ? compile(once) : once;
  counts.forEach((k, t) => {
    const batch = batchOf(k, seed + 10 * t);
    step(batch);
    const [gradient] = gradients(lossOf(dense.table, batch), [dense.table]);
    dense.optimizer.apply([tensor(gradient!.data(), { shape: [n, width] })], [dense.table]);
    const [got, expected] = [stateOf(rows), stateOf(dense)];
    got.forEach((data, i) => {
      expect(differenceOfData(data, expected[i]!), `step ${t + 1}, variable ${i}`).toBeUndefined();
    });
  });
}

const steps = fc.record({
  counts: fc.array(fc.constantFrom(1, 4, 9, 16), { minLength: 1, maxLength: 4 }),
  isCompiled: fc.boolean(),
  threads: fc.constantFrom(1, 2, 3),
  seed: fc.nat(1000),
});

describe.each(rules)('$name', ({ make, move }) => {
  test.each([true, false])(
    'moves by a list of rows as by the dense gradient, to the bit; sparseGradient: %s',
    (sparse) => {
      fc.assert(
        fc.property(steps, ({ counts, isCompiled, threads, seed }) => {
          setThreads(threads);
          const options = { sparseGradient: sparse };
          const [rows, dense] = [0, 1].map(() => twin(() => make(0.1), options, seed));
          compareSteps(rows!, dense!, isCompiled, counts, seed);
        }),
        { numRuns: 6 },
      );
    },
  );

  test('with sparseGradient, rows without a gradient stay with all that is kept for them, the others move by the rule', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(0.5, 0.1), ({ counts, isCompiled, seed }, rate) => {
        const start = noise(n * width, seed);
        const table = variable(tensor(start, { shape: [n, width] }), { sparseGradient: true });
        const optimizer = make(rate);
        const next = move(rate);
        let particles = Array.from(start, (x): Particle => ({ x: exact(x), state: [] }));
        const once = (indices: Tensor, weights: Tensor): void => {
          const loss = lookUp('law', table, indices).mul(weights).sum();
          optimizer.apply(gradients(loss, [table]), [table]);
        };
        const step = isCompiled ? compile(once) : once;
        counts.forEach((k, t) => {
          const indices = indicesOf(k, n, seed + t);
          // of 7 bits, so that sums are exact; every third row is looked up for nothing
          const weights = noise(k * width, seed - t).map((x, i) =>
            Math.floor(i / width) % 3 === 2 ? 0 : Math.round(x * 32) / 32,
          );
          step(tensor(indices), tensor(weights, { shape: [k, width] }));
          const sums = new Float64Array(n * width);
          weights.forEach((x, i) => {
            sums[indices[Math.floor(i / width)]! * width + (i % width)]! += x;
          });
          const hasGradient = (i: number): boolean =>
            sums.subarray(i - (i % width), i - (i % width) + width).some((x) => x !== 0);
          particles = particles.map((particle, i) =>
            hasGradient(i) ? next(particle, exact(sums[i]!), t + 1) : particle,
          );
          check(
            table.data(),
            particles.map(({ x }) => x),
            `step ${t + 1}`,
          );
        });
        const kept = optimizer.variables.filter(({ name }) => name.endsWith('/0'));
        kept.forEach((slot, j) => {
          const initial = slot.data()[n * width - 1]!; // of the last row, which is never looked up
          check(
            slot.data(),
            particles.map((particle): Figure => particle.state[j] ?? given(initial)),
            slot.name,
          );
        });
      }),
      { numRuns: 10 },
    );
  });

  test('with sparseGradient, a step reads, writes and computes the same for a table of any size', () => {
    expect(figuresOf(make(0.1), 100_000, { sparseGradient: true })).toEqual(
      figuresOf(make(0.1), 100, { sparseGradient: true }),
    );
  });
});

/** What a step over a table of so many rows costs; what comes from outside and goes out is not moved. */
function figuresOf(optimizer: Optimizer, count: number, options: Parameters<typeof variable>[1]) {
  const table = variable(tensor(noise(count * 2, 1), { shape: [count, 2] }), options);
  const plan = explain((indices: Tensor) => {
    optimizer.apply(gradients(lookUp('law', table, indices).square().sum(), [table]), [table]);
  })(tensor(indicesOf(8, 100, 1)));
  const { kernels, flops, bytesRead, bytesWritten, arena } = plan;
  return { costs: kernels.map(({ cost, tiles }) => [cost, tiles]), flops, bytesRead, bytesWritten, arena };
}

const resting = { sgd: (o: OptimizerOptions) => sgd(0.1, o), adagrad: (o: OptimizerOptions) => adagrad(0.1, o) };

describe.each(Object.entries(resting))('%s, by which rows without a gradient rest', (_, make) => {
  test.each<[string, OptimizerOptions]>([
    ['no options', {}],
    ['clipValue', { clipValue: 0.5 }],
    ['rateScale', { rateScale: () => 0.5 }],
  ])('costs the same for a table of any size, with %s', (_name, options) => {
    expect(figuresOf(make(options), 100_000, {})).toEqual(figuresOf(make(options), 100, {}));
  });

  const names = ['clipValue', 'clipNorm', 'globalClipNorm', 'weightDecay', 'emaMomentum'] as const;
  const constraint = (x: Tensor): Tensor => x.clip(-0.5, 0.5);
  test.each([...names, 'constraint'] as const)(
    'moves by a list as by the dense gradient, to the bit, with %s',
    (name) => {
      fc.assert(
        fc.property(steps, fc.boolean(), ({ counts, isCompiled, threads, seed }, sparseGradient) => {
          setThreads(threads);
          const options = name === 'constraint' ? { sparseGradient, constraint } : { sparseGradient };
          const common = name === 'constraint' ? {} : { [name]: 0.25 };
          const [rows, dense] = [0, 1].map(() => twin(() => make(common), options, seed));
          compareSteps(rows!, dense!, isCompiled, counts, seed);
        }),
        { numRuns: 8 },
      );
    },
  );
});

test('adagrad that begins with 0 and has no epsilon divides 0 by 0 wherever the gradient is 0, by a list as well', () => {
  const make = () => adagrad(0.1, { initialAccumulatorValue: 0, epsilon: 0 });
  compareSteps(twin(make, {}, 1), twin(make, {}, 1), false, [4, 4], 1);
});

test('a rule of unknown make moves all rows, and with sparseGradient those that have a gradient', () => {
  // every row moves by the mean of all gradients
  const make = () =>
    optimizerOf(
      { name: 'mean', slots: [], begin: (rate) => (x, dx) => ({ x: x.sub(dx.mean().mul(rate)), state: [] }) },
      0.5,
    );
  for (const sparseGradient of [false, true]) {
    const [rows, dense] = [0, 1].map(() => twin(make, { sparseGradient }, 1));
    compareSteps(rows!, dense!, true, [4, 9], 1);
    const last = rows!.table.data().slice(-width);
    const before = noise(n * width, 1).slice(-width);
    expect(differenceOfData(last, before) === undefined).toBe(sparseGradient);
  }
});

test('where an index does not exist, nothing moves: not the table, not the state, not the count of steps', () => {
  for (const { make } of rules) {
    for (const threads of [1, 3]) {
      setThreads(threads);
      const one = twin(() => make(0.1), { sparseGradient: true }, 1);
      const step = compile((indices: Tensor) => {
        const loss = lookUp('law', one.table, indices).square().sum();
        one.optimizer.apply(gradients(loss, [one.table]), [one.table]);
      });
      step(tensor([1, 2, 1], { dtype: 'int32' }).realize());
      const before = stateOf(one);
      expect(() => step(tensor([1, n, 2], { dtype: 'int32' }))).toThrow(RangeError);
      stateOf(one).forEach((data, i) => {
        expect(differenceOfData(data, before[i]!)).toBeUndefined();
      });
    }
  }
});
