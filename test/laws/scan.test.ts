// The laws of scan: it is the loop in plain TypeScript, bit for bit, whatever its body does, eager and compiled, on any number of
// threads; its gradients are those of the loop; and a plan is the same size for any number of steps.

import { team } from '@treadle/runtime';
import {
  compile,
  explain,
  gradients,
  memory,
  randomUniform,
  scan,
  setThreads,
  shutdown,
  stack,
  Tensor,
  tensor,
  type Variable,
  variable,
  where,
  zeros,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { difference, noise } from '../support/bits.ts';
import { execute, type Instruction, instructions } from '../support/random-program.ts';
import { type Shape, sizeOf } from '../support/reference.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

const runs = process.env.TREADLE_TEST_LONG ? 600 : 60;

/** Tries a law on one, two and three threads. */
function onThreads<T>(law: fc.IProperty<T>, tries: number): void {
  for (const threads of [1, 2, 3]) {
    setThreads(threads);
    fc.assert(law, { numRuns: Math.ceil(tries / 3) });
  }
}

type Tensors = readonly Tensor[];
type Body = (carry: Tensors, x: Tensors) => readonly [Tensors, Tensors];

/** What scan is, in plain TypeScript. */
function unrolled(f: Body, init: Tensors, xs: Tensors, length: number, reverse: boolean): [Tensors, Tensors] {
  let carry = init;
  const ys: Tensors[] = [];
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i;
    const x = xs.map((all) => all.slice([t], [t + 1]).reshape(all.shape.slice(1)));
    [carry, ys[t]] = f(carry, x);
  }
  return [carry, (ys[0] ?? []).map((_, k) => stack(ys.map((y) => y[k]!)))];
}

const scanned = (f: Body, init: Tensors, xs: Tensors, length: number, reverse: boolean): [Tensors, Tensors] => {
  return scan<Tensors, Tensors, Tensors>(f, init, xs, { length, reverse });
};

/** A body that runs a program over its carries and slices: the last values of the right kind are the next carries. */
function bodyOf(program: readonly Instruction[], variables: readonly Variable[]): Body {
  return (carry, x) => {
    const values = [...x, ...carry];
    execute(program, { values, variables: [], made: () => undefined });
    const made = values.slice(x.length + carry.length);
    const used = new Set<Tensor>();
    const next = carry.map((before, i) => {
      const fits = (t: Tensor): boolean =>
        !used.has(t) && `${t.shape} ${t.dtype}` === `${before.shape} ${before.dtype}`;
      const found = made.findLast(fits) ?? carry[(i + 1) % carry.length]!;
      used.add(found);
      const fitting = fits(found) || found.shape.join() === before.shape.join() ? found : before;
      return fitting.dtype === before.dtype ? fitting.add(variables[0] ? variables[0].mul(0.125) : 0) : before;
    });
    return [next.map((t, i) => (t.dtype === carry[i]!.dtype ? t : carry[i]!)), made.slice(-3)];
  };
}

const shapes = fc.constantFrom<Shape>([], [3], [4, 5], [2, 3, 4], [17], [12, 12], [1, 8]);

const cases = fc.record({
  carries: fc.array(shapes, { minLength: 1, maxLength: 3 }),
  slices: fc.array(shapes, { maxLength: 2 }),
  length: fc.integer({ min: 1, max: 6 }),
  reverse: fc.boolean(),
  isTurned: fc.boolean(),
  isCompiled: fc.boolean(),
  program: instructions.map((list) => list.filter(({ op }) => !/assign|swap|exchange|read|gradient/i.test(op))),
});

/** A tensor that lies as it is, or turned around in memory. */
function lying(shape: Shape, seed: number, isTurned: boolean): Tensor {
  if (!isTurned) return tensor(noise(sizeOf(shape), seed), { shape });
  return tensor(noise(sizeOf(shape), seed), { shape: shape.toReversed() }).transpose();
}

