// The laws of elementwise kernels: every element of the stores is what the body computes, and nothing else is touched, for all
// views, tiles and orders of tiles.

import { type Epilogue, type Kernel, type LaneExpression, lanes, quarterOf, region, sin } from '@treadle/kernels';
import { type Expr, f32x4, i32, i32x4, reinterpret } from '@treadle/wasm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runKernels } from '../support/run-kernels.ts';
import { ulpDistance } from '../support/ulp.ts';
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

const size = fc.constantFrom(0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 31, 40);
const smallShape = fc.array(size, { maxLength: 5 }).filter((shape) => sizeOf(shape) <= 3000);
const bigShape = fc.constantFrom([40_000], [3, 17_001], [301, 67], [20, 3, 301], [5, 4100, 2], [2, 2, 2, 2500]);
const shapes = fc.oneof({ weight: 8, arbitrary: smallShape }, { weight: 1, arbitrary: bigShape });
const seeds = fc.integer();
/** an expensive body has smaller tiles */
const costs = fc.constantFrom(0.3, 1000);

type Body = LaneExpression['body'];
const asFloat = (value: Expr<'f32x4' | 'i32x4'>): Expr<'f32x4'> => reinterpret('f32x4', value);

/** v₀·2 − v₁ − v₂ …, and the flat index */
const body: Body = (_f, values, index) => {
  const [first = f32x4.const(1), ...rest] = values.map(asFloat);
  return [rest.reduce((sum, value) => f32x4.sub(sum, value), f32x4.mul(first, 2)), index()];
};

function reference(count: number, loads: readonly Elements[]): [Float32Array, Int32Array] {
  const [first = new Float32Array(count).fill(1), ...rest] = loads;
  const values = Float32Array.from({ length: count }, (_, i) =>
    rest.reduce((sum, load) => Math.fround(sum - load[i]!), Math.fround(first[i]! * 2)),
  );
  return [values, Int32Array.from({ length: count }, (_, i) => i)];
}

function read(buffer: Float32Array, { view }: Placed): Float32Array {
  return Float32Array.from(positions(view), (at) => buffer[at]!);
}

function written<T extends Elements>(before: T, { view }: Placed, values: Elements): T {
  const after = before.slice();
  positions(view).forEach((at, i) => {
    after[at] = values[i]!;
  });
  return after as T;
}

const cases = shapes.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    loads: fc.array(placed(shape, { repeating: true }), { maxLength: 3 }),
    stores: fc.tuple(placed(shape, { repeating: false }), placed(shape, { repeating: false })),
    isIndexed: fc.boolean(),
    cost: costs,
    seed: seeds,
  }),
);

test('lanes stores what the body computes for every element, and nothing else, for all views and orders of tiles', () => {
  fc.assert(
    fc.property(cases, ({ shape, loads, stores, isIndexed, cost, seed }) => {
      const inputs = loads.map(({ length }, v) => floats(length, seed + v));
      const outputs = [new Float32Array(stores[0].length).fill(7), new Int32Array(stores[1].length).fill(7)];
      const count = isIndexed ? 2 : 1;
      const kernel = lanes({
        name: 'lanes',
        shape,
        loads: loads.map((load, v) => ({ operand: operand(v, load), type: 'f32x4' })),
        stores: stores.slice(0, count).map((store, s) => operand(loads.length + s, store)),
        body: (f, values, index) => body(f, values, isIndexed ? index : () => i32x4.const(0)).slice(0, count),
        cost,
      });
      const buffers = new Map([...inputs, ...outputs].map((elements, slot) => [slot, elements]));
      const after = runKernels([kernel], buffers, { order: shuffled(seed) });
      const expected = reference(
        sizeOf(shape),
        loads.map((load, v) => read(inputs[v]!, load)),
      );
      inputs.forEach((input, v) => {
        sameBits(after.get(v)!, input, `load ${v}`);
      });
      outputs.forEach((before, s) => {
        const store = s < count ? written(before, stores[s]!, expected[s]!) : before;
        sameBits(after.get(loads.length + s)!, store, `store ${s}`);
      });
    }),
    { numRuns: 400 },
  );
});

