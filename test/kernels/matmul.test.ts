// The laws of the product, at every level, over shapes around the borders of blocks and views of every kind. Reference: the
// chain of multiply-adds in float32, and the product in float64 with the error bound of that chain.

import { type Epilogue, type Kernel, type Level, matmul, type View } from '@treadle/kernels';
import { f32, i32 } from '@treadle/wasm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { availableLevels } from '../support/levels.ts';
import { type Order, prepareKernels, runKernels } from '../support/run-kernels.ts';

const runs = process.env.TREADLE_TEST_LONG ? 1000 : 30;
const plainLevel: Level = { bits: 128, fma: false };

/** Elements and a reading of them. */
interface Matrices {
  readonly view: View;
  readonly data: Float32Array<ArrayBuffer>;
}

function operandsOf(a: Matrices, b: Matrices) {
  return { a: { slot: 0, view: a.view }, b: { slot: 1, view: b.view }, out: 2, allocate: () => 5 };
}

function dense(shape: readonly number[], data = new Float32Array(sizeOf(shape))): Matrices {
  const strides = shape.map((_, d) => sizeOf(shape.slice(d + 1)));
  return { view: { shape, strides, offset: 0 }, data };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Every element in row-major order. */
function gather({ view, data }: Matrices): Float32Array<ArrayBuffer> {
  const { shape, strides, offset } = view;
  return Float32Array.from({ length: sizeOf(shape) }, (_, flat) => {
    let [rest, position] = [flat, offset];
    for (let d = shape.length - 1; d >= 0; d--) {
      position += strides[d]! * (rest % shape[d]!);
      rest = Math.floor(rest / shape[d]!);
    }
    return data[position]!;
  });
}

interface Sizes {
  readonly batch: readonly number[];
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

const size = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 40 }) },
  { weight: 1, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.constantFrom(47, 48, 49, 63, 64, 65, 95, 96, 97, 127, 128, 129, 130, 199, 200, 201) },
  { weight: 1, arbitrary: fc.constantFrom(399, 400, 401, 513, 800, 801) },
);
const sizes: fc.Arbitrary<Sizes> = fc
  .record({ batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }), m: size, k: size, n: size })
  .filter(({ batch, m, k, n }) => sizeOf(batch) * m * k * n <= 2_000_000);

/** A view of `shape`: dimensions in any order in memory, with gaps, backwards, and repeated along the batch. */
function matrices(shape: readonly number[]): fc.Arbitrary<Matrices> {
  const dimensions = shape.map((_, d) => d);
  const each = <T>(arbitrary: fc.Arbitrary<T>) => fc.tuple(...shape.map(() => arbitrary));
  const one = { weight: 3, arbitrary: fc.constant(false) };
  const seldom = fc.oneof(one, { weight: 1, arbitrary: fc.constant(true) });
  const order = fc.oneof(
    fc.constant(dimensions),
    fc.constant([...dimensions.slice(0, -2), ...dimensions.slice(-2).toReversed()]),
    fc.shuffledSubarray(dimensions, { minLength: shape.length }),
  );
  const layout = {
    order,
    gaps: each(fc.oneof(fc.constant(0), fc.nat({ max: 3 }))),
    flips: each(seldom),
    repeats: each(seldom),
  };
  return fc
    .record({ ...layout, offset: fc.nat({ max: 5 }), seed: fc.integer() })
    .map(({ order, gaps, flips, repeats, offset, seed }) => {
      const strides = shape.map(() => 0);
      let [length, start] = [1, offset];
      for (const d of order.toReversed()) {
        if (d < shape.length - 2 && repeats[d]) continue;
        strides[d] = flips[d] ? -length : length;
        if (flips[d]) start += length * Math.max(0, shape[d]! - 1);
        length = length * Math.max(1, shape[d]!) + gaps[d]!;
      }
      return { view: { shape, strides, offset: start }, data: numbers(offset + length, seed) };
    });
}

/** Numbers of both signs and of many sizes. */
function numbers(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed | 1;
  return Float32Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state / 2 ** 31) * 2 ** (state & 7);
  });
}

const products = sizes.chain(({ batch, m, k, n }) =>
  fc.record({ a: matrices([...batch, m, k]), b: matrices([...batch, k, n]) }),
);