describe('scan is the loop in plain TypeScript, bit for bit', () => {
  test('for random bodies and any number of carries, slices and steps, on any number of threads', () => {
    onThreads(
      fc.property(cases, ({ carries, slices, length, reverse, isTurned, isCompiled, program }) => {
        const w = variable(0.5);
        const f = bodyOf(program, [w]);
        const init = carries.map((shape, i) => lying(shape, i + 1, isTurned));
        const xs = slices.map((shape, i) => lying([length, ...shape], 7 + i, isTurned));
        const run = (how: typeof scanned) => (a: Tensors, b: Tensors) => how(f, a, b, length, reverse);
        const one = isCompiled ? compile(run(scanned)) : run(scanned);
        const [carry, ys] = one(init, xs);
        const [expectedCarry, expectedYs] = run(unrolled)(init, xs);
        expect(ys.length).toBe(expectedYs.length);
        for (const [i, t] of carry.entries()) expect(difference(t, expectedCarry[i]!), `carry ${i}`).toBeUndefined();
        for (const [i, t] of ys.entries()) expect(difference(t, expectedYs[i]!), `y ${i}`).toBeUndefined();
      }),
      runs,
    );
  });

  test('for loops in loops', () => {
    const lengths = fc.integer({ min: 1, max: 4 });
    onThreads(
      fc.property(lengths, lengths, fc.boolean(), fc.boolean(), (n, m, a, b) => {
        const w = tensor(noise(9, 3), { shape: [3, 3] });
        const nested =
          (how: typeof scanned): Body =>
          (carry, x) => {
            const inner: Body = ([h, k], [v]) => [[h!.matmul(w).add(v!).tanh(), k!.add(h!.sum())], [h!.mul(k!)]];
            const [last, ys] = how(inner, carry, x, m, b);
            return [last, [ys[0]!.sum(0), last[0]!]];
          };
        const init = [tensor(noise(6, 1), { shape: [2, 3] }), tensor(1)];
        const xs = [tensor(noise(n * m * 6, 2), { shape: [n, m, 2, 3] })];
        const [carry, ys] = compile((i: Tensors, x: Tensors) => scanned(nested(scanned), i, x, n, a))(init, xs);
        const [expectedCarry, expectedYs] = unrolled(nested(unrolled), init, xs, n, a);
        for (const [t, e] of [...carry, ...ys].map((t, i) => [t, [...expectedCarry, ...expectedYs][i]!] as const)) {
          expect(difference(t, e)).toBeUndefined();
        }
      }),
      runs / 2,
    );
  });

  test('without a step the carry is what it began with, and ys are empty', () => {
    const [carry, ys] = scan(
      (c, x: Tensor) => [c.add(x), { y: c.mul(x) }] as [Tensor, never],
      tensor([1, 2]),
      zeros([0, 2]),
    );
    expect(carry.toArray()).toEqual([1, 2]);
    expect((ys as unknown as { y: Tensor }).y.shape).toEqual([0, 2]);
  });
});

/** Ops on small whole numbers, whose sums and products are exact in any order. */
const exact: Readonly<Record<string, (a: Tensor, b: Tensor, w: Tensor) => Tensor>> = {
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  product: (a, _, w) => a.matmul(w),
  turned: (a, _, w) => w.matmul(a.transpose()).transpose(),
  scale: (a) => a.mul(2),
  bySlice: (a, b) => a.mul(b.sign()),
  row: (a, b) => a.add(b.sum(0)),
  column: (a, b) => b.sub(a.sum(1, { keepDims: true })),
  flip: (a) => a.flip(1),
  where: (a, b) => where(b.greater(0), a, a.neg()),
  kept: (_, b) => b,
};

const exactBodies = fc.array(
  fc.record({ op: fc.constantFrom(...Object.keys(exact)), a: fc.nat({ max: 5 }), b: fc.nat({ max: 5 }) }),
  { minLength: 1, maxLength: 8 },
);

