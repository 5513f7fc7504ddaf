// Options by names that no function has, values of another kind, and arguments in the wrong place: each is refused at the call,
// with what was meant.

import {
  add,
  arange,
  checkpoint,
  compile,
  concat,
  eye,
  full,
  grad,
  gradients,
  matmul,
  ones,
  profile,
  randomNormal,
  randomUniform,
  setThreads,
  type Tensor,
  tensor,
  variable,
  zeros,
} from '@treadle/tensor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRefusal } from './refusal.ts';

type Given = (...args: unknown[]) => unknown;

/** The function without its types, as plain JavaScript has it. */
const plain = (f: unknown): Given => f as Given;
const x = tensor([
  [1, 2],
  [3, 4],
]);
const method = (name: keyof Tensor): Given => plain(x[name]).bind(x);
const f = (t: Tensor): Tensor => t.sum();

test.each<readonly [string, () => unknown]>([
  ['sum: unknown option "keepdims"; did you mean "keepDims"?', () => method('sum')(0, { keepdims: true })],
  ['mean: unknown option "keep_dims"; did you mean "keepDims"?', () => method('mean')(0, { keep_dims: true })],
  ['argmax: keepDims must be true or false; got "yes"', () => method('argmax')(0, { keepDims: 'yes' })],
  ['std: options must be an object; got true; they are given by name, such as', () => method('std')(0, true)],
  ['sum: axes must be a number or an array of numbers; got an object; axes come', () => method('sum')({ axis: 1 })],
  ['matmul: unknown option "transposeC"; did you mean "transposeA"?', () => method('matmul')(x, { transposeC: true })],
  ['matmul: unknown option "ta"; it must be one of transposeA, transposeB', () => plain(matmul)(x, x, { ta: true })],
  ['sort: unknown option "reverse"; it must be one of descending', () => method('sort')(0, { reverse: true })],
  ['tensor: unknown option "type"; did you mean "dtype"?', () => plain(tensor)([1], { type: 'int32' })],
  ['tensor: unknown option "dType"; did you mean "dtype"?', () => plain(tensor)([1], { dType: 'int32' })],
  [
    'tensor: options must be an object; got "int32"; did you mean { dtype: "int32" }?',
    () => plain(tensor)([1], 'int32'),
  ],
  ['zeros: options must be an object; got 3', () => plain(zeros)([2], 3)],
  ['zeros: the shape must be an array of numbers; got 2; a shape is one', () => plain(zeros)(2, 3)],
  ['full: the value must be a number; got "1"', () => plain(full)([2], '1')],
  ['eye: unknown option "dtyp"; did you mean "dtype"?', () => plain(eye)(2, 2, { dtyp: 'int32' })],
  ['arange: start, stop and step must be a number; got "3"', () => plain(arange)('3')],
  ['randomNormal: unknown option "std"; did you mean "stddev"?', () => plain(randomNormal)([2], { std: 2 })],
  ['randomUniform: min must be a number; got "0"', () => plain(randomUniform)([2], { min: '0' })],
  ['variable: unknown option "trainabel"; did you mean "trainable"?', () => plain(variable)(1, { trainabel: false })],
  ['reshape: the shape must be an array of numbers; got 1; a shape is one', () => method('reshape')(1, 4)],
  ['tile: counts must be an array of numbers; got 2', () => method('tile')(2)],
  ['transpose: axes must be an array of numbers; got 1', () => method('transpose')(1, 0)],
  ['pad: widths must be a pair of whole numbers', () => method('pad')([1, 1])],
  ['pad: widths must be a pair of whole numbers', () => plain(tensor([1]).pad).call(tensor([1]), [[1, 1, 5]])],
  ['add: there must be two operands; got 3; add(add(a, b), c) takes a third', () => plain(add)(x, x, x)],
  ['concat: the tensors must be an array; got a Tensor; concat([a, b])', () => plain(concat)(x, x)],
  ['compile: f must be a function; got undefined', () => plain(compile)()],
  ['compile: unknown option "capasity"; did you mean "capacity"?', () => plain(compile)(f, { capasity: () => 4 })],
  ['profile: unknown option "run"; did you mean "runs"?', () => plain(profile)(f, { run: 3 })],
  ['profile: there may be 1000000 runs at most; got 1e+300', () => plain(profile)(f, { runs: 1e300 })],
  ['split: the parts must be whole and add up', () => plain(zeros([0]).split).call(zeros([0]), 2 ** 40)],
  ['setThreads: unknown option "prio"; did you mean "priority"?', () => plain(setThreads)(1, { prio: 'low' })],
  ['setThreads: priority must be "normal" or "low"; got "high"', () => plain(setThreads)(1, { priority: 'high' })],
  ['setThreads: there may be no more than 1024 threads; got 1025', () => plain(setThreads)(1025)],
  [
    'setThreads: the number of threads must be a whole number, 1 or more; got a symbol',
    () => plain(setThreads)(Symbol()),
  ],
  ['grad: f must be a function; got a Tensor', () => plain(grad)(x)],
  ['grad: the result of f must be a tensor; got 3', () => plain(grad(plain(() => 3) as typeof f))(x)],
  ['gradients: xs must be an array; got a Tensor; gradients(y, [x])', () => plain(gradients)(x.sum(), x)],
])('%s', (message, call) => {
  const error = errorOf(call);
  expect(error.message).toContain(message);
  expect(isRefusal(error)).toBe(true);
});

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('internal: nothing was thrown');
}

test('undefined options count as absent; objects of another realm are objects', () => {
  expect(zeros([2], { dtype: undefined as never }).dtype).toBe('float32');
  expect(plain(zeros)([2], Object.assign(Object.create(null), { dtype: 'int32' }))).toHaveProperty('dtype', 'int32');
});

test('arrays that contain themselves are refused', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  expect(errorOf(() => plain(tensor)(loop)).message).toBe(
    'tensor: arrays may be 64 deep; got deeper ones; is one of them its own element?',
  );
  const mixed: unknown[] = [x];
  mixed.push(mixed);
  expect(errorOf(() => plain(tensor)(mixed)).message).toMatch(/^tensor: arrays may be 64 deep; got deeper ones/);
  const tooDeep = 'arguments and results may be 64 deep; got deeper ones; is one of them its own element?';
  expect(errorOf(() => plain(compile(() => x))(loop)).message).toBe(`compile: ${tooDeep}`);
  expect(errorOf(() => compile(() => loop)()).message).toBe(`compile: ${tooDeep}`);
  expect(errorOf(() => plain(checkpoint(() => x))(loop)).message).toBe(`checkpoint: ${tooDeep}`);
});

test('sums of many tensors by Array.reduce work', () => {
  expect([x, x, x].reduce(add).toArray()).toEqual(x.mul(3).toArray());
});

test('a capacity for fewer rows than there are is refused', () => {
  const sums = compile((rows: Tensor) => rows.sum(0), { capacity: () => 4 });
  expect(() => sums(ones([10, 2]))).toThrow('compile: capacity(rows) must be a whole number ≥ rows; got 4 for 10 rows');
  expect(sums(ones([3, 2])).toArray()).toEqual([3, 3]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -3, max: 60 }), (rows, most) => {
      const sum = compile((t: Tensor) => t.sum(0), { capacity: () => most });
      if (most < rows) expect(() => sum(ones([rows, 2]))).toThrow(`got ${most} for ${rows}`);
      else expect(sum(ones([rows, 2])).toArray()).toEqual([rows, rows]);
    }),
    { numRuns: 60 },
  );
});
