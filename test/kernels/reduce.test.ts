// The law of reductions: an output's bits follow from its elements and their number alone. The order is written down here
// once more, in plain TypeScript; every layout, and so every loop, must give its bits.

import { type Combine, reduce } from '@treadle/kernels';
import { type Expr, f32x4, i32x4, reinterpret, v128 } from '@treadle/wasm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import {
  dense,
  type Elements,
  floats,
  integers,
  operand,
  type Placed,
  placed,
  positions,
  sameBits,
  shuffled,
  sizeOf,
} from './views.ts';

type Lanes = Expr<'f32x4' | 'i32x4'>;
const float = (value: Lanes): Expr<'f32x4'> => reinterpret('f32x4', value);
const integer = (value: Lanes): Expr<'i32x4'> => reinterpret('i32x4', value);

/** A combining operation in plain TypeScript, and elements that try it. */
interface Plain {
  readonly combine: Combine;
  readonly apply: (a: number, b: number) => number;
  readonly elements: (length: number, seed: number) => Elements;
  /** the result of no elements */
  readonly empty: number;
}

const nearOne = (length: number, seed: number): Elements => floats(length, seed).map((x) => 1 + x * 2 ** -12);
const withNaN = (length: number, seed: number): Elements =>
  floats(length, seed).map((x) => (Math.abs(x) > 62 ? Number.NaN : Math.abs(x) > 60 ? x * Infinity : x));
const masks = (length: number, seed: number): Elements =>
  integers(length, seed).map((x) => (x < 2 ** 31 * 0.9 ? -1 : 0));

const sum: Plain = {
  combine: { type: 'f32x4', identity: -0, apply: (_f, a, b) => f32x4.add(float(a), float(b)) },
  apply: (a, b) => Math.fround(a + b),
  elements: floats,
  empty: 0,
};
const product: Plain = {
  combine: { type: 'f32x4', identity: 1, apply: (_f, a, b) => f32x4.mul(float(a), float(b)) },
  apply: (a, b) => Math.fround(a * b),
  elements: nearOne,
  empty: 1,
};
const max: Plain = {
  combine: { type: 'f32x4', identity: -Infinity, apply: (_f, a, b) => f32x4.max(float(a), float(b)) },
  apply: (a, b) => Math.max(a, b),
  elements: withNaN,
  empty: -Infinity,
};
const integerSum: Plain = {
  combine: { type: 'i32x4', identity: 0, apply: (_f, a, b) => i32x4.add(integer(a), integer(b)) },
  apply: (a, b) => (a + b) | 0,
  elements: integers,
  empty: 0,
};
const all: Plain = {
  combine: { type: 'i32x4', identity: -1, apply: (_f, a, b) => v128.and(a, b) },
  apply: (a, b) => a & b,
  elements: masks,
  empty: -1,
};

/** Chunks of 4096; in each, element k joins accumulator k mod 8; eight by a tree; the chunks' results in the same way. */
function inOrder(elements: readonly number[], { combine, apply, empty }: Plain): number {
  if (elements.length === 0) return empty;
  const results: number[] = [];
  for (let start = 0; start < elements.length; start += 4096) {
    const a: number[] = Array(8).fill(combine.identity);
    elements.slice(start, start + 4096).forEach((x, k) => {
      a[k % 8] = apply(a[k % 8]!, x);
    });
    const even = apply(apply(a[0]!, a[4]!), apply(a[2]!, a[6]!));
    const odd = apply(apply(a[1]!, a[5]!), apply(a[3]!, a[7]!));
    results.push(apply(even, odd));
  }
  return results.length === 1 ? results[0]! : inOrder(results, { combine, apply, empty, elements: floats });
}

const size = fc.constantFrom(0, 1, 1, 2, 3, 4, 5, 8, 9, 17, 33);
const kept = fc.array(size, { maxLength: 3 }).filter((shape) => sizeOf(shape) <= 1200);
const short = fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 100);
const long = fc.constantFrom(4095, 4096, 4097, 8192, 8197, 12_345);
/** The outputs' shape and the axes that are folded. */
const shapes = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(kept, short).map(([outputs, k]) => ({ outputs, axes: [k] })) },
  {
    weight: 1,
    arbitrary: fc.record({ outputs: fc.constantFrom([], [1], [3], [8], [2, 5]), axes: long.map((k) => [k]) }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom([700, 20], [3, 1500, 9], [40, 1000], [5000, 4], [20_000, 2])
      .map((shape) => ({ outputs: shape.slice(0, -1), axes: shape.slice(-1) })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      outputs: fc.constantFrom([], [1], [3], [8, 2], [40]),
      axes: fc.constantFrom([], [3, 5], [2, 7, 3], [4, 8], [64, 8], [9, 1, 4], [2, 700], [0, 3], [3, 49]),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      outputs: fc.constantFrom([], [4], [5]),
      axes: fc.constantFrom([5, 1000], [4100, 2], [7, 3, 400], [17, 483], [2, 8192]),
    }),
  },
);

