// The laws of narrow elements in the loop kernels: they are read as the values that they stand for and written as the values that
// are stored, whatever the views, the tiles and their order; not a byte beside them is touched.

import {
  type Combine,
  float16,
  gather,
  lanes,
  mask8,
  type Narrow,
  type Operand,
  reduce,
  rowKernel,
  uint8,
} from '@treadle/kernels';
import { type Expr, i32x4, reinterpret, v128 } from '@treadle/wasm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float16Of } from '../support/float16.ts';
import { runKernels } from '../support/run-kernels.ts';
import {
  dense,
  type Elements,
  operand,
  type Placed,
  placed,
  positions,
  randomFrom,
  sameBits,
  shuffled,
  sizeOf,
} from './views.ts';

const size = fc.constantFrom(0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 31, 40);
const smallShape = fc.array(size, { maxLength: 4 }).filter((shape) => sizeOf(shape) <= 3000);
const bigShape = fc.constantFrom([40_000], [3, 17_001], [301, 67], [67, 301], [20, 3, 301]);
const shapes = fc.oneof({ weight: 8, arbitrary: smallShape }, { weight: 1, arbitrary: bigShape });
const costs = fc.constantFrom(0.3, 1000);

const narrowed = (slot: number, at: Placed, narrow: Narrow): Operand => ({ ...operand(slot, at), narrow });

function bytes(length: number, seed: number, bound = 256): Uint8Array {
  const random = randomFrom(seed);
  return Uint8Array.from({ length }, () => Math.floor(bound * random()));
}

function halves(length: number, seed: number): Uint16Array {
  const random = randomFrom(seed);
  return Uint16Array.from({ length }, () => Math.floor(65_536 * random()));
}

function read(buffer: Elements, { view }: Placed): number[] {
  return Array.from(positions(view), (at) => buffer[at]!);
}

function written<T extends Elements>(before: T, { view }: Placed, values: readonly number[]): T {
  const after = before.slice();
  positions(view).forEach((at, i) => {
    after[at] = values[i]!;
  });
  return after as T;
}

const cases = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    from: fc.tuple(...[1, 2, 3].map(() => placed(shape, { repeating: true }))),
    to: fc.tuple(...[1, 2, 3].map(() => placed(shape, { repeating: false }))),
    cost: costs,
    seed: fc.integer(),
  }),
);

describe('lanes', () => {
  test('reads bytes, masks and halves, and writes them, and nothing else', () => {
    fc.assert(
      fc.property(cases, ({ shape, from, to, cost, seed }) => {
        const [b, m, h] = [
          bytes(from[0]!.length, seed),
          bytes(from[1]!.length, seed + 1, 2),
          halves(from[2]!.length, seed),
        ];
        const outputs = [bytes(to[0]!.length, 7), bytes(to[1]!.length, 8), halves(to[2]!.length, 9)];
        const formats = [uint8, mask8, float16];
        const kernel = lanes({
          name: 'narrow',
          shape,
          loads: from.map((at, v) => ({ operand: narrowed(v, at, formats[v]!), type: formats[v]!.lane })),
          stores: to.map((at, s) => narrowed(3 + s, at, formats[s]!)),
          // the byte where the mask is set, otherwise 255 less it; what is not the mask; the half as it is
          body: (f, [byte, mask, half]) => {
            const [x, isSet] = [f.let(reinterpret('i32x4', byte!)), f.let(reinterpret('i32x4', mask!))];
            return [v128.bitselect(x, i32x4.sub(i32x4.const(255), x), isSet), v128.not(isSet), half!];
          },
          cost,
        });
        const after = runKernels([kernel], new Map([b, m, h, ...outputs].entries()), { order: shuffled(seed) });
        const [x, isSet, y] = [read(b, from[0]!), read(m, from[1]!), read(h, from[2]!)];
        const expected = [x.map((v, i) => (isSet[i] ? v : 255 - v)), isSet.map((v) => 1 - v), y];
        outputs.forEach((before, s) => {
          sameBits(after.get(3 + s)!, written(before, to[s]!, expected[s]!), `store ${s}`);
        });
      }),
      { numRuns: 300 },
    );
  });

  test('moves halves as the bits that they are, every NaN among them', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
    const [from, to] = [dense([256, 256]), dense([256, 256])];
    const turned = { ...from, view: { ...from.view, strides: [1, 256] } };
    for (const source of [from, turned]) {
      const kernel = lanes({
        name: 'move',
        shape: [256, 256],
        loads: [{ operand: narrowed(0, source, float16), type: 'f32x4' }],
        stores: [narrowed(1, to, float16)],
        body: (_, values) => values,
        cost: 0.1,
      });
      const after = runKernels([kernel], new Map([all, new Uint16Array(65_536)].entries()));
      expect(Array.from(after.get(1)!)).toEqual(read(all, source));
    }
  });
});

