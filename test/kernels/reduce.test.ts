// The law of reductions: the bits of an output follow from its elements and their number alone. Every layout, and so every kind of
// loop, must give the bits of the order in orders.ts.

import { reduce } from '@treadle/kernels';
import { f32x4 } from '@treadle/wasm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import { all, float, inOrder, integerSum, max, type Plain, product, sum } from './orders.ts';
import {
  dense,
  type Elements,
  floats,
  operand,
  type Placed,
  placed,
  positions,
  sameBits,
  shuffled,
  sizeOf,
} from './views.ts';

const size = fc.constantFrom(0, 1, 1, 2, 3, 4, 5, 8, 9, 17, 33);
const kept = fc.array(size, { maxLength: 3 }).filter((shape) => sizeOf(shape) <= 1200);
const short = fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 100, 255, 256, 263, 264, 265, 520, 775);
const long = fc.constantFrom(4095, 4096, 4097, 8192, 8197, 12_345);
interface Folded {
  readonly outputs: readonly number[];
  readonly axes: readonly number[];
}

const oneOf = (...shapes: readonly (readonly number[])[]): fc.Arbitrary<readonly number[]> =>
  fc.constantFrom(...shapes);
const folded = (
  weight: number,
  outputs: fc.Arbitrary<readonly number[]>,
  axes: fc.Arbitrary<readonly number[]>,
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<Folded> } => ({
  weight,
  arbitrary: fc.record({ outputs, axes }),
});

/** The outputs' shape and the axes that are folded: one, none or several; short ones, of several chunks, of several tiles. */
const shapes: fc.Arbitrary<Folded> = fc.oneof(
  folded(
    6,
    kept,
    short.map((k) => [k]),
  ),
  folded(
    1,
    oneOf([], [1], [3], [8], [2, 5]),
    long.map((k) => [k]),
  ),
  folded(1, oneOf([700], [5000], [20_000]), oneOf([20], [4], [2])),
  folded(1, oneOf([3, 1500], [40]), oneOf([9], [1000])),
  // from beyond a near cache
  folded(1, oneOf([40], [7]), oneOf([6700], [40_001])),
  folded(
    3,
    oneOf([], [1], [3], [8, 2], [40]),
    oneOf([], [3, 5], [2, 7, 3], [4, 8], [64, 8], [9, 1, 4], [2, 700], [0, 3], [3, 49]),
  ),
  folded(1, oneOf([], [4], [5]), oneOf([5, 1000], [4100, 2], [7, 3, 400], [17, 483], [2, 8192])),
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
      stores: [operand(1, target)],
      cost,
    },
    [input, before],
    seed,
  );
  const elements = Array.from(positions(source.view), (at) => input[at]!);
  sameBits(after, expected(before, target, elements, length, plain), 'target');
}

test.each(Object.entries({ sum, product, max, integerSum, all }))(
  '%s combines in the order of the law, for every layout and order of tiles',
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
          stores: [operand(2, target)],
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

test('several results of a body are combined in one pass, each in the order of the law', () => {
  fc.assert(
    fc.property(cases, ({ shape, axes, length, source, target, cost, seed }) => {
      const input = sum.elements(source.length, seed);
      const befores = [1, 2].map(() => new Float32Array(target.length).fill(7));
      const slots = new Map<number, Elements | number>([input, ...befores].entries());
      const kernels = reduce({
        name: 'reduce',
        shape,
        axes,
        loads: [{ operand: operand(0, source), type: 'f32x4' }],
        body: (_f, [x]) => [x!, f32x4.mul(float(x!), float(x!))],
        combine: sum.combine,
        stores: [operand(1, target), operand(2, target)],
        cost,
        allocate: (size) => {
          slots.set(slots.size, size);
          return slots.size - 1;
        },
      });
      const after = runKernels(kernels, slots, { order: shuffled(seed) });
      const elements = Array.from(positions(source.view), (at) => input[at]!);
      const squares = elements.map((x) => Math.fround(x * x));
      sameBits(after.get(1)!, expected(befores[0]!, target, elements, length, sum), 'sum');
      sameBits(after.get(2)!, expected(befores[1]!, target, squares, length, sum), 'sum of squares');
    }),
    { numRuns: 60 },
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
    stores: [operand(1, dense([]))],
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