describe('the gradient of scan is that of the loop', () => {
  test('exactly, of the first and the second order, where sums are exact', () => {
    const drawn = fc.record({
      list: exactBodies,
      length: fc.integer({ min: 1, max: 5 }),
      reverse: fc.boolean(),
      recompute: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      isCompiled: fc.boolean(),
    });
    onThreads(
      fc.property(drawn, ({ list, length, reverse, recompute, isCompiled }) => {
        const small = (shape: Shape, seed: number): Tensor =>
          tensor(
            noise(sizeOf(shape), seed).map((v) => Math.trunc(v)),
            { shape },
          );
        const [w, v] = [variable(small([3, 3], 1)), variable(small([2, 3], 2))];
        const [h, k] = [variable(small([2, 3], 3)), variable(small([2, 3], 4))];
        const xs = variable(small([length, 2, 3], 5));
        const f: Body = (carry, [x]) => {
          const values = [v, x!, ...carry];
          const pick = (back: number): Tensor => values[values.length - 1 - (back % values.length)]!;
          for (const { op, a, b } of list) values.push(exact[op]!(pick(a), pick(b), w));
          return [
            [values.at(-1)!, values.at(-2)!],
            [values.at(-1)!, values.at(-3)!, x!, v],
          ];
        };
        const all = [w, v, h, k, xs];
        const results = (how: typeof scanned): Tensors => {
          const [carry, ys] = how(f, [h, k], [xs], length, reverse);
          const loss = [...carry, ...ys.map((y, i) => y.mul(i - 1))].map((t) => t.mul(t.detach().sign()).sum());
          const squared = loss.reduce((a, b) => a.add(b)).add(carry[0]!.square().sum());
          const first = gradients(squared, all);
          const second = gradients(
            first.map((d) => d.square().sum()).reduce((a, b) => a.add(b)),
            all,
          );
          return [squared, ...first, ...second];
        };
        const again: typeof scanned = (g, i, x) => scan<Tensors, Tensors, Tensors>(g, i, x, { reverse, recompute });
        const [found, expected] = [again, unrolled].map((how) =>
          isCompiled ? compile(() => results(how))() : results(how),
        );
        fc.pre(expected!.every((t) => t.abs().max().item() < 2 ** 20));
        found!.forEach((t, i) => {
          // a gradient of 0 may have either sign
          expect(difference(t.add(0), expected![i]!.add(0)), `result ${i}`).toBeUndefined();
        });
      }),
      runs,
    );
  });

  test('of loops in loops', () => {
    const w = variable(
      tensor([
        [0.5, -0.25],
        [0.125, 0.75],
      ]),
    );
    const init = variable(tensor([1, -2]));
    const xs = tensor(noise(3 * 2 * 2, 1), { shape: [3, 2, 2] });
    const nested =
      (how: typeof scanned): Body =>
      ([h], [x]) => {
        const inner: Body = ([c], [v]) => [[c!.matmul(w).add(v!).tanh()], [c!.square()]];
        const [last, ys] = how(inner, [h!], [x!], 2, false);
        return [last, [ys[0]!.sum(0)]];
      };
    const loss = (how: typeof scanned): Tensor => {
      const [carry, ys] = how(nested(how), [init], [xs], 3, true);
      return carry[0]!.sum().add(ys[0]!.sum());
    };
    const found = gradients(loss(scanned), [w, init]);
    const expected = gradients(loss(unrolled), [w, init]);
    // both sum 6 terms of a few units; each may be off by one rounding of each sum
    found.forEach((t, i) => {
      const gap = t.sub(expected[i]!).abs().max().item();
      expect(gap).toBeLessThanOrEqual(12 * 2 ** -24 * Math.max(1, expected[i]!.abs().max().item()) * 8);
    });
  });
});

