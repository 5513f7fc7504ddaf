// Making tensors: from arrays and numbers of every kind, and of a pattern.

import { runInNewContext } from 'node:vm';
import { arange, eye, full, gradients, linspace, ones, tensor, variable, zeros } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { build, nd, type Shape, sizeOf } from '../support/reference.ts';
import { refused } from './refusal.ts';

const shapes: fc.Arbitrary<Shape> = fc.array(fc.constantFrom(0, 1, 2, 3, 5), { maxLength: 4 });
const floats = fc.float({ noNaN: true });

describe('tensor', () => {
  test('holds the values of nested arrays under their shape', () => {
    const nested = shapes.chain((shape) =>
      fc.array(floats, { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((data) => ({ shape, data })),
    );
    fc.assert(
      fc.property(nested, ({ shape, data }) => {
        const arrays = tensor(data, { shape }).toArray();
        const t = tensor(arrays);
        expect(t.toArray()).toEqual(arrays);
        expect(t.dtype).toBe('float32');
        expect(t.size).toBe(t.shape.reduce((a, b) => a * b, 1));
        // nothing is said of axes behind one that is empty
        const cut = shape.indexOf(0);
        expect(t.shape).toEqual(cut < 0 ? shape : shape.slice(0, cut + 1));
        expect(t.rank).toBe(t.shape.length);
      }),
    );
  });

  test('takes typed arrays, integers as int32, and copies them', () => {
    const source = new Float32Array([1, 2, 3]);
    const t = tensor(source);
    source[0] = 9;
    expect(Array.from(t.data())).toEqual([1, 2, 3]);
    t.data()[1] = 9;
    expect(Array.from(t.data())).toEqual([1, 2, 3]);
    for (const array of [
      new Int8Array([-1]),
      new Uint8Array([1]),
      new Int16Array([-1]),
      new Uint16Array([1]),
      new Int32Array([-1]),
      new Uint8ClampedArray([1]),
    ]) {
      expect(tensor(array).dtype).toBe('int32');
      expect(tensor(array).item()).toBe(array[0]);
    }
    expect(tensor(new Float64Array([1 / 3])).item()).toBe(Math.fround(1 / 3));
    expect(tensor(new Uint32Array([2 ** 32 - 1])).dtype).toBe('float32');
  });

  test('is bool where all values are booleans, float32 where some are numbers', () => {
    expect(tensor(true).dtype).toBe('bool');
    expect(tensor([[true, false]]).data()).toEqual(Uint8Array.of(1, 0));
    expect(tensor([true, 2]).data()).toEqual(Float32Array.of(1, 2));
    expect(tensor([]).dtype).toBe('float32');
  });

  test('has the dtype that is given', () => {
    expect(tensor([0, 2, -0, Number.NaN], { dtype: 'bool' }).data()).toEqual(Uint8Array.of(0, 1, 0, 1));
    expect(tensor([-(2 ** 31), 2 ** 31 - 1], { dtype: 'int32' }).data()).toEqual(
      Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
    );
    expect(tensor(tensor([1, 2, 3, 4]), { shape: [2, 2], dtype: 'int32' }).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('as bool, all values but 0 are true, NaN included, by every way of conversion', () => {
    const anyNumber = fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 2 ** -149));
    fc.assert(
      fc.property(fc.array(anyNumber, { maxLength: 9 }), (values) => {
        const expected = Uint8Array.from(values, (x) => (x === 0 ? 0 : 1));
        const dtype = 'bool';
        expect(tensor(values, { dtype }).data()).toEqual(expected);
        expect(tensor(Float32Array.from(values), { dtype }).data()).toEqual(expected);
        expect(
          tensor(values, { shape: [values.length] })
            .cast(dtype)
            .data(),
        ).toEqual(expected);
        expect(values.map((x) => full([], x, { dtype }).item())).toEqual([...expected]);
        expect(tensor(values).logicalNot().logicalNot().data()).toEqual(expected);
        for (const [i, x] of values.entries()) expect(tensor(x).any().item()).toBe(expected[i]);
      }),
    );
  });

  test('refuses rows of unequal length or depth, shapes that do not hold the values, and values of other kinds', () => {
    refused(() => tensor([[1, 2], [3]]), 'ShapeError', /^tensor: .*; got 2 at \[0\], 1 at \[1\]$/);
    refused(
      () =>
        tensor([
          [[1], [2]],
          [[3], [4, 5]],
        ]),
      'ShapeError',
      /got 1 at \[0, 0\], 2 at \[1, 1\]$/,
    );
    refused(() => tensor([[1, 2], new Float32Array(3)]), 'ShapeError', /got 2 at \[0\], 3 at \[1\]$/);
    refused(() => tensor([[1], 2]), 'ShapeError', /^tensor: .*; got a number at \[1\]/);
    refused(() => tensor([[[1]], Float32Array.of(1)]), 'ShapeError', /^tensor: .*; got a row at \[1\]/);
    refused(() => tensor([1, [2]]), 'ShapeError', /^tensor: .*; got a row at \[1\]/);
    refused(() => tensor([1, Float32Array.of(2)]), 'ShapeError', /^tensor: .*; got a row at \[1\]/);
    refused(
      () => tensor(Object.assign(new Array<number[]>(3), { 0: [1, 2], 2: [3, 4] })),
      'DtypeError',
      /got undefined at \[1\]/,
    );
    refused(() => tensor([[1, 2], 'a'] as number[][]), 'DtypeError', /got "a" at \[1\]/);
    const endless: unknown[] = [];
    endless.push(endless);
    refused(() => tensor(endless as number[]), 'ShapeError', /^tensor: .* 64 deep/);
    refused(() => tensor([1, 2, 3], { shape: [2, 2] }), 'ShapeError', /^tensor: .*; got 3 values for \[2, 2\]/);
    refused(() => tensor([1, 2], { shape: [-1, 2] }), 'ShapeError', /^tensor: /);
    refused(() => tensor([1, 2], { shape: [0.5, 4] }), 'ShapeError', /^tensor: /);
    refused(() => tensor([1.5], { dtype: 'int32' }), 'RangeError', /^tensor: .*; got 1.5/);
    refused(() => tensor([2 ** 31], { dtype: 'int32' }), 'RangeError', /^tensor: .*; got 2147483648/);
    refused(() => tensor([Number.NaN], { dtype: 'int32' }), 'RangeError', /^tensor: .*; got NaN/);
    refused(() => tensor([1], { dtype: 'float64' as 'float32' }), 'DtypeError', /^tensor: .*; got "float64"/);
    refused(() => tensor(['1'] as unknown as number[]), 'DtypeError', /^tensor: .*; got "1" at \[0\]$/);
    refused(() => tensor('1' as unknown as number), 'DtypeError', /^tensor: .*; got "1"$/);
    refused(() => tensor([null] as unknown as number[]), 'DtypeError', /^tensor: .*; got null/);
    refused(() => tensor([1n] as unknown as number[]), 'DtypeError', /^tensor: .*; got 1n at \[0\]/);
    refused(() => tensor(new ArrayBuffer(4) as unknown as number), 'DtypeError', /^tensor: .*; got an ArrayBuffer$/);
    refused(() => tensor(1, { dtype: 'x'.repeat(1e5) as 'bool' }), 'DtypeError', /^tensor: .{1,200}$/);
  });

  const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array];
  const float16: unknown = Reflect.get(globalThis, 'Float16Array');
  const makers: readonly (readonly [name: string, dtype: string])[] = [
    ...kinds.map(({ name }) => [name, 'int32'] as const),
    ...['Uint32Array', 'Float32Array', 'Float64Array'].map((name) => [name, 'float32'] as const),
    ...(float16 ? [['Float16Array', 'float32'] as const] : []),
  ];

  test.each(makers)(
    'takes a %s as %s: of its own realm or another, in a row of rows, over any buffer',
    (name, dtype) => {
      const make = (context: object, from: unknown): Float32Array =>
        Reflect.construct(Reflect.get(context, name), [from]) as Float32Array;
      const other: object = runInNewContext('globalThis');
      for (const realm of [globalThis, other]) {
        const array = make(realm, [1, 2, 100]);
        const t = tensor(array);
        expect([t.dtype, t.toArray()]).toEqual([dtype, [1, 2, 100]]);
        for (const asked of ['float32', 'int32'] as const) {
          expect(tensor(array, { dtype: asked }).dtype).toBe(asked);
          expect(tensor(array, { dtype: asked }).toArray()).toEqual([1, 2, 100]);
        }
        const rows = tensor([array, array]);
        expect([rows.dtype, rows.toArray()]).toEqual([
          dtype,
          [
            [1, 2, 100],
            [1, 2, 100],
          ],
        ]);
        expect(tensor([array, [3, 4, 5]]).dtype).toBe('float32');
        expect(tensor(make(realm, [])).shape).toEqual([0]);
      }
      const bytes = make(globalThis, 4).byteLength;
      const resizable = new ArrayBuffer(bytes, { maxByteLength: 2 * bytes });
      const view = make(globalThis, resizable);
      for (const buffer of [new SharedArrayBuffer(bytes), resizable]) {
        expect(tensor(make(globalThis, buffer)).toArray()).toEqual([0, 0, 0, 0]);
      }
      const end = Reflect.construct(Reflect.get(globalThis, name), [resizable, bytes / 2]) as Float32Array;
      resizable.resize(2 * bytes);
      expect(tensor(view).shape).toEqual([8]);
      resizable.resize(0);
      refused(() => tensor(end), 'RangeError', /^tensor: .* shrunk$/);
      const sent = new ArrayBuffer(bytes);
      const detached = make(globalThis, sent);
      structuredClone(sent, { transfer: [sent] });
      refused(() => tensor(detached), 'RangeError', /^tensor: .*; got one whose buffer was sent away or has shrunk$/);
      refused(() => tensor([detached]), 'RangeError', /^tensor: .*; got one at \[0\]/);
    },
  );

  test('refuses arrays of BigInts and bare buffers, with a hint', () => {
    for (const array of [BigInt64Array.of(1n), BigUint64Array.of(1n), runInNewContext('BigInt64Array.of(1n)')]) {
      refused(() => tensor(array as unknown as number[]), 'DtypeError', /^tensor: .*; got a Big.*Array; .*Number/);
      refused(() => tensor([array] as unknown as number[]), 'DtypeError', /got a Big.*Array at \[0\]; /);
    }
    refused(() => tensor(new DataView(new ArrayBuffer(8)) as unknown as number), 'DtypeError', /got a DataView; /);
  });

  test('stacks tensors and numbers in the dtype that holds all', () => {
    const [row, ints] = [tensor([1, 2]), tensor([3, 4], { dtype: 'int32' })];
    expect(tensor([row, row.mul(3)]).toArray()).toEqual([
      [1, 2],
      [3, 6],
    ]);
    expect(tensor([ints, ints]).dtype).toBe('int32');
    expect(tensor([ints, [true, false]]).dtype).toBe('int32');
    expect(tensor([row, ints]).dtype).toBe('float32');
    expect(tensor([row, [7, 8], Int8Array.of(9, 10)]).toArray()).toEqual([
      [1, 2],
      [7, 8],
      [9, 10],
    ]);
    expect(
      tensor([
        [row.sum(), 2],
        [3, ints.max()],
      ]).toArray(),
    ).toEqual([
      [3, 2],
      [3, 4],
    ]);
    expect(tensor([row, ints], { shape: [4], dtype: 'int32' }).toArray()).toEqual([1, 2, 3, 4]);
    expect(row.add([row, ints]).toArray()).toEqual([
      [2, 4],
      [4, 6],
    ]);
    refused(() => tensor([row, [1, 2, 3]]), 'ShapeError', /^tensor: .*; got \[2\] at \[0\], \[3\] at \[1\]$/);
    refused(() => tensor([row, 1]), 'ShapeError', /^tensor: .*; got \[2\] at \[0\], \[\] at \[1\]$/);
  });

  test('passes gradients on to tensors that it stacks', () => {
    const [v, w] = [variable(2), variable(3)];
    const [dv, dw] = gradients(tensor([v, w, 5]).square().sum(), [v, w]);
    expect([dv.item(), dw.item()]).toEqual([4, 6]);
  });
});

test('zeros, ones and full hold one value everywhere, in every dtype', () => {
  fc.assert(
    fc.property(shapes, fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const), (shape, dtype) => {
      expect(zeros(shape, { dtype }).toArray()).toEqual(
        tensor(nd(shape, new Array(sizeOf(shape)).fill(0)).data.slice(), { shape, dtype }).toArray(),
      );
      for (const t of [ones(shape, { dtype }), full(shape, 1, { dtype })]) {
        expect([t.dtype, t.shape]).toEqual([dtype, shape]);
        expect(t.data().every((x) => x === 1)).toBe(true);
      }
    }),
  );
  refused(() => zeros([-1]), 'ShapeError', /^zeros: .*; got \[-1\]/);
  refused(() => ones([1.5]), 'ShapeError', /^ones: /);
  refused(() => full([Number.NaN], 1), 'ShapeError', /^full: /);
  refused(() => full([2], 1.5, { dtype: 'int32' }), 'RangeError', /^full: .*; got 1.5/);
  refused(() => zeros([2], { dtype: 'x' as 'bool' }), 'DtypeError', /^zeros: .*; got "x"/);
});

test('a tensor of too many elements is refused at the call, not when it is computed', () => {
  refused(() => zeros([2 ** 15, 2 ** 15]), 'ShapeError', /^zeros: .*; got \[32768, 32768\]/);
  refused(() => tensor(1).broadcastTo([2 ** 20, 2 ** 20]), 'ShapeError', /^broadcastTo: /);
  refused(() => zeros([2 ** 16, 1]).add(zeros([1, 2 ** 16])), 'ShapeError', /^add: /);
  refused(() => zeros([2 ** 16, 1]).matmul(zeros([1, 2 ** 16])), 'ShapeError', /^matmul: /);
  refused(() => arange(2 ** 29), 'ShapeError', /^arange: /);
});

test('eye is 1 where row and column are equal', () => {
  fc.assert(
    fc.property(fc.nat({ max: 9 }), fc.nat({ max: 9 }), (n, columns) => {
      const truth = build([n, columns], ([i, j]) => (i === j ? 1 : 0));
      expect(Array.from(eye(n, columns).data())).toEqual(truth.data);
      expect(eye(n, columns, { dtype: 'bool' }).dtype).toBe('bool');
    }),
  );
  refused(() => eye(-1), 'ShapeError', /^eye: /);
  refused(() => eye(2, 1.5), 'ShapeError', /^eye: /);
});

test('arange holds start + i·step before stop, int32 where all three are whole', () => {
  const whole = fc.integer({ min: -40, max: 40 });
  const step = whole.filter((k) => k !== 0);
  fc.assert(
    fc.property(whole, whole, step, fc.boolean(), (start, stop, by, halves) => {
      const scale = halves ? 0.5 : 1;
      const t = arange(start * scale, stop * scale, by * scale);
      const truth: number[] = [];
      for (let k = start; by > 0 ? k < stop : k > stop; k += by) truth.push(k * scale);
      expect(Array.from(t.data())).toEqual(truth);
      expect(t.dtype).toBe([start, stop, by].every((k) => Number.isInteger(k * scale)) ? 'int32' : 'float32');
    }),
  );
  expect(arange(3).toArray()).toEqual([0, 1, 2]);
  expect(arange(3, undefined, 1, { dtype: 'float32' }).dtype).toBe('float32');
  refused(() => arange(0, 1, 0), 'RangeError', /^arange: /);
  refused(() => arange(0, Number.POSITIVE_INFINITY), 'RangeError', /^arange: /);
  refused(() => arange(0, 2 ** 32, 2 ** 31), 'RangeError', /^arange: .*; got 2147483648/);
});

test('linspace starts with start and ends with stop, with steps that are equal in float32', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: 2, max: 40 }),
      (start, stop, count) => {
        const values = linspace(start, stop, count).data();
        expect([values[0], values.at(-1), values.length]).toEqual([start, stop, count]);
        values.forEach((x, i) => {
          expect(x).toBe(Math.fround(i === count - 1 ? stop : start + ((stop - start) * i) / (count - 1)));
        });
      },
    ),
  );
  expect(linspace(2, 3, 1).toArray()).toEqual([2]);
  expect(linspace(2, 3, 0).toArray()).toEqual([]);
  refused(() => linspace(0, 1, -1), 'ShapeError', /^linspace: /);
  refused(() => linspace(0, 1, 2.5), 'ShapeError', /^linspace: /);
});