test('gather copies rows of narrow elements, whatever the views', () => {
  const drawn = fc
    .record({
      outer: fc.constantFrom(1, 1, 2, 5),
      n: fc.constantFrom(1, 2, 7, 20),
      count: fc.constantFrom(0, 1, 2, 5, 30, 300),
      inner: fc.constantFrom(0, 1, 2, 3, 5, 8, 9, 16, 23, 100),
      isByte: fc.boolean(),
      seed: fc.integer(),
    })
    .chain((one) =>
      fc.tuple(
        fc.constant(one),
        placed([one.outer, one.n, one.inner], { repeating: true }),
        placed([one.outer, one.count, one.inner], { repeating: false }),
      ),
    );
  fc.assert(
    fc.property(drawn, ([{ n, count, inner, isByte, seed }, source, store]) => {
      const make = isByte ? bytes : halves;
      const [input, before] = [make(source.length, seed), make(store.length, seed + 1)];
      const indices = Int32Array.from(bytes(count, seed + 2), (byte) => byte % n);
      const format = isByte ? uint8 : float16;
      const kernel = gather({
        name: 'gather',
        source: narrowed(0, source, format),
        indices: operand(1, dense([count])),
        store: narrowed(2, store, format),
      });
      const after = runKernels([kernel], new Map([input, indices, before].entries()), { order: shuffled(seed) });
      const from = positions(source.view);
      const rows = Array.from(positions(store.view), (_, i) => {
        const [o, j, c] = [Math.floor(i / (count * inner)), Math.floor(i / inner) % count, i % inner];
        return input[from[(o * n + indices[j]!) * inner + c]!]!;
      });
      sameBits(after.get(2)!, written(before, store, rows), 'store');
    }),
    { numRuns: 200 },
  );
});

type Ints = Expr<'i32x4'>;

function ints(apply: (a: Ints, b: Ints) => Ints): Combine {
  const asInts = (x: Expr<'f32x4' | 'i32x4'>): Ints => reinterpret('i32x4', x);
  return { type: 'i32x4', identity: 0, apply: (_, a, b) => apply(asInts(a), asInts(b)) };
}

const sums = shapes
  .filter((shape) => shape.length > 0)
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axes: fc.integer({ min: 1, max: shape.length }),
      from: placed(shape, { repeating: true }),
      cost: costs,
      seed: fc.integer(),
    }),
  );

test('a sum reads bytes along any axes and from any view, and any of them writes a mask', () => {
  fc.assert(
    fc.property(sums, ({ shape, axes, from, cost, seed }) => {
      const input = bytes(from.length, seed, 3);
      const kept = shape.slice(0, shape.length - axes);
      const length = sizeOf(shape.slice(kept.length));
      const before = [new Int32Array(sizeOf(kept)).fill(7), bytes(sizeOf(kept), 8)];
      const temporaries: number[] = [];
      const common = { shape, axes, cost, allocate: (words: number) => 2 + temporaries.push(words) };
      const add = ints((a, b) => i32x4.add(a, b));
      const or = ints((a, b) => v128.or(a, b));
      const loads = [{ operand: narrowed(0, from, uint8), type: 'i32x4' } as const];
      const kernels = [
        ...reduce({
          ...common,
          name: 'sum',
          loads,
          body: (_, v) => v,
          combine: add,
          stores: [operand(1, dense(kept))],
        }),
        ...reduce({
          ...common,
          name: 'any',
          loads,
          body: (_, [x]) => [i32x4.eq(reinterpret('i32x4', x!), 2)],
          combine: or,
          stores: [narrowed(2, dense(kept), mask8)],
        }),
      ];
      const buffers = new Map<number, Elements | number>([input, ...before, ...temporaries].entries());
      const after = runKernels(kernels, buffers, { order: shuffled(seed) });
      const values = read(input, from);
      const rows = Array.from({ length: sizeOf(kept) }, (_, r) => values.slice(r * length, (r + 1) * length));
      sameBits(
        after.get(1)!,
        Int32Array.from(rows, (row) => row.reduce((a, b) => a + b, 0)),
        'sums',
      );
      sameBits(
        after.get(2)!,
        Uint8Array.from(rows, (row) => Number(row.includes(2))),
        'any',
      );
    }),
    { numRuns: 200 },
  );
});