describe('a plan with a scan', () => {
  const step: Body = ([h], [x]) => [[h!.matmul(h!).add(x!).tanh()], [h!.sum()]];
  const run = (length: number) => {
    const f = (h: Tensor, xs: Tensor) => scanned(step, [h], [xs], length, false);
    return explain(f)(zeros([4, 4]), zeros([length, 4, 4]));
  };

  test('has the same code and table for any number of steps', () => {
    const [few, many] = [run(3), run(1000)];
    expect(many.moduleBytes).toBe(few.moduleBytes);
    expect(many.tableBytes).toBe(few.tableBytes);
    expect(many.kernels.map(({ name }) => name)).toEqual(few.kernels.map(({ name }) => name));
  });

  test('keeps the carries at the begins of stretches alone, where steps are to be computed again', () => {
    const w = variable(
      tensor(
        noise(64 * 64, 1).map((v) => v / 16),
        { shape: [64, 64] },
      ),
    );
    const bytes = (recompute: number | undefined): number => {
      const loss = (xs: Tensor): readonly Tensor[] => {
        const each = (h: Tensor, x: Tensor): [Tensor, Tensor] => {
          const next = h.matmul(w).add(x).tanh();
          return [next.mul(next.sigmoid()).softplus(), next.sum()];
        };
        const [last] = scan(each, zeros([16, 64]), xs, { recompute });
        return gradients(last.square().sum(), [w]);
      };
      return explain(loss)(zeros([400, 16, 64])).arena.bytes;
    };
    const state = 4 * 16 * 64;
    expect(bytes(undefined)).toBeGreaterThan(400 * 3 * state);
    expect(bytes(20)).toBeLessThan((20 + 20) * 8 * state);
  });

  test('serves fewer rows than it was made for, with the bits of a plan of its own', () => {
    const w = variable(tensor(noise(25, 1), { shape: [5, 5] }));
    const all = tensor(noise(40 * 6 * 5, 2), { shape: [40, 6, 5] });
    const each: Body = ([h, k], [x]) => {
      const next = h!.matmul(w).add(x!).tanh();
      return [
        [next, k!.add(next.mul(x!).sum(1))],
        [next.sub(h!).softmax(), k!],
      ];
    };
    const f = (rows: Tensor): Tensors => {
      const init = [zeros([rows.shape[0]!, 5]), rows.sum([1, 2])];
      const [carry, [y, k]] = scanned(each, init, [rows.transpose([1, 0, 2])], 6, true);
      return [...carry, y!.transpose([1, 0, 2]), k!.transpose().sum(), y!.transpose([1, 0, 2]).square().mean()];
    };
    onThreads(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }), (sizes) => {
        const shared = compile(f, { capacity: () => 40 });
        shared(all);
        for (const rows of sizes) {
          const x = tensor(all.data().subarray(0, rows * 30), { shape: [rows, 6, 5] });
          const { plans } = memory();
          const found = shared(x);
          expect(memory().plans).toBe(plans);
          const expected = f(x);
          for (const [i, t] of found.entries()) expect(difference(t, expected[i]!), `result ${i}`).toBeUndefined();
          for (const t of expected) t.dispose();
        }
      }),
      runs / 4,
    );
  });

  test('serves other numbers of steps, forwards and backwards, with the bits of a plan of its own', () => {
    const w = variable(tensor(noise(25, 1), { shape: [5, 5] }));
    const all = tensor(noise(30 * 3 * 5, 2), { shape: [30, 3, 5] });
    const each: Body = ([h, k], [x]) => {
      const next = h!.matmul(w).add(x!).tanh();
      return [
        [next, k!.add(next.mul(x!))],
        [next.sub(h!).softmax(), k!.sum()],
      ];
    };
    const drawn = fc.record({
      // extents of other axes that are alike would be taken for as many rows
      sizes: fc.array(fc.constantFrom(2, 7, 11, 13, 19, 23, 29), { minLength: 1, maxLength: 5 }),
      reverse: fc.boolean(),
      isTrained: fc.boolean(),
      isBatchFirst: fc.boolean(),
    });
    onThreads(
      fc.property(drawn, ({ sizes, reverse, isTrained, isBatchFirst }) => {
        const turned = (x: Tensor): Tensor => (isBatchFirst ? x.transpose([1, 0, 2]) : x);
        const f = (given: Tensor): Tensors => {
          const xs = turned(given);
          const init = [zeros([3, 5]), zeros([3, 5])];
          const [carry, ys] = scanned(each, init, [xs.matmul(w)], xs.shape[0]!, reverse);
          if (!isTrained) return [...carry, turned(ys[0]!), ys[1]!, ys[0]!.square().mean()];
          return gradients(carry[0]!.square().sum().add(ys[0]!.mul(xs).sum()).add(ys[1]!.sum()), [w]);
        };
        const shared = compile(f);
        const some = (steps: number): Tensor =>
          new Tensor(turned(tensor(all.data().subarray(0, steps * 15), { shape: [steps, 3, 5] })).node).realize();
        shared(some(17));
        shared(some(30));
        for (const steps of sizes) {
          const x = some(steps);
          const { plans } = memory();
          const found = shared(x);
          expect(memory().plans).toBe(plans);
          const expected = f(x);
          for (const [i, t] of found.entries()) expect(difference(t, expected[i]!), `result ${i}`).toBeUndefined();
        }
      }),
      runs / 4,
    );
  });

  test('refuses indices that a step refuses, at any step, and assigns nothing', () => {
    const table = variable(
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    const sum = variable(tensor([0, 0]));
    const f = compile((rows: Tensor) => {
      const [last] = scan((c, i: Tensor) => [c.add(table.gather(i)), c] as const, zeros([2]), rows);
      sum.assign(last);
      return last;
    });
    const rows = (at: readonly number[]): Tensor => tensor([...at], { dtype: 'int32' });
    expect(f(rows([0, 1, 1])).toArray()).toEqual([7, 10]);
    for (const wrong of [
      [2, 0, 0],
      [0, 5, 0],
      [0, 0, -3],
    ]) {
      expect(() => f(rows(wrong))).toThrow(RangeError);
      expect(sum.toArray()).toEqual([7, 10]);
    }
    expect(f(rows([1, 0, 0])).toArray()).toEqual([5, 8]);
  });
});

