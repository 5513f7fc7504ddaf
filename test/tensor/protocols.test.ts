// What JavaScript and its tools ask of a tensor: they must be told the truth.

import { deepEqual, deepStrictEqual, notDeepEqual, notDeepStrictEqual, ok } from 'node:assert';
import { inspect, isDeepStrictEqual } from 'node:util';
import { serialize } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';
import { compile, grad, gradients, type Tensor, tensor, variable, zeros } from '@treadle/tensor';
import { expect as jestExpect } from 'expect';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refused } from './refusal.ts';

/** Whether two values are equal, to each of the tools: as they are, and inside of others. */
const tools: Readonly<Record<string, (a: unknown, b: unknown) => void>> = {
  'node:assert deepStrictEqual': deepStrictEqual,
  'node:assert deepEqual': deepEqual,
  'not node:assert notDeepStrictEqual': (a, b) => refusing(() => notDeepStrictEqual(a, b)),
  'not node:assert notDeepEqual': (a, b) => refusing(() => notDeepEqual(a, b)),
  'node:util isDeepStrictEqual': (a, b) => ok(isDeepStrictEqual(a, b)),
  'Jest toEqual': (a, b) => jestExpect(a).toEqual(b),
  'Jest toStrictEqual': (a, b) => jestExpect(a).toStrictEqual(b),
  'Vitest toEqual': (a, b) => expect(a).toEqual(b),
  'Vitest toStrictEqual': (a, b) => expect(a).toStrictEqual(b),
  'Vitest deep equal': (a, b) => expect(a).to.deep.equal(b),
};

/** Throws where `f` does not. */
function refusing(f: () => unknown): void {
  try {
    f();
  } catch {
    return;
  }
  throw new Error('not refused');
}

function areEqual(tool: (a: unknown, b: unknown) => void, a: unknown, b: unknown): boolean {
  try {
    tool(a, b);
    return true;
  } catch {
    return false;
  }
}

const values = fc.constantFrom(0, 1, 2, Number.NaN, Number.POSITIVE_INFINITY);
const described = fc
  .record({
    shape: fc.array(fc.nat({ max: 2 }), { maxLength: 3 }),
    dtype: fc.constantFrom('float32' as const, 'float32' as const, 'int32' as const, 'bool' as const),
    isLazy: fc.boolean(),
  })
  .chain(({ shape, dtype, isLazy }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const data = fc.array(dtype === 'float32' ? values : fc.nat({ max: 1 }), { minLength: size, maxLength: size });
    return data.map((flat) => ({ shape, dtype, isLazy, flat }));
  });
type Described = typeof described extends fc.Arbitrary<infer T> ? T : never;

function make({ shape, dtype, isLazy, flat }: Described): Tensor {
  const t = tensor(flat, { shape, dtype });
  return isLazy ? t.reshape([...shape, 1]).reshape(shape) : t;
}

describe.each(Object.entries(tools))('to %s', (_name, tool) => {
  test('two tensors are equal if and only if their shapes, dtypes and elements are', () => {
    fc.assert(
      fc.property(described, described, fc.boolean(), ({ ...a }, b, isSame) => {
        const other = isSame ? { ...a, isLazy: b.isLazy } : b;
        const isEqual = [a.shape, a.flat, a.dtype].every((part, i) =>
          isDeepStrictEqual(part, [other.shape, other.flat, other.dtype][i]),
        );
        expect(areEqual(tool, make(a), make(other))).toBe(isEqual);
        expect(areEqual(tool, { in: [make(a)] }, { in: [make(other)] })).toBe(isEqual);
      }),
      { numRuns: 100 },
    );
  });

  test('a tensor is equal to nothing else', () => {
    for (const other of [
      [1, 2],
      Float32Array.of(1, 2),
      {},
      { shape: [2], dtype: 'float32', values: [1, 2] },
      1,
      null,
    ]) {
      expect(areEqual(tool, tensor([1, 2]), other)).toBe(false);
    }
    expect(areEqual(tool, tensor(5), 5)).toBe(false);
  });

  test('variables are equal if their names and elements are', () => {
    const v = variable([1, 2], { name: 'v' });
    expect(areEqual(tool, v, variable([1, 2], { name: 'v' }))).toBe(true);
    expect(areEqual(tool, v, variable([1, 3], { name: 'v' }))).toBe(false);
    expect(areEqual(tool, v, variable([1, 2], { name: 'w' }))).toBe(false);
  });
});

test('comparing a tensor does not change it', () => {
  const t = tensor([[1, 2]]);
  expect(t).toEqual(tensor([[1, 2]]));
  expect([t.shape, t.dtype, t.toArray(), inspect(t)]).toEqual([[1, 2], 'float32', [[1, 2]], String(t)]);
  const v = variable([1]);
  expect(v).toEqual(variable([1]));
  expect(v).not.toEqual(variable([2]));
  expect(v.assign([2])).toEqual(variable([2]));
  const frozen = Object.freeze(tensor([1]));
  expect(Object.prototype.toString.call(frozen)).toBe('[object Tensor]');
});

