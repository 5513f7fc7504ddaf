// The law of narrow storage: a program on uint8 or float16 gives the bits that it gives on the same numbers as int32 or float32.
// Elements take their own bytes in memory, all values come back as they were, and a cast rounds as the dtype says.

import { team } from '@treadle/runtime';
import {
  compile,
  concat,
  type Dtype,
  explain,
  gradients,
  memory,
  scan,
  setThreads,
  shutdown,
  Tensor,
  type TensorData,
  tensor,
  variable,
  zeros,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { difference, differenceOfData, noise } from '../support/bits.ts';
import { asList, type Case, type Example } from '../support/cases/case.ts';
import { nodeFor } from '../support/cases/nodes.ts';
import { cases } from '../support/cases.ts';
import { float16Of, nearestFloat16 } from '../support/float16.ts';
import { execute, instructions } from '../support/random-program.ts';
import { type NdArray, type Shape, sizeOf } from '../support/reference.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const narrow = ['uint8', 'float16'] as const;
type Narrow = (typeof narrow)[number];
const wide = { uint8: 'int32', float16: 'float32' } as const;
const bytes = { uint8: 1, float16: 2 } as const;

/** Numbers that the dtype has. */
function numbers(dtype: Narrow, length: number, seed: number): number[] {
  return Array.from(noise(length, seed), (x) =>
    dtype === 'uint8' ? Math.floor((x + 2) * 64) : float16Of(nearestFloat16(x)),
  );
}

describe('all values', () => {
  const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const everyHalf = Array.from({ length: 65_536 }, (_, bits) => float16Of(bits));

  test('of uint8 come back from memory, and are the whole numbers from 0 to 255', () => {
    const t = tensor(everyByte, { dtype: 'uint8' });
    expect(t.data()).toEqual(everyByte);
    expect(t.add(0).data()).toEqual(Int32Array.from(everyByte));
    expect(t.cast('float32').data()).toEqual(Float32Array.from(everyByte));
    expect(t.cast('float32').cast('uint8').data()).toEqual(everyByte);
    expect(t.cast('int32').cast('uint8').data()).toEqual(everyByte);
  });

  test('of float16 come back from memory, and are exact as float32', () => {
    const t = tensor(everyHalf, { dtype: 'float16' });
    const wanted = Float32Array.from(everyHalf);
    expect(differenceOfData(t.data(), wanted)).toBeUndefined();
    expect(differenceOfData(t.cast('float32').data(), wanted)).toBeUndefined();
    expect(
      differenceOfData(t.flip().flip().reshape([256, 256]).transpose().transpose().data(), wanted),
    ).toBeUndefined();
    expect(differenceOfData(t.cast('float32').cast('float16').data(), wanted)).toBeUndefined();
  });

  test('between two float16 round to the nearest, ties to the even one, in a cast and in tensor()', () => {
    const finite = everyHalf.filter((x) => Number.isFinite(x)).sort((a, b) => a - b);
    const between = finite.slice(1).flatMap((b, i) => {
      const middle = (finite[i]! + b) / 2; // exact in float32, which has 24 bits
      const [down, up] = [-1, 1].map((d) => Math.fround(middle + d * Math.max(2 ** -149, Math.abs(middle) * 2 ** -23)));
      return [middle, down!, up!];
    });
    const ends = [65504, 65519.99, 65520, 65536, 1e30, 2 ** -25, 2 ** -149, 0].flatMap((x) => [x, -x]);
    const x = Float32Array.from([...between, ...ends, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    const wanted = x.map((value) => float16Of(nearestFloat16(value)));
    expect(differenceOfData(tensor(x).cast('float16').data(), wanted)).toBeUndefined();
    expect(differenceOfData(tensor(x, { dtype: 'float16' }).data(), wanted)).toBeUndefined();
    // a number of 53 bits is rounded once
    const doubles = Array.from(between, (value) => value * (1 + 2 ** -40));
    const once = Float32Array.from(doubles, (value) => float16Of(nearestFloat16(value)));
    expect(differenceOfData(tensor(doubles, { dtype: 'float16' }).data(), once)).toBeUndefined();
  });

  test('cast to uint8 wrap around from int32, and are cut off and clamped from floats', () => {
    const ints = [-(2 ** 31), -257, -256, -255, -1, 0, 1, 255, 256, 257, 511, 2 ** 31 - 1];
    expect(tensor(ints, { dtype: 'int32' }).cast('uint8').toArray()).toEqual(ints.map((x) => x & 255));
    const floats = [-1e30, -1, -0.9, 0, 0.9, 1.5, 254.99, 255, 255.9, 256, 1e30];
    expect(tensor(floats).cast('uint8').toArray()).toEqual([0, 0, 0, 0, 0, 1, 254, 255, 255, 255, 255]);
    expect(tensor([Number.NaN, Infinity, -Infinity]).cast('uint8').toArray()).toEqual([0, 255, 0]);
    expect(tensor([true, false]).cast('uint8').toArray()).toEqual([1, 0]);
  });
});

describe('memory', () => {
  test.each(narrow)('an element of %s takes its own bytes, made or computed', (dtype) => {
    const length = 2 ** 20;
    const made = tensor(numbers(dtype, length, 1), { dtype });
    const before = memory().bytesInUse;
    const kept = variable(made);
    expect(memory().bytesInUse - before).toBe(bytes[dtype] * length);
    const computed = made.flip().realize();
    expect(explain((x: Tensor) => x.flip())(made)).toMatchObject({
      bytesIn: bytes[dtype] * length,
      bytesOut: bytes[dtype] * length,
      bytesRead: bytes[dtype] * length,
      bytesWritten: bytes[dtype] * length,
    });
    expect(difference(computed.flip(), kept)).toBeUndefined();
    for (const t of [made, kept, computed]) t.dispose();
  });

  test('images of bytes become floats in one kernel, which reads a byte for each', () => {
    const images = tensor(new Uint8Array(32 * 784), { dtype: 'uint8', shape: [32, 784] });
    const plan = explain((x: Tensor) => x.cast('float32').div(255))(images);
    expect(plan.kernels).toHaveLength(1);
    expect(plan.kernels[0]).toMatchObject({ bytesRead: 32 * 784 + 4, bytesWritten: 4 * 32 * 784 });
    const sums = explain((x: Tensor) => x.cast('float32').div(255).sum(1))(images);
    expect(sums.kernels).toHaveLength(1);
    expect(sums.bytesRead).toBe(32 * 784 + 4);
  });
});

/** The example with inputs of the dtype in place of those that it can stand for; as they are, and widened. */
function bothWays({ inputs, apply }: Example, dtype: Narrow): readonly [Tensor[], Tensor[]] | undefined {
  const narrowed = inputs.map((x): NdArray => {
    if (x.dtype !== wide[dtype]) return x;
    if (dtype === 'uint8') return { ...x, dtype, data: x.data.map((v) => v & 255) };
    return { ...x, dtype, data: x.data.map((v) => float16Of(nearestFloat16(v))) };
  });
  if (narrowed.every((x) => x.dtype !== dtype)) return undefined;
  const run = (nodes: readonly NdArray[]): Tensor[] =>
    asList(apply(...nodes.map(nodeFor))).map((node) => new Tensor(node));
  const widened = narrowed.map((x) => (x.dtype === dtype ? { ...x, dtype: wide[dtype] } : x));
  try {
    const wanted = run(widened).map((t) => t.realize());
    return [run(narrowed), wanted];
  } catch (error) {
    // an index that does not exist any more, or a number to pad with that uint8 does not have
    if (error instanceof RangeError || /^pad: the value of uint8/.test(String((error as Error).message)))
      return undefined;
    throw error;
  }
}

/** The first difference between results, the dtypes of which may be as narrow as the operands. */
function differenceOfValues(got: readonly Tensor[], wanted: readonly Tensor[]): string | undefined {
  if (got.length !== wanted.length) return `${got.length} results are not ${wanted.length}`;
  for (const [i, t] of got.entries()) {
    const other = wanted[i]!;
    const found = difference(t.cast(other.dtype), other);
    if (found) return `result ${i}: ${found}`;
  }
  return undefined;
}

describe.each(narrow)('an op on %s', (dtype) => {
  test.each(Object.entries(cases) as [string, Case][])(
    '%s gives the bits of the op on the widened values',
    (_, { examples }) => {
      fc.assert(
        fc.property(examples, (example) => {
          const results = bothWays(example, dtype);
          if (results) expect(differenceOfValues(...results), example.label).toBeUndefined();
        }),
        { numRuns: isLong ? 500 : 25 },
      );
    },
  );
});

describe('a program', () => {
  const shapes: fc.Arbitrary<Shape> = fc.oneof(
    fc.constantFrom<Shape>([130, 70], [1, 130], [9000], [12, 30, 40], [64, 48]),
    fc.array(fc.constantFrom(0, 1, 2, 3, 5, 8, 17), { maxLength: 3 }).filter((shape) => sizeOf(shape) <= 400),
  );
  const programs = fc.record({
    inputs: fc.array(fc.tuple(shapes, fc.constantFrom(...narrow)), { minLength: 1, maxLength: 3 }),
    instructions,
  });

  /** The last values of the program on inputs that are stored as they are, or widened. */
  const results = (
    { inputs, instructions: program }: typeof programs extends fc.Arbitrary<infer P> ? P : never,
    dtypeOf: (dtype: Narrow) => Dtype,
    isCompiled: boolean,
  ): readonly Tensor[] => {
    const given = inputs.map(([shape, dtype], i) =>
      tensor(numbers(dtype, sizeOf(shape), i), { shape, dtype: dtypeOf(dtype) }),
    );
    const run = (values: Tensor[]): Tensor[] => {
      const all = [...values];
      execute(program, { values: all, variables: [], made: () => undefined });
      return all.slice(-4);
    };
    return (isCompiled ? compile(run) : run)(given);
  };

  test('on narrow inputs gives the bits that it gives on the widened ones, on any number of threads, compiled or not', () => {
    for (const threads of [1, 2, 3]) {
      setThreads(threads);
      fc.assert(
        fc.property(programs, fc.boolean(), (program, isCompiled) => {
          const wanted = results(program, (dtype) => wide[dtype], false);
          expect(
            differenceOfValues(
              results(program, (dtype) => dtype, isCompiled),
              wanted,
            ),
          ).toBeUndefined();
        }),
        { numRuns: isLong ? 500 : 30 },
      );
    }
    setThreads(2);
  }, 600_000);

  test.each(narrow)('that loops over slices and a carry of %s is the program on the widened ones', (dtype) => {
    const lengths = fc.record({
      steps: fc.integer({ min: 1, max: 9 }),
      columns: fc.integer({ min: 1, max: 70 }),
      reverse: fc.boolean(),
    });
    fc.assert(
      fc.property(lengths, ({ steps, columns, reverse }) => {
        const run = (stored: Dtype): Tensor[] => {
          const xs = tensor(numbers(dtype, steps * columns, 3), { shape: [steps, columns], dtype: stored });
          const first = tensor(numbers(dtype, columns, 4), { dtype: stored });
          const [[last, sum], ys] = scan(
            ([before, total]: Tensor[], x: Tensor): [Tensor[], Tensor[]] => [
              [x.flip(), total!.add(x).sub(before!)],
              [before!, x.cast('float32').mul(0.5)],
            ],
            [first, zeros([columns])],
            xs,
            { reverse },
          );
          return [last!, sum!, ...ys];
        };
        expect(differenceOfValues(run(dtype), run(wide[dtype]))).toBeUndefined();
      }),
      { numRuns: isLong ? 300 : 30 },
    );
  });

  test.each(narrow)('that is compiled once serves any number of rows of %s', (dtype) => {
    const f = compile((x: Tensor) => [x.cast('float32').div(255).mean(1), x.flip(1), concat([x, x], 1), x.transpose()]);
    for (const rows of [40, 24, 7, 40, 1, 33]) {
      const shape = [rows, 50];
      const values = numbers(dtype, 50 * rows, rows);
      const got = f(tensor(values, { shape, dtype }));
      const x = tensor(values, { shape, dtype: wide[dtype] });
      const wanted = [x.cast('float32').div(255).mean(1), x.flip(1), concat([x, x], 1), x.transpose()];
      expect(differenceOfValues(got, wanted), `${rows} rows`).toBeUndefined();
    }
  });
});

describe('variables and gradients', () => {
  test.each(narrow)('a variable of %s keeps its dtype and is written in place', (dtype) => {
    const v = variable(tensor(numbers(dtype, 700, 5), { dtype }));
    const before = new Tensor(v.node);
    const step = compile(() => {
      v.assign(v.flip());
      return v.sum();
    });
    step();
    expect(v.dtype).toBe(dtype);
    expect(v.data()).toEqual(before.flip().data());
    v.assign(1);
    expect(v.data().every((x) => x === 1)).toBe(true);
    expect(() => v.assign(zeros([700]))).toThrow(/^assign: a variable keeps its dtype; got float32/);
  });

  test('the gradient of float16 is float32, that of its values; uint8 has none', () => {
    const values = numbers('float16', 60, 6);
    const f = (x: Tensor): Tensor =>
      x.reshape([6, 10]).flip(0).cast('float32').square().softmax().mul(noise(10, 7)).sum();
    const [half, single] = [tensor(values, { dtype: 'float16' }), tensor(values)];
    const got = gradients(f(half), [half])[0]!;
    expect(difference(got, gradients(f(single), [single])[0]!)).toBeUndefined();
    expect(gradients(single.cast('float16').cast('float32').sum(), [single])[0]!.toArray()).toEqual(
      values.map(() => 1),
    );
    const bytesOf = tensor(new Uint8Array(4), { dtype: 'uint8' });
    expect(gradients(bytesOf.cast('float32').sum(), [bytesOf])[0]!.toArray()).toEqual([0, 0, 0, 0]);
    const [sum, carried] = [tensor(values.slice(0, 10), { dtype: 'float16' }), half.reshape([6, 10])];
    const loop = (c: Tensor, xs: Tensor): Tensor =>
      scan((carry: Tensor, x: Tensor) => [carry.cast('float32').mul(x).tanh().cast(c.dtype), carry], c, xs)[1]
        .cast('float32')
        .sum();
    const wide16 = gradients(loop(sum, carried), [sum, carried]);
    expect(wide16.map(({ dtype }) => dtype)).toEqual(['float32', 'float32']);
    expect(wide16[1]!.abs().sum().item()).toBeGreaterThan(0);
  });
});

test('what a narrow tensor is made of is checked', () => {
  const wrong: [() => unknown, RegExp][] = [
    [() => tensor([256], { dtype: 'uint8' }), /^tensor: uint8 must be a whole number from 0 to 255; got 256$/],
    [() => tensor([-1], { dtype: 'uint8' }), /got -1$/],
    [() => tensor([0.5], { dtype: 'uint8' }), /got 0.5$/],
    [() => tensor(Int32Array.of(300), { dtype: 'uint8' }), /got 300$/],
    [
      () => zeros([2], { dtype: 'uint8' }).pad([[1, 1]], 300),
      /^pad: the value of uint8 must be a whole number from 0 to 255; got 300$/,
    ],
  ];
  for (const [make, message] of wrong) expect(make).toThrow(message);
  const given: TensorData[] = [tensor(Uint8Array.of(1, 2)), tensor(Uint8Array.of(1, 2), { dtype: 'uint8' })].map((t) =>
    t.data(),
  );
  expect(given).toEqual([Int32Array.of(1, 2), Uint8Array.of(1, 2)]);
  expect(tensor([0.1, 1], { dtype: 'float16' }).toString()).toBe('Tensor [2] float16\n[0.1 1. ]'); // as NumPy: 0.09997559
  expect(tensor(65504, { dtype: 'float16' }).toString()).toBe('Tensor [] float16 65504.0');
  expect(tensor(2 ** -24, { dtype: 'float16' }).toString()).toBe('Tensor [] float16 6e-08');
  expect(tensor([5, 100], { dtype: 'uint8' }).toString()).toBe('Tensor [2] uint8\n[  5 100]');
});