const cases = shapes.chain(({ outputs, axes }) =>
  fc.record({
    shape: fc.constant([...outputs, ...axes]),
    axes: fc.constant(axes.length),
    length: fc.constant(sizeOf(axes)),
    source: placed([...outputs, ...axes], { repeating: true }),
    target: placed(outputs, { repeating: false }),
    cost: fc.constantFrom(0.2, 200),
    seed: fc.integer(),
  }),
);

interface Case {
  readonly shape: readonly number[];
  /** how many axes are folded, and their elements */
  readonly axes: number;
  readonly length: number;
  readonly source: Placed;
  readonly target: Placed;
  readonly cost: number;
  readonly seed: number;
}

type Reduction = Parameters<typeof reduce>[0];

/** Runs a reduction of slots 0, 1, … to the last of `buffers`, and gives what that holds afterwards. */
function run(reduction: Omit<Reduction, 'allocate' | 'name'>, buffers: readonly Elements[], seed: number): Elements {
  const slots = new Map<number, Elements | number>(buffers.entries());
  const allocate = (length: number): number => {
    slots.set(slots.size, length);
    return slots.size - 1;
  };
  const kernels = reduce({ ...reduction, name: 'reduce', allocate });
  const after = runKernels(kernels, slots, { order: shuffled(seed) });
  buffers.slice(0, -1).forEach((before, slot) => {
    sameBits(after.get(slot)!, before, `load ${slot}`);
  });
  return after.get(buffers.length - 1)!;
}

/** `elements`, K for each output in turn, in order; the rest of the target as it was. */
function expected<T extends Elements>(
  before: T,
  { view }: Placed,
  elements: readonly number[],
  length: number,
  plain: Plain,
): T {
  const after = before.slice();
  positions(view).forEach((at, o) => {
    after[at] = inOrder(elements.slice(o * length, (o + 1) * length), plain);
  });
  return after as T;
}

function check(plain: Plain, { shape, axes, length, source, target, cost, seed }: Case): void {
  const { type } = plain.combine;
  const input = plain.elements(source.length, seed);
  const before = type === 'f32x4' ? new Float32Array(target.length).fill(7) : new Int32Array(target.length).fill(7);
  const after = run(
    {
      shape,
      axes,
      loads: [{ operand: operand(0, source), type }],
      body: (_f, values) => values,
      combine: plain.combine,
      store: operand(1, target),
      cost,
    },
    [input, before],
    seed,
  );
  const elements = Array.from(positions(source.view), (at) => input[at]!);
  sameBits(after, expected(before, target, elements, length, plain), 'target');
}

test.each(Object.entries({ sum, product, max, integerSum, all }))(
  '%s combines in the order of the law, whatever the layout, the tiles and their order',
  (_name, plain) => {
    fc.assert(
      fc.property(cases, (one) => check(plain, one)),
      { numRuns: 120 },
    );
  },
);

test('the body is applied before elements are combined, with their positions', () => {
  const two = cases.chain((one) => fc.tuple(fc.constant(one), placed(one.shape, { repeating: true })));
  fc.assert(
    fc.property(two, ([{ shape, axes, length, source, target, cost, seed }, other]) => {
      const inputs = [floats(source.length, seed), floats(other.length, seed + 1)] as const;
      const before = new Float32Array(target.length).fill(7);
      const after = run(
        {
          shape,
          axes,
          loads: [source, other].map((load, v) => ({ operand: operand(v, load), type: 'f32x4' })),
          body: (_f, [a, b], index) => [f32x4.add(f32x4.mul(float(a!), float(b!)), f32x4.convert_i32x4_s(index()))],
          combine: sum.combine,
          store: operand(2, target),
          cost,
        },
        [...inputs, before],
        seed,
      );
      const [left, right] = [positions(source.view), positions(other.view)];
      const elements = Array.from(left, (at, i) =>
        Math.fround(Math.fround(inputs[0][at]! * inputs[1][right[i]!]!) + i),
      );
      sameBits(after, expected(before, target, elements, length, sum), 'target');
    }),
    { numRuns: 200 },
  );
});

test('a long sum into one output is cut into tiles', () => {
  const allocated: number[] = [];
  const [partial, last] = reduce({
    name: 'sum',
    shape: [10_000_000],
    axes: 1,
    loads: [{ operand: operand(0, dense([10_000_000])), type: 'f32x4' }],
    body: (_f, values) => values,
    combine: sum.combine,
    store: operand(1, dense([])),
    cost: 0.2,
    allocate: (length) => 1 + allocated.push(length),
  });
  expect(allocated).toEqual([Math.ceil(10_000_000 / 4096)]);
  expect(partial!.tiles).toBeGreaterThan(100);
  expect(last!.tiles).toBe(1);
});

test.runIf(process.env.TREADLE_TEST_LONG)('the chunks of chunks follow the law', () => {
  const length = 4096 * 4096 + 4096 + 5;
  const one = dense([length]);
  check(sum, { shape: [length], axes: 1, length, source: one, target: dense([]), cost: 0.2, seed: 1 });
});
