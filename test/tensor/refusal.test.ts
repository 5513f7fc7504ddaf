// Bad input is refused by name, or means something; it never crashes, and never leaves the engine unable to go on.

import { concat, matmul, setThreads, stack, Tensor, tensor, threads, where, zeros } from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRefusal, refused } from './refusal.ts';

test('gather refuses indices out of range, and dtypes that no index has', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(x.gather([2, 0]).toArray()).toEqual([
    [5, 6],
    [1, 2],
  ]);
  expect(x.gather([-1, -3]).toArray()).toEqual([
    [5, 6],
    [1, 2],
  ]);
  expect(x.gather([[1], [0]], 1).toArray()).toEqual([
    [[2], [1]],
    [[4], [3]],
    [[6], [5]],
  ]);
  expect(x.gather([]).shape).toEqual([0, 2]);
  refused(() => x.gather([3]), 'RangeError', /^gather: indices must be at least -3 and less than 3; got 3 at \[0\]$/);
  refused(() => x.gather([0, -4]), 'RangeError', /^gather: .*; got -4 at \[1\]$/);
  refused(
    () => x.gather([2], 1),
    'RangeError',
    /^gather: indices must be at least -2 and less than 2; got 2 at \[0\]$/,
  );
  refused(() => x.gather([2 ** 32]), 'RangeError', /^gather: .*; got 2147483647 at \[0\]$/);
  refused(() => x.gather([0.5]), 'DtypeError', /^gather: .*; got float32/);
  refused(() => x.gather([true]), 'DtypeError', /^gather: .*; got bool/);
  refused(() => x.gather([0], 2), 'ShapeError', /^gather: .*; got 2/);
});

test('functions of several tensors refuse shapes that do not fit', () => {
  refused(() => concat([]), 'ShapeError', /^concat: /);
  refused(() => stack([]), 'ShapeError', /^stack: /);
  refused(() => concat([zeros([2, 3]), zeros([2, 4])]), 'ShapeError', /^concat: .*; got \[2, 3\], \[2, 4\]/);
  refused(() => stack([zeros([2]), zeros([3])]), 'ShapeError', /^stack: .*; got \[2\], \[3\]/);
  refused(
    () => matmul(zeros([2, 3]), zeros([4, 5])),
    'ShapeError',
    /^matmul: inner sizes must match; got \[2, 3\] × \[4, 5\]/,
  );
  refused(
    () => matmul(zeros([2, 3, 4]), zeros([5, 4, 6])),
    'ShapeError',
    /^matmul: batch axes must be equal or 1, from the end; got \[2, 3, 4\] × \[5, 4, 6\]$/,
  );
  refused(() => where([1, 0], 1, 2), 'DtypeError', /^where: .*; got float32/);
  expect(concat([tensor([1]), tensor([true])]).toArray()).toEqual([1, 1]);
  refused(() => setThreads(0), 'RangeError', /; got 0/);
  refused(() => setThreads(1.5), 'RangeError', /; got 1.5/);
  expect(threads()).toBeGreaterThan(0);
});

test('errors of conv1d name the axes of the caller', () => {
  const [x, w] = [zeros([2, 5, 3]), zeros([2, 3, 6])];
  const shapes = /^conv1d: x must have as many channels as w takes; got \[2, 5, 3\] ⋆ \[2, 4, 6\]$/;
  refused(() => x.conv1d(zeros([2, 4, 6])), 'ShapeError', shapes);
  refused(() => x.conv1d(zeros([0, 3, 6])), 'ShapeError', /its window not empty; got \[2, 5, 3\] ⋆ \[0, 3, 6\]$/);
  refused(() => x.conv1d(w, { strides: 0 }), 'RangeError', /^conv1d: strides must be a whole number ≥ 1; got 0$/);
  refused(() => x.conv1d(w, { dilation: 1.5 }), 'RangeError', /^conv1d: dilation must be a whole number ≥ 1; got 1.5$/);
  refused(() => x.conv1d(w, { padding: [-1, 2] }), 'RangeError', /^conv1d: padding must be .*; got \[-1, 2\]$/);
});

const oddNumber = fc.constantFrom(
  0,
  1,
  2,
  3,
  -1,
  -2,
  -7,
  0.5,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 31,
  2 ** 53,
  1e300,
);
const oddList = fc.array(oddNumber, { maxLength: 4 });
const shape = fc.array(fc.constantFrom(0, 1, 2, 3), { maxLength: 3 });
const anyTensor = fc
  .tuple(shape, fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const))
  .map(([extents, dtype]) => {
    const size = extents.reduce<number>((a, b) => a * b, 1);
    return tensor(
      Array.from({ length: size }, (_, i) => i - 1),
      { shape: extents, dtype },
    );
  });
const kindsOfArguments: readonly fc.Arbitrary<unknown>[] = [
  oddNumber,
  oddList,
  anyTensor,
  fc.array(oddList, { maxLength: 3 }),
  fc.constant(undefined),
  fc.record({ keepDims: fc.boolean() }),
  fc.constantFrom('float32', 'int32', 'bool', 'float64'),
];
const argument = fc.nat({ max: kindsOfArguments.length - 1 }).chain((kind) => kindsOfArguments[kind]!);

const notOps = new Set([
  'constructor',
  'dispose',
  'item',
  'read',
  'data',
  'toArray',
  'toJSON',
  'toString',
  'realize',
  'node',
]);
const methods = Object.getOwnPropertyNames(Tensor.prototype).filter((name) => {
  const { value } = Object.getOwnPropertyDescriptor(Tensor.prototype, name) ?? {};
  return typeof value === 'function' && !notOps.has(name);
});

test('every method, given anything, refuses it by name or gives a tensor that can be read', () => {
  const call = fc.record({
    method: fc.constantFrom(...methods),
    self: anyTensor,
    args: fc.array(argument, { maxLength: 3 }),
  });
  const property = fc.property(call, ({ method, self, args }) => {
    let result: unknown;
    try {
      result = (self as unknown as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
    } catch (error) {
      expect(isRefusal(error), String(error)).toBe(true);
      return;
    }
    // several come in an array, or by name, as topK's
    const areSeveral = typeof result === 'object' && result !== null && !(result instanceof Tensor);
    for (const t of Object.values(areSeveral ? Object(result) : [result])) {
      if (!(t instanceof Tensor)) throw new Error(`${method} gave ${String(t)}`);
      if (t.size < 1e6) expect(t.data().length === t.size).toBe(true);
    }
  });
  fc.assert(property, { numRuns: process.env.TREADLE_TEST_LONG ? 100_000 : 1500 });
}, 600_000);