/** Few columns, or few rows, beside many: where vectors run along another side than usual. */
const narrow: typeof products = fc
  .record({
    few: fc.constantFrom(1, 2, 3, 4, 8, 10, 17, 18, 19, 20, 33, 36),
    many: fc.constantFrom(1, 2, 15, 16, 31, 32, 33, 47, 70, 130),
    k: fc.constantFrom(1, 2, 3, 4, 5, 15, 16, 17, 31, 36, 70, 2100),
    isTall: fc.boolean(),
  })
  .chain(({ few, many, k, isTall }) => {
    const [m, n] = isTall ? [many, few] : [few, many];
    return fc.record({ a: matrices([m, k]), b: matrices([k, n]) });
  });

/** What a product needs to run: its kernels and its buffers, an output full of NaN among them. */
function prepared(a: Matrices, b: Matrices, level: Level, epilogue?: Epilogue) {
  const shape = [...a.view.shape.slice(0, -1), b.view.shape.at(-1)!];
  const buffers = new Map<number, Float32Array | number>([
    [0, a.data],
    [1, b.data],
    [2, new Float32Array(sizeOf(shape)).fill(Number.NaN)],
    [3, new Float32Array(sizeOf(shape))],
    [4, new Float32Array(sizeOf(shape))],
  ]);
  const allocate = (length: number): number => {
    buffers.set(buffers.size, length);
    return buffers.size - 1;
  };
  const kernels: Kernel[] = matmul({ ...operandsOf(a, b), level, epilogue, allocate });
  return { kernels, buffers };
}

function product(a: Matrices, b: Matrices, level: Level, order?: Order): Float32Array {
  const { kernels, buffers } = prepared(a, b, level);
  return Float32Array.from(runKernels(kernels, buffers, order ? { order } : {}).get(2)!);
}

/** For every element: the chain in float32, the sum in float64, and Σ|a·b|. */
function reference(a: Matrices, b: Matrices) {
  const [m, k, n] = [a.view.shape.at(-2)!, a.view.shape.at(-1)!, b.view.shape.at(-1)!];
  const [x, y] = [gather(a), gather(b)];
  const length = sizeOf(a.view.shape.slice(0, -2)) * m * n;
  return Array.from({ length }, (_, flat) => {
    const [matrix, i, j] = [Math.floor(flat / (m * n)), Math.floor(flat / n) % m, flat % n];
    let [chain, sum, absolute] = [0, 0, 0];
    for (let p = 0; p < k; p++) {
      const [u, v] = [x[(matrix * m + i) * k + p]!, y[(matrix * k + p) * n + j]!];
      chain = Math.fround(chain + Math.fround(u * v));
      sum += u * v;
      absolute += Math.abs(u * v);
    }
    return { chain, sum, absolute };
  });
}

const bitsOf = (values: Float32Array): Int32Array => new Int32Array(Float32Array.from(values).buffer);

function check<T>(property: fc.IProperty<T>): void {
  fc.assert(property, { numRuns: runs });
}

