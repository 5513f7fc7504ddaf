// The largest and the smallest element over an axis are those of Math.max and Math.min, whichever bits there are. Integers at the
// ends of int32 have a result, too: none is undefined, and none traps.

import { compile, setThreads, type Tensor, tensor } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const special = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 1, 0x80000001];
const bits = fc.oneof({ weight: 3, arbitrary: fc.integer() }, { weight: 1, arbitrary: fc.constantFrom(...special) });

test('max and min over rows and columns: NaN wins, then infinities; 0 is more than −0', () => {
  setThreads(1);
  const cases = fc.record({
    rows: fc.integer({ min: 1, max: 12 }),
    columns: fc.integer({ min: 1, max: 12 }),
    pool: fc.array(bits, { minLength: 144, maxLength: 144 }),
    withNaN: fc.boolean(),
  });
  fc.assert(
    fc.property(cases, ({ rows, columns, pool, withNaN }) => {
      const drawn = new Float32Array(Uint32Array.from(pool).buffer, 0, rows * columns);
      const elements = withNaN ? drawn : drawn.map((x) => (Number.isNaN(x) ? -0 : x));
      const x = tensor(elements, { shape: [rows, columns] });
      const row = (i: number): number[] => [...elements.subarray(i * columns, (i + 1) * columns)];
      const column = (j: number): number[] => Array.from({ length: rows }, (_, i) => elements[i * columns + j]!);
      for (const [name, f] of [
        ['max', Math.max],
        ['min', Math.min],
      ] as const) {
        x[name](1)
          .data()
          .forEach((y, i) => {
            expect(y).toBe(f(...row(i)));
          });
        x[name](0)
          .data()
          .forEach((y, j) => {
            expect(y).toBe(f(...column(j)));
          });
        expect(x[name]().item()).toBe(f(...elements));
      }
    }),
    { numRuns: 60 },
  );
});

/** Modulo 2³², as NumPy's int32. */
const wrapped = (x: bigint): number => Number(BigInt.asIntN(32, x));
const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);

function power(a: bigint, n: bigint): bigint {
  if (n >= 0n) {
    let [product, square] = [1n, a];
    for (let rest = n; rest > 0n; rest >>= 1n) {
      if (rest & 1n) product = BigInt.asIntN(32, product * square);
      square = BigInt.asIntN(32, square * square);
    }
    return product;
  }
  return magnitude(a) === 1n ? (n % 2n === 0n ? 1n : a) : 0n;
}

/** The operation on tensors, and what it is of two integers. */
const ofIntegers: Readonly<
  Record<string, readonly [(a: Tensor, b: Tensor) => Tensor, (a: bigint, b: bigint) => bigint]>
> = {
  add: [(a, b) => a.add(b), (a, b) => a + b],
  sub: [(a, b) => a.sub(b), (a, b) => a - b],
  mul: [(a, b) => a.mul(b), (a, b) => a * b],
  pow: [(a, b) => a.pow(b), power],
  mod: [(a, b) => a.mod(b), (a, b) => (b === 0n ? 0n : ((a % b) + b) % b)],
  neg: [(a) => a.neg(), (a) => -a],
  abs: [(a) => a.abs(), magnitude],
  square: [(a) => a.square(), (a) => a * a],
  sign: [(a) => a.sign(), (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n)],
};

const end = fc.constantFrom(0, 1, -1, 2, -2, 3, 46_341, 65_536, 2 ** 30, 2 ** 31 - 1, 2 - 2 ** 31, -(2 ** 31));
const integer = fc.oneof({ weight: 2, arbitrary: end }, { weight: 1, arbitrary: fc.integer() });

test.each(Object.entries(ofIntegers))('%s of int32 wraps around at its ends, compiled or not', (_, [apply, truth]) => {
  const compiled = compile(apply);
  const pairs = fc.array(fc.tuple(integer, integer), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(pairs, (both) => {
      const [a, b] = [0, 1].map((i) => tensor(Int32Array.from(both, (pair) => pair[i]!))) as [Tensor, Tensor];
      const expected = both.map(([x, y]) => wrapped(truth(BigInt(x), BigInt(y))));
      expect([...apply(a, b).data()]).toEqual(expected);
      expect([...compiled(a, b).data()]).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('sums and products of int32 wrap around', () => {
  fc.assert(
    fc.property(fc.array(integer, { minLength: 1, maxLength: 70 }), (values) => {
      const x = tensor(Int32Array.from(values));
      const all = values.map(BigInt);
      expect(x.sum().item()).toBe(wrapped(all.reduce((a, b) => a + b)));
      expect(x.prod().item()).toBe(wrapped(all.reduce((a, b) => a * b)));
      expect(x.max().item()).toBe(Math.max(...values));
      expect(x.min().item()).toBe(Math.min(...values));
    }),
    { numRuns: 100 },
  );
});

test('a float32 beyond int32 is cast to the nearest end of it, NaN to 0', () => {
  fc.assert(
    fc.property(fc.array(bits, { minLength: 1, maxLength: 40 }), (words) => {
      const floats = new Float32Array(Int32Array.from(words).buffer);
      const expected = Array.from(floats, (x) => {
        return Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x))) + 0;
      });
      expect([...tensor(floats).cast('int32').data()]).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});