test('JSON holds the elements as nested arrays, NaN and infinities as null', () => {
  const t = tensor([
    [1.5, Number.NaN],
    [Number.NEGATIVE_INFINITY, -2],
  ]);
  expect(JSON.stringify({ t })).toBe('{"t":[[1.5,null],[null,-2]]}');
  expect(JSON.stringify([tensor(3), tensor([true]), zeros([2, 0])])).toBe('[3,[1],[[],[]]]');
});

describe('iterating', () => {
  test('gives the rows, as toArray does', () => {
    const shapes = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(shapes, fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const), (shape, dtype) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const t = tensor(
          Array.from({ length: size }, (_, i) => i % 5),
          { shape, dtype },
        );
        for (const x of [t, variable(t), t.reshape(shape)]) {
          const rows = [...x];
          expect(rows.map((row) => row.toArray())).toEqual(t.toArray());
          for (const row of rows) expect([row.shape, row.dtype]).toEqual([shape.slice(1), dtype]);
        }
      }),
    );
  });

  test('is for tensors with rows', () => {
    expect(() => [...tensor(5)]).toThrow(TypeError);
    const [a, b] = tensor([3, 4]);
    expect(Math.max(...Array.from(tensor([3, 4, 1]), Number)) + Number(a) * Number(b)).toBe(16);
    expect(Float32Array.from(tensor([1, 2]), Number)).toEqual(Float32Array.of(1, 2));
  });

  test('gives the rows of before, whatever is assigned meanwhile', () => {
    const v = variable([1, 2, 3]);
    const seen: number[] = [];
    for (const row of v) {
      v.assignAdd(10);
      seen.push(row.item());
    }
    expect(seen).toEqual([1, 2, 3]);
  });

  test('is part of a compiled function and of its gradient', () => {
    const product = (x: Tensor): Tensor => [...x].reduce((all, row) => all.mul(row)).sum();
    const x = [
      [1, 2],
      [3, 4],
    ];
    expect(compile(product)(tensor(x)).item()).toBe(11);
    expect(grad(product)(x).toArray()).toEqual([
      [3, 4],
      [1, 2],
    ]);
    const v = variable(x);
    expect(gradients(product(v), [v])[0].toArray()).toEqual([
      [3, 4],
      [1, 2],
    ]);
    const plain = tensor(x);
    expect(() => gradients(product(plain), [plain])).toThrow(/^gradients: y must have its history/);
  });
});

test('a tensor of one element is compared, added and counted as the number that it is', () => {
  for (const five of [tensor(5), tensor([[5]]), variable(5), tensor(5, { dtype: 'int32' })]) {
    const x: unknown = five;
    const n = x as number; // what plain JavaScript may do
    expect([n > 3, n < 3, +n, n * 2, Math.sqrt(n - 1)]).toEqual([true, false, 5, 10, 2]);
  }
  expect(Number(tensor(true))).toBe(1);
  expect(`${tensor([1, 2])}`).toBe(String(tensor([1, 2])));
});

test('other tensors refuse to be numbers', () => {
  for (const t of [tensor([1, 2]), zeros([2, 3]), zeros([0])]) {
    const rule =
      /^tensor: only a tensor of one element can be compared as a number; got \[.*\]; use greater\(\), equal\(\)/;
    refused(() => Number(t), 'RangeError', rule);
    const x: unknown = t;
    refused(() => (x as number) > 3, 'RangeError', rule);
  }
});

test('it prints its values, alone and inside objects, and its name beyond the depth', () => {
  const t = tensor([
    [1, 2],
    [3, 4],
  ]);
  expect(inspect(t)).toBe('Tensor [2, 2] float32\n[[1. 2.]\n [3. 4.]]');
  expect(inspect({ x: [t] })).toContain('Tensor [2, 2] float32');
  expect(inspect({ x: { y: t } }, { depth: 0 })).toBe('{ x: [Object] }');
  expect(inspect({ x: t }, { depth: -1 })).toBe('[Object]');
  expect(inspect([t], { depth: 0 })).toBe('[ [Tensor] ]');
  expect(Object.prototype.toString.call(t)).toBe('[object Tensor]');
  t.dispose();
  expect(inspect([t])).toBe('[ Tensor (disposed of) ]');
});

test('it is not cloned or sent as an empty object: an error says what to send', () => {
  const { port1, port2 } = new MessageChannel();
  for (const t of [tensor([1, 2]), variable([1, 2])]) {
    for (const send of [structuredClone, serialize, (x: unknown) => port1.postMessage(x)]) {
      for (const value of [t, { in: [t] }]) {
        let thrown: unknown;
        try {
          send(value);
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(Error);
        expect((thrown as Error).message).toMatch(/a tensor must stay in its thread; got one; send its data\(\)/);
      }
    }
  }
  port2.close();
});