describe.each(availableLevels)('matmul at %s', (_name, level) => {
  test('every element is the float64 product up to γₖ·Σ|a·b|', () => {
    check(
      fc.property(products, ({ a, b }) => {
        const gamma = (2 * a.view.shape.at(-1)! + 1) * 2 ** -24;
        const got = product(a, b, level);
        reference(a, b).forEach(({ sum, absolute }, flat) => {
          const error = Math.abs(got[flat]! - sum);
          if (!(error <= gamma * absolute))
            expect.fail(`element ${flat}: got ${got[flat]}, want ${sum}, off by ${error}`);
        });
      }),
    );
  });

  test.skipIf(level.fma)('every element has the bits of one chain over k', () => {
    check(
      fc.property(fc.oneof(products, narrow), ({ a, b }) => {
        const chains = Float32Array.from(reference(a, b), ({ chain }) => chain);
        expect(bitsOf(product(a, b, level))).toEqual(bitsOf(chains));
      }),
    );
  });

  test('the bits do not depend on the layout of the operands, nor on the width of vectors', () => {
    const half: Level = { bits: 128, fma: level.fma };
    check(
      fc.property(fc.oneof(products, narrow), ({ a, b }) => {
        const [x, y] = [dense(a.view.shape, gather(a)), dense(b.view.shape, gather(b))];
        expect(bitsOf(product(a, b, level))).toEqual(bitsOf(product(x, y, half)));
      }),
    );
  });

  test('the bits are the same before V8 has optimized the code and after', () => {
    check(
      fc.property(fc.oneof(products, narrow), ({ a, b }) => {
        const { kernels, buffers } = prepared(a, b, level);
        // first as V8's baseline compiler leaves it: optimized code is shared by all modules of the same bytes
        const before = runKernels(kernels, buffers, { isOptimized: false }).get(2);
        expect(bitsOf(product(a, b, level))).toEqual(bitsOf(Float32Array.from(before ?? [])));
      }),
    );
  });

  test('a row or a column alone has the bits that it has in any product', () => {
    const atLeastOne = products.filter(({ a, b }) => sizeOf(a.view.shape.slice(0, -1)) * b.view.shape.at(-1)! > 0);
    check(
      fc.property(atLeastOne, fc.nat(), fc.nat(), ({ a, b }, r, c) => {
        const [m, n] = [a.view.shape.at(-2)!, b.view.shape.at(-1)!];
        const [i, j] = [r % m, c % n];
        const whole = bitsOf(product(a, b, level));
        const row = bitsOf(product(only(a, -2, i), b, level));
        const column = bitsOf(product(a, only(b, -1, j), level));
        expect(row).toEqual(whole.filter((_, flat) => Math.floor(flat / n) % m === i));
        expect(column).toEqual(whole.filter((_, flat) => flat % n === j));
      }),
    );
  });

  test('a row has the same bits in products of 1 to 40 rows, and in a batch', () => {
    const shapes = fc.record({ k: fc.integer({ min: 1, max: 70 }), n: fc.integer({ min: 1, max: 50 }) });
    const of = (rows: number, columns: number, data: Float32Array<ArrayBuffer>) => dense([rows, columns], data);
    check(
      fc.property(shapes, fc.integer({ min: 1, max: 40 }), fc.integer(), ({ k, n }, m, seed) => {
        const [x, y] = [numbers(40 * k, seed), numbers(k * n, seed + 1)];
        const b = of(k, n, y);
        const whole = bitsOf(product(of(40, k, x), b, level));
        expect(bitsOf(product(of(m, k, x), b, level))).toEqual(whole.slice(0, m * n));
        const repeated: Matrices = { view: { shape: [8, k, n], strides: [0, n, 1], offset: 0 }, data: y };
        expect(bitsOf(product(dense([8, 5, k], x), repeated, level))).toEqual(whole);
      }),
    );
  });

  test('in a product that packs panels of B once for all tiles, a row or a column has the bits that it has alone', () => {
    const [m, k, n] = [133, 1100, 150];
    for (const [across, down] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      const of = (rows: number, columns: number, turned: boolean | undefined, seed: number): Matrices => ({
        view: {
          shape: [2, rows, columns],
          strides: [rows * columns, ...(turned ? [1, rows] : [columns, 1])],
          offset: 0,
        },
        data: numbers(2 * rows * columns, seed),
      });
      const [a, b] = [of(m, k, across, 1), of(k, n, down, 2)];
      expect(prepared(a, b, level).kernels.length).toBe(2);
      const whole = bitsOf(product(a, b, level));
      for (const i of [0, 5, 66, 67, 132]) {
        const row = bitsOf(product(only(a, -2, i), b, level));
        expect(row).toEqual(whole.filter((_, flat) => Math.floor(flat / n) % m === i));
      }
      for (const j of [0, 15, 16, 148, 149]) {
        const column = bitsOf(product(a, only(b, -1, j), level));
        expect(column).toEqual(whole.filter((_, flat) => flat % n === j));
      }
    }
  });

  test('tiles write disjoint parts, all of the output together, in any order', () => {
    check(
      fc.property(products, ({ a, b }) => {
        const { kernels, buffers } = prepared(a, b, level);
        const plan = prepareKernels(kernels, buffers);
        const out = plan.views.get(2)!;
        const writers = new Int32Array(out.length);
        for (let tile = (kernels.at(-1)?.tiles ?? 0) - 1; tile >= 0; tile--) {
          out.fill(Number.NaN);
          plan.run((tiles, step) =>
            step === kernels.length - 1 ? [tile] : Array.from({ length: tiles }, (_, i) => tiles - 1 - i),
          );
          out.forEach((value, flat) => {
            if (!Number.isNaN(value)) writers[flat]! += 1;
          });
        }
        plan.check();
        expect(writers).toEqual(new Int32Array(out.length).fill(1));
      }),
    );
  });

  test('the epilogue sees every element once, with its final value', () => {
    check(
      fc.property(products, ({ a, b }) => {
        const [m, n] = [a.view.shape.at(-2)!, b.view.shape.at(-1)!];
        const { kernels, buffers } = prepared(a, b, level, witness(m, n));
        const after = runKernels(kernels, buffers);
        const out = Float32Array.from(after.get(2)!);
        expect(bitsOf(Float32Array.from(after.get(3)!))).toEqual(bitsOf(out));
        expect(Float32Array.from(after.get(4)!)).toEqual(new Float32Array(out.length).fill(1));
      }),
    );
  });

  test('NaN and infinities reach the elements that they belong to and no others', () => {
    const values = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const shapes = sizes.filter(({ m, k, n }) => m * k * n > 0);
    check(
      fc.property(shapes, fc.integer(), values, fc.nat(), ({ m, k, n }, seed, value, at) => {
        const a = dense([m, k], numbers(m * k, seed));
        const b = dense(
          [k, n],
          numbers(k * n, seed + 1).map((x) => x || 1),
        );
        const [i, p] = [at % m, at % k];
        a.data[i * k + p] = value;
        product(a, b, level).forEach((got, flat) => {
          const here = Math.floor(flat / n) === i;
          const want = here ? value * b.data[p * n + (flat % n)]! : 0;
          if (here ? !Object.is(got, want) : !Number.isFinite(got)) expect.fail(`element ${flat}: ${got}`);
        });
      }),
    );
  });
});