/** Rows that are joined to one, rows that begin at multiples of sixteen, and rows that do not. */
const indexed = fc
  .tuple(fc.constantFrom(1, 2, 5), fc.constantFrom(1, 7, 16, 20, 35, 48, 64, 17_000))
  .chain(([height, width]) => fc.tuple(placed([height, width], { repeating: false }), costs, seeds));

test('a quarter of a block of sixteen is where its index says, for all rows and tiles', () => {
  fc.assert(
    fc.property(indexed, ([target, cost, seed]) => {
      const before = new Int32Array(target.length).fill(7);
      const { shape } = target.view;
      const kernel = lanes({
        name: 'quarters',
        shape,
        loads: [],
        stores: [operand(0, target)],
        body: (_f, _values, index) => {
          const at = index();
          const place = quarterOf(at);
          return [place ? i32x4.add(place.block.first, 4 * place.quarter) : at];
        },
        cost,
      });
      const after = runKernels([kernel], new Map([[0, before]]), { order: shuffled(seed) });
      const all = Int32Array.from({ length: sizeOf(shape) }, (_, i) => i);
      sameBits(after.get(0)!, written(before, target, all), 'positions');
    }),
    { numRuns: 60 },
  );
});

test('the elements of a long row are computed in blocks of sixteen, all quarters of a block together', () => {
  const rounds = new Map<object, number[]>();
  const kernel = lanes({
    name: 'rounds',
    shape: [64],
    loads: [],
    stores: [operand(0, dense([64]))],
    body: (_f, _values, index) => {
      const at = index();
      const place = quarterOf(at);
      if (place) rounds.set(place.block, [...(rounds.get(place.block) ?? []), place.quarter]);
      return [at];
    },
    cost: 1,
  });
  runKernels([kernel], new Map([[0, new Int32Array(64)]]));
  expect([...rounds.values()]).toEqual([[0, 1, 2, 3]]);
});

/** Matrices in stacks, whose last two dimensions may change places with each other or with the stack. */
const againstTheGrain = fc
  .tuple(
    fc.constantFrom([], [1], [3]),
    fc.constantFrom(4, 7, 8, 64, 65, 131),
    fc.constantFrom(4, 7, 8, 9, 64, 70, 133, 600),
  )
  .chain(([stack, height, width]) => {
    const shape = [...stack, height, width];
    const dimensions = shape.map((_, d) => d);
    const layout = fc.shuffledSubarray(dimensions, { minLength: shape.length }).map((order): Placed => {
      const strides = shape.map(() => 0);
      order.reduceRight((run, d) => {
        strides[d] = run;
        return run * shape[d]!;
      }, 1);
      return { view: { shape, strides, offset: 3 }, length: sizeOf(shape) + 3 };
    });
    return fc.record({
      shape: fc.constant(shape),
      layouts: fc.tuple(layout, layout),
      store: layout,
      cost: costs,
      seed: seeds,
    });
  });

test('lanes reads transposed matrices', () => {
  fc.assert(
    fc.property(againstTheGrain, ({ shape, layouts, store, cost, seed }) => {
      const inputs = layouts.map(({ length }, v) => floats(length, seed + v));
      const before = new Float32Array(store.length).fill(7);
      const kernel = lanes({
        name: 'turned',
        shape,
        loads: layouts.map((layout, v) => ({ operand: operand(v, layout), type: 'f32x4' })),
        stores: [operand(2, store)],
        body: (_f, [a, b], index) => [f32x4.add(f32x4.add(asFloat(a!), asFloat(b!)), f32x4.convert_i32x4_s(index()))],
        cost,
      });
      const after = runKernels([kernel], new Map([...inputs, before].entries()), { order: shuffled(seed) });
      const [left, right] = layouts.map((layout, v) => read(inputs[v]!, layout));
      const sums = left!.map((x, i) => Math.fround(x + right![i]!) + i);
      sameBits(after.get(2)!, written(before, store, sums), 'store');
    }),
    { numRuns: 100 },
  );
});