describe('scan says what is wrong', () => {
  const carry = zeros([2]);
  const xs = zeros([3, 2]);
  test.each<[string, () => unknown, RegExp]>([
    [
      'a carry of another shape',
      () => scan((c, x) => [c.sum().add(x.sum()), x], carry, xs),
      /a carry keeps its shape; got \[2\] → \[\]/,
    ],
    [
      'a carry of another dtype',
      () => scan((c, x) => [c.cast('int32'), x], carry, xs),
      /keeps its dtype; got float32 → int32/,
    ],
    ['no pair', () => scan((c) => c as never, carry, xs), /f must return \[carry, y\]/],
    [
      'slices of other lengths',
      () => scan((c, x) => [c, x], carry, [xs, zeros([4])]),
      /the same leading extent; got 3, 4/,
    ],
    ['a length that does not fit', () => scan((c, x) => [c, x], carry, xs, { length: 2 }), /equal to length; got 3, 2/],
    ['no length', () => scan((c) => [c, c], carry, undefined as never), /give \{ length \}/],
    ['a slice of a number', () => scan((c, x) => [c, x], carry, tensor(1)), /must have an axis/],
    [
      'an assignment',
      () => scan((c, x) => [variable(zeros([2])).assign(x), c] as never, carry, xs),
      /must not assign variables/,
    ],
    ['random numbers', () => scan((c, x) => [c.add(randomUniform([2])), x], carry, xs), /must not draw random numbers/],
    [
      'a value that is read',
      () => scan((c, x) => [c.mul(x.sum().item()), x], carry, xs),
      /scan: what a step makes is not known/,
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });

  test('and what a step made has no value outside', () => {
    const leaked: Tensor[] = [];
    const f = (c: Tensor, x: Tensor): [Tensor, Tensor] => {
      leaked.push(x.add(c));
      return [c, x];
    };
    scan(f, carry, xs);
    expect(() => leaked[0]!.data()).toThrow(/scan: what a step makes is not known/);
  });
});