/** The part of `matrices` with one index along an axis. */
function only({ view, data }: Matrices, axis: -1 | -2, index: number): Matrices {
  const shape = view.shape.with(axis, 1);
  return { view: { shape, strides: view.strides, offset: view.offset + index * view.strides.at(axis)! }, data };
}

/** Copies slot 2 to slot 3 and counts visits in slot 4. */
function witness(m: number, n: number): Epilogue {
  const dense = (slot: number) => ({ slot, view: { shape: [m * n], strides: [1], offset: 0 } });
  return {
    loads: [dense(2)],
    stores: [dense(3), dense(4)],
    cost: 0,
    ops: [],
    flops: 0,
    emit:
      () =>
      (f, table, { outer, row0, row1, col0, col1 }) => {
        const row = f.let(row0);
        f.while(i32.lt_s(row, row1), () => {
          const column = f.let(col0);
          f.while(i32.lt_s(column, col1), () => {
            const flat = i32.add(i32.mul(i32.add(i32.mul(outer, m), row), n), column);
            const offset = f.let(i32.mul(flat, 4));
            const [out, copy, count] = [2, 3, 4].map((slot) => f.let(i32.add(i32.load(table, 4 * slot), offset)));
            f.do(f32.store(copy!, f32.load(out!)), f32.store(count!, f32.add(f32.load(count!), 1)));
            f.increment(column, 1);
          });
          f.increment(row, 1);
        });
      },
  };
}

test('an empty sum is +0, and an output without elements has no kernels', () => {
  for (const [, level] of availableLevels) {
    expect(bitsOf(product(dense([3, 5, 0]), dense([3, 0, 7]), level))).toEqual(new Int32Array(105));
    for (const [batch, m, n] of [
      [0, 2, 3],
      [2, 0, 3],
      [2, 3, 0],
    ] as const) {
      expect(prepared(dense([batch, m, 4]), dense([batch, 4, n]), level).kernels).toEqual([]);
    }
  }
});

test('operands whose sizes do not match are a broken invariant', () => {
  const message = 'internal: matmul: inner sizes and batches must match; got [2,3] × [4,5]';
  expect(() => product(dense([2, 3]), dense([4, 5]), plainLevel)).toThrow(message);
  expect(() => product(dense([2, 3, 4]), dense([3, 4, 5]), plainLevel)).toThrow('internal: matmul: inner sizes');
});

test('large products are cut into tiles of about the same size, small ones are one tile', () => {
  const tiles = (m: number, k: number, n: number) =>
    prepared(dense([m, k]), dense([k, n]), { bits: 256, fma: true }).kernels.at(-1)!.tiles;
  expect(tiles(4, 2, 3)).toBe(1);
  expect(tiles(32, 784, 10)).toBe(1);
  expect(tiles(128, 784, 128)).toBeGreaterThanOrEqual(8);
  for (const [m, k, n] of [
    [128, 784, 512],
    [1024, 1024, 1024],
    [256, 512, 784],
  ] as const) {
    expect(tiles(m, k, n) % 16).toBe(0);
  }
});