test('a row kernel reads halves, keeps them in scratch as words, and writes bytes and masks', () => {
  const drawn = fc.record({
    height: fc.constantFrom(1, 3, 8, 65),
    columns: fc.constantFrom(2, 3, 7, 8, 9, 64, 100, 5000),
    cost: costs,
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(drawn, ({ height, columns, cost, seed }) => {
      const input = bytes(height * columns, seed);
      const shape = dense([height, columns]);
      const common = { flops: 0, cost } as const;
      const kernel = rowKernel({
        name: 'rows',
        rows: [height],
        columns,
        ops: [],
        stages: [
          {
            ...common,
            per: 'element',
            loads: [{ operand: narrowed(0, shape, uint8), type: 'i32x4' }],
            body: (_, v) => v,
            combine: ints((a, b) => i32x4.max_s(a, b)),
            results: [{ value: 0, slot: 1, narrow: uint8 }],
          },
          {
            ...common,
            per: 'element',
            loads: [
              { operand: narrowed(0, shape, uint8), type: 'i32x4' },
              { value: 0, type: 'i32x4' },
            ],
            body: (_, [x, most]) => [i32x4.eq(reinterpret('i32x4', x!), reinterpret('i32x4', most!))],
            combine: undefined,
            results: [{ value: 1, slot: 2, narrow: mask8 }],
          },
          {
            ...common,
            per: 'element',
            loads: [
              { value: 1, type: 'i32x4' },
              { operand: narrowed(0, shape, uint8), type: 'i32x4' },
            ],
            body: (_, [isMost, x]) => [v128.and(reinterpret('i32x4', isMost!), reinterpret('i32x4', x!))],
            combine: undefined,
            results: [{ value: 2, slot: 3, narrow: uint8 }],
          },
        ],
      });
      const buffers = [input, bytes(height, 1), bytes(height * columns, 2), bytes(height * columns, 3)];
      const after = runKernels([kernel], new Map(buffers.entries()), { order: shuffled(seed) });
      const most = Array.from({ length: height }, (_, r) =>
        Math.max(...input.subarray(r * columns, (r + 1) * columns)),
      );
      const isMost = Array.from(input, (x, i) => Number(x === most[Math.floor(i / columns)]));
      sameBits(after.get(1)!, Uint8Array.from(most), 'largest');
      sameBits(after.get(2)!, Uint8Array.from(isMost), 'masks');
      sameBits(
        after.get(3)!,
        input.map((x, i) => x * isMost[i]!),
        'products',
      );
    }),
    { numRuns: 60 },
  );
});

test('float16 is read as the value that its bits stand for, one at a time and four at a time', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const wanted = Float32Array.from(all, (bits) => float16Of(bits));
  for (const [shape, strides] of [
    [[65_536], [1]],
    [
      [65_536, 1],
      [1, 0],
    ],
    [[32_768], [2]],
    [[65_531], [1]],
  ] as const) {
    const source = { view: { shape, strides, offset: 0 }, length: 65_536 };
    const kernel = lanes({
      name: 'widen',
      shape,
      loads: [{ operand: narrowed(0, source, float16), type: 'f32x4' }],
      stores: [operand(1, dense(shape))],
      body: (_, values) => values,
      cost: 0.1,
    });
    const after = runKernels([kernel], new Map<number, Elements>([all, new Float32Array(sizeOf(shape))].entries()));
    sameBits(
      after.get(1)!,
      Float32Array.from(positions(source.view), (at) => wanted[at]!),
      `[${shape}]`,
    );
  }
});
