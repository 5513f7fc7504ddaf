// The law of row kernels: they give, to the bit, what their stages give one after the other in plain TypeScript and in the order of
// reductions, for all stores, layouts and orders of tiles.

import { type RowFusion, type RowStage, rowKernel } from '@treadle/kernels';
import { f32x4 } from '@treadle/wasm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import { float, inOrder, max, type Plain, sum } from './orders.ts';
import { type Elements, floats, operand, type Placed, placed, positions, sameBits, shuffled, sizeOf } from './views.ts';

type Kind = 'element' | 'row' | 'sum' | 'max';

/** A stage: what it is, which of the values so far it reads (counted from the last), and whether its result is stored. */
interface Drawn {
  readonly kind: Kind;
  readonly first: number;
  readonly second: number;
  readonly isStored: boolean;
  readonly isIndexed: boolean;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom<Kind>('element', 'element', 'row', 'sum', 'max'),
  first: fc.nat(3),
  second: fc.nat(6),
  isStored: fc.boolean(),
  isIndexed: fc.boolean(),
});

const spaces = fc.oneof(
  fc.record({
    rows: fc.constantFrom([], [1], [3], [9], [4, 5], [100]),
    columns: fc.constantFrom(1, 2, 7, 8, 10, 63, 64),
  }),
  fc.record({ rows: fc.constantFrom([4], [5], [2, 3], [90]), columns: fc.constantFrom(65, 300, 1000) }),
  fc.record({ rows: fc.constantFrom([], [3], [4]), columns: fc.constantFrom(4096, 4097, 8192, 12_299) }),
);

const cases = spaces.chain(({ rows, columns }) =>
  fc.record({
    rows: fc.constant(rows),
    columns: fc.constant(columns),
    elements: fc.array(placed([...rows, columns], { repeating: true }), { minLength: 1, maxLength: 2 }),
    numbers: fc.array(placed(rows, { repeating: true }), { minLength: 1, maxLength: 2 }),
    stages: fc.array(drawn, { minLength: 1, maxLength: 8 }),
    cost: fc.constantFrom(0.2, 20),
    seed: fc.nat(),
  }),
);

/** What has been computed: an element for each column, or a number for each row. */
interface Known {
  readonly per: 'element' | 'row';
  readonly values: Float32Array;
  readonly load: RowStage['loads'][number];
}

/** A number for each row as its every element; a value is stretched by whoever reads it. */
function stretched(load: Known['load'], columns: number): Known['load'] {
  if ('value' in load) return load;
  const { shape, strides, offset } = load.operand.view;
  const view = { shape: [...shape, columns], strides: [...strides, 0], offset };
  return { type: load.type, operand: { slot: load.operand.slot, view } };
}

const folds: Readonly<Record<'sum' | 'max', Plain>> = { sum, max };

/** Half of the sum, so that values stay small; with the position where the stage asks for it. */
const half = (a: number, b: number, i: number): number => Math.fround(Math.fround(Math.fround(a + b) * 0.5) + i);

test('a row kernel gives what its stages give one after the other, to the bit', () => {
  fc.assert(
    fc.property(cases, ({ rows, columns, elements, numbers, stages, cost, seed }) => {
      const height = sizeOf(rows);
      const buffers: Elements[] = [];
      const load = (from: Placed, per: Known['per']): Known => {
        const values = floats(from.length, seed + buffers.length);
        const slot = buffers.push(values) - 1;
        const seen = Float32Array.from(positions(from.view), (at) => values[at]!);
        return { per, values: seen, load: { operand: operand(slot, from), type: 'f32x4' } };
      };
      const known = [...elements.map((x) => load(x, 'element')), ...numbers.map((x) => load(x, 'row'))];
      const stored: { slot: number; values: Float32Array }[] = [];
      const program: RowStage[] = stages.map(({ kind, first, second, isStored, isIndexed }, value) => {
        const per = kind === 'row' ? 'row' : 'element';
        const readable = known.filter((one) => per === 'element' || one.per === 'row').toReversed();
        const [a, b] = [readable[first % readable.length]!, readable[second % readable.length]!];
        const size = per === 'row' ? height : height * columns;
        const at = (one: Known, i: number): number =>
          one.values[per === 'element' && one.per === 'row' ? Math.floor(i / columns) : i]!;
        const index = (i: number): number => (isIndexed ? i : 0);
        const each = Float32Array.from({ length: size }, (_, i) => half(at(a, i), at(b, i), index(i)));
        const fold = kind === 'sum' || kind === 'max' ? folds[kind] : undefined;
        const values = fold
          ? Float32Array.from({ length: height }, (_, r) =>
              inOrder([...each.subarray(r * columns, (r + 1) * columns)], fold),
            )
          : each;
        const slot = isStored ? buffers.push(new Float32Array(values.length).fill(7)) - 1 : undefined;
        if (slot !== undefined) stored.push({ slot, values });
        known.push({ per: fold ? 'row' : per, values, load: { value, type: 'f32x4' } });
        return {
          per,
          loads: [a, b].map((one) =>
            per === 'element' && one.per === 'row' ? stretched(one.load, columns) : one.load,
          ),
          body: (_f, [x, y], i) => {
            const mean = f32x4.mul(f32x4.add(float(x!), float(y!)), 0.5);
            return [f32x4.add(mean, isIndexed ? f32x4.convert_i32x4_s(i()) : f32x4.const(0))];
          },
          cost,
          flops: 3,
          combine: fold?.combine,
          results: [{ value, slot }],
        };
      });
      const kernel = rowKernel({ name: 'rows', rows, columns, ops: [], stages: program } satisfies RowFusion);
      const after = runKernels([kernel], new Map(buffers.entries()), { order: shuffled(seed) });
      for (const { slot, values } of stored) sameBits(after.get(slot)!, values, `slot ${slot}`);
    }),
    { numRuns: 150 },
  );
});

test('values that only later passes read are not among the buffers that a row kernel writes', () => {
  const view = { shape: [64, 100], strides: [100, 1], offset: 0 };
  const type = 'f32x4';
  const first = { operand: { slot: 0, view }, type } as const;
  const stage = (loads: RowStage['loads'], combine: Plain | undefined, value: number, slot?: number): RowStage => ({
    per: 'element',
    loads,
    body: (_f, [x]) => [x!],
    cost: 0.2,
    flops: combine ? 1 : 0,
    combine: combine?.combine,
    results: [{ value, slot }],
  });
  const kernel = rowKernel({
    name: 'rows',
    rows: [64],
    columns: 100,
    ops: ['sum', 'max'],
    stages: [stage([first], sum, 0), stage([{ value: 0, type }], undefined, 1), stage([{ value: 1, type }], max, 2, 1)],
  });
  expect(kernel.reads).toEqual([0]);
  expect(kernel.writes).toEqual([1]);
  const { flops, bytesRead, bytesWritten } = kernel.work;
  expect([flops, bytesRead, bytesWritten]).toEqual([2 * 6400, 4 * 6400, 4 * 64]);
});