test('lanes transposes matrices: small ones, large ones, and where the rows of the store share a cache set', () => {
  const far = fc.constantFrom([4096, 67], [67, 4096], [1024, 8], [8, 1024], [1030, 530], [7, 2048]);
  fc.assert(
    fc.property(
      fc.oneof(
        againstTheGrain.map(({ shape }) => shape),
        far,
      ),
      fc.nat(),
      seeds,
      (shape, chosen, seed) => {
        const orders =
          shape.length === 2
            ? [[1, 0]]
            : [
                [2, 1, 0],
                [0, 2, 1],
                [1, 2, 0],
                [2, 0, 1],
              ];
        const order = orders[chosen % orders.length]!;
        const strides = shape.map(() => 0);
        order.reduceRight((run, d) => {
          strides[d] = run;
          return run * shape[d]!;
        }, 1);
        const layout = { view: { shape, strides, offset: 3 }, length: sizeOf(shape) + 3 };
        const input = integers(layout.length, seed);
        const before = new Int32Array(sizeOf(shape)).fill(7);
        const kernel = lanes({
          name: 'moved',
          shape,
          loads: [{ operand: operand(0, layout), type: 'i32x4' }],
          stores: [operand(1, dense(shape))],
          body: (_f, v) => v,
          cost: 0.1,
        });
        const after = runKernels([kernel], new Map([input, before].entries()), { order: shuffled(seed) });
        sameBits(
          after.get(1)!,
          Int32Array.from(positions(layout.view), (at) => input[at]!),
          'store',
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('lanes computes the slow path in the lanes that need it, also where it stores over what it loads', () => {
  const wanting = fc.tuple(fc.integer({ min: 1, max: 200 }), fc.array(fc.nat({ max: 199 }), { maxLength: 5 }), seeds);
  fc.assert(
    fc.property(wanting, ([length, rare, seed]) => {
      const input = floats(length, seed);
      for (const at of rare) if (at < length) input[at] = 2 ** 30 + at * 128;
      const place = operand(0, dense([length]));
      const kernel = lanes({
        name: 'sin',
        shape: [length],
        loads: [{ operand: place, type: 'f32x4' }],
        stores: [place],
        body: (f, [x]) => [sin(f, asFloat(x!))],
        cost: 1,
      });
      const after = runKernels([kernel], new Map([[0, input.slice()]])).get(0)!;
      for (let i = 0; i < length; i++) expect(ulpDistance(after[i]!, Math.sin(input[i]!))).toBeLessThanOrEqual(2);
    }),
    { numRuns: 100 },
  );
});

test('lanes may store over what it loads', () => {
  const inPlace = shapes.chain((shape) =>
    fc.tuple(placed(shape, { repeating: false }), placed(shape, { repeating: true }), costs, seeds),
  );
  fc.assert(
    fc.property(inPlace, ([target, other, cost, seed]) => {
      const [before, added] = [floats(target.length, seed), floats(other.length, seed + 1)];
      const kernel = lanes({
        name: 'in place',
        shape: target.view.shape,
        loads: [0, 1].map((v) => ({ operand: operand(v, v === 0 ? target : other), type: 'f32x4' })),
        stores: [operand(0, target)],
        body: (_f, [a, b]) => [f32x4.add(asFloat(a!), asFloat(b!))],
        cost,
      });
      const after = runKernels([kernel], new Map([before, added].entries()), { order: shuffled(seed) });
      const right = read(added, other);
      const sums = read(before, target).map((x, i) => x + right[i]!);
      sameBits(after.get(0)!, written(before, target, sums), 'target');
    }),
    { numRuns: 150 },
  );
});

test('a kernel that fits in one tile has one tile; a kernel without elements has none', () => {
  const kernel = (shape: number[]): Kernel =>
    lanes({
      name: 'zeros',
      shape,
      loads: [],
      stores: [operand(0, dense(shape))],
      body: () => [f32x4.const(0)],
      cost: 0.3,
    });
  for (const shape of [[], [1], [16_384], [128, 128], [1, 16_384, 1]]) expect(kernel(shape).tiles).toBe(1);
  for (const shape of [[0], [5, 0], [0, 5]]) expect(kernel(shape).tiles).toBe(0);
  expect(kernel([10_000_000]).tiles).toBeGreaterThan(500);
});

type Bounds = readonly [outer: number, row0: number, row1: number, col0: number, col1: number];

/** A kernel of one tile that runs an epilogue on a region. */
function on(epilogue: Epilogue, [outer, row0, row1, col0, col1]: Bounds): Kernel {
  return {
    name: 'region',
    tiles: 1,
    cost: 1,
    scratch: 0,
    reads: epilogue.loads.map(({ slot }) => slot),
    writes: epilogue.stores.map(({ slot }) => slot),
    work: { kind: 'region', ops: [], shape: [], flops: 0, bytesRead: 0, bytesWritten: 0 },
    emit: (module) => {
      const emit = epilogue.emit(module);
      return module.func('on', ['i32', 'i32', 'i32'], 'void', (f, table) => {
        const bounds = { outer, row0, row1, col0, col1 };
        const at = Object.entries(bounds).map(([key, value]) => [key, i32.const(value)] as const);
        const { outer: o, ...rest } = Object.fromEntries(at);
        emit(f, table, { outer: o!, row0: rest.row0!, row1: rest.row1!, col0: rest.col0!, col1: rest.col1! });
      });
    },
  };
}

const within = (length: number): fc.Arbitrary<readonly [number, number]> =>
  fc.tuple(fc.nat(length), fc.nat(length)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

const regions = smallShape
  .filter((shape) => shape.length >= 2 && sizeOf(shape.slice(0, -2)) > 0)
  .chain((shape) =>
    fc.record({
      target: placed(shape, { repeating: false }),
      other: placed(shape, { repeating: true }),
      outer: fc.nat(sizeOf(shape.slice(0, -2)) - 1),
      rows: within(shape.at(-2)!),
      columns: within(shape.at(-1)!),
      seed: seeds,
    }),
  );

test('a region is rows × columns of one matrix and nothing else, also in place', () => {
  fc.assert(
    fc.property(regions, ({ target, other, outer, rows, columns, seed }) => {
      const { shape } = target.view;
      const [height, width] = [shape.at(-2)!, shape.at(-1)!];
      const [before, added] = [floats(target.length, seed), floats(other.length, seed + 1)];
      const epilogue = region({
        name: 'region body',
        shape,
        loads: [0, 1].map((v) => ({ operand: operand(v, v === 0 ? target : other), type: 'f32x4' })),
        stores: [operand(0, target)],
        body: (_f, [a, b], index) => [f32x4.add(f32x4.add(asFloat(a!), asFloat(b!)), f32x4.convert_i32x4_s(index()))],
        cost: 0.3,
      });
      const after = runKernels([on(epilogue, [outer, ...rows, ...columns])], new Map([before, added].entries()));
      const [left, right] = [read(before, target), read(added, other)];
      const expected = left.map((x, i) => {
        const [row, column] = [Math.floor(i / width) % height, i % width];
        const isInside =
          Math.floor(i / (height * width)) === outer &&
          row >= rows[0] &&
          row < rows[1] &&
          column >= columns[0] &&
          column < columns[1];
        return isInside ? Math.fround(x + right[i]!) + i : x;
      });
      sameBits(after.get(0)!, written(before, target, expected), 'target');
    }),
    { numRuns: 300 },
  );
});

test('a region of fewer than two dimensions is refused', () => {
  const program = {
    name: 'row',
    shape: [5],
    loads: [],
    stores: [operand(0, dense([5]))],
    body: () => [f32x4.const(0)],
    cost: 1,
  };
  expect(() => region(program)).toThrow('internal: a region needs two dimensions; got [5]');
});
