// Compiled functions: when one is recorded anew, what its arguments and results may be, and what it cannot know.

import { add, compile, randomUniform, setSeed, type Tensor, tensor, variable } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';

/** How often the function was called, beside its result. */
function counted<A extends readonly unknown[], R>(f: (...args: A) => R) {
  let calls = 0;
  const compiled = compile((...args: A) => {
    calls++;
    return f(...args);
  });
  return { compiled, calls: () => calls };
}

test('a function is called once for each shapes and dtypes of its arguments', () => {
  const { compiled, calls } = counted((x: Tensor) => x.mul(2));
  expect(compiled(tensor([1, 2])).toArray()).toEqual([2, 4]);
  expect(compiled(tensor([3, 4])).toArray()).toEqual([6, 8]);
  expect(compiled(tensor([5, 6]).add(1)).toArray()).toEqual([12, 14]);
  expect(calls()).toBe(1);
  compiled(tensor([[1, 2]]));
  compiled(tensor([1, 2], { dtype: 'int32' }));
  expect(calls()).toBe(3);
  compiled(tensor([7, 8]));
  expect(calls()).toBe(3);
});

test('arguments and results may be arrays and objects of tensors', () => {
  const { compiled, calls } = counted(({ pair: [a, b], scale }: { pair: Tensor[]; scale: number }, suffix: string) => ({
    sum: add(a!, b!).mul(scale),
    parts: [a, { b }],
    name: `total ${suffix}`,
  }));
  const one = compiled({ pair: [tensor(1), tensor(2)], scale: 10 }, 'x');
  const two = compiled({ pair: [tensor(3), tensor(4)], scale: 10 }, 'x');
  expect([one.sum.item(), two.sum.item(), two.name, calls()]).toEqual([30, 70, 'total x', 1]);
  expect((two.parts[1] as { b: Tensor }).b.item()).toBe(4);
  expect(compiled({ pair: [tensor(3), tensor(4)], scale: 100 }, 'x').sum.item()).toBe(700);
  expect(calls()).toBe(2);
});

test('arguments that differ never share a recording', () => {
  const show = compile((...args: unknown[]) => ({
    shown: JSON.stringify(args, (_, x) => (Object.is(x, -0) ? '-0' : x)),
  }));
  const lists = [
    [],
    [0],
    [-0],
    ['0'],
    ['a', 'b'],
    ['a;b'],
    ['a";"b'],
    [['a', 'b']],
    [null],
    ['null'],
    [undefined],
    [1, 2],
    [[1, 2]],
    [{ a: 1 }],
    [{ 'a:1;b': 2 }],
    [{ a: 1, b: 2 }],
    [true],
    ['true'],
  ];
  for (const args of lists) {
    expect(show(...args).shown).toBe(JSON.stringify(args, (_, x) => (Object.is(x, -0) ? '-0' : x)));
  }
});

test('results of a run are values of their own', () => {
  const double = compile((x: Tensor) => x.mul(2));
  const results = [1, 2, 3].map((k) => double(tensor(new Float32Array(1000).fill(k))));
  expect(results.map((t) => t.data()[999])).toEqual([2, 4, 6]);
});

test('a function that returns its argument returns its value', () => {
  const same = compile((x: Tensor) => [x, x]);
  const x = tensor([1, 2]).add(0).realize();
  const results = same(x);
  x.dispose();
  expect(results.map((t) => t.toArray())).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('a function without tensors, or without a result, is run all the same', () => {
  const count = variable(0);
  const step = compile(() => {
    count.assignAdd(1);
  });
  for (let i = 0; i < 5; i++) expect(step()).toBeUndefined();
  expect(count.item()).toBe(5);
  expect(compile(() => 7)()).toBe(7);
});

test('runAsync gives the same, and runs keep their order', async () => {
  const total = variable([0]);
  const step = compile((x: Tensor) => {
    total.assign(total.mul(2).add(x));
    return total;
  });
  const runs = [1, 2, 3, 4].map((k) => step.runAsync(tensor([k])));
  expect((await Promise.all(runs)).map((t) => t.item())).toEqual([1, 4, 11, 26]);
  expect(total.item()).toBe(26);
});

test('a compiled function inside another becomes part of it', () => {
  const { compiled: inner, calls } = counted((x: Tensor) => x.add(1));
  const outer = compile((x: Tensor) => inner(inner(x)).mul(2));
  expect(outer(tensor(1)).item()).toBe(6);
  expect(outer(tensor(2)).item()).toBe(8);
  expect(calls()).toBe(2);
});

describe('what a recording cannot know is refused', () => {
  const message = /^compile: .*not known while the function is recorded/;

  test('reading a value that depends on an argument', () => {
    for (const read of [
      (x: Tensor) => x.data(),
      (x: Tensor) => x.item(),
      (x: Tensor) => String(x),
      (x: Tensor) => x.toArray(),
    ]) {
      expect(() => compile((x: Tensor) => tensor(Number(read(x.add(1)))))(tensor(1))).toThrow(message);
    }
  });

  test('an async function', () => {
    expect(() => compile(async (x: Tensor) => x.add(1))(tensor(1))).toThrow(/^compile: .*async.*; got a promise/);
  });

  test('and the next call works, with variables as they were', () => {
    const v = variable([1, 2]);
    let fails = true;
    const step = compile((x: Tensor) => {
      v.assignAdd(x);
      if (fails) throw new RangeError('of its own');
      return v.sum();
    });
    expect(() => step(tensor(1))).toThrow('of its own');
    expect(v.toArray()).toEqual([1, 2]);
    v.assignAdd(1);
    fails = false;
    expect(step(tensor(1)).item()).toBe(7);
    expect(v.toArray()).toEqual([3, 4]);
  });
});

test('random numbers are drawn anew in every run, as they would be uncompiled', () => {
  const draw = compile(() => [randomUniform([3]), randomUniform([3])]);
  setSeed(5);
  const compiled = [draw(), draw()].flat().map((t) => t.toArray());
  setSeed(5);
  const eager = Array.from({ length: 4 }, () => randomUniform([3]).toArray());
  expect(compiled).toEqual(eager);
  expect(new Set(compiled.map(String)).size).toBe(4);
});
