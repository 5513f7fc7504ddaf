// Reading values, at once or with the event loop free, and giving their memory back.

import { setTimeout as after } from 'node:timers/promises';
import { memory, type Tensor, tensor, variable, zeros } from '@treadle/tensor';
import { expect, test } from 'vitest';
import { refused } from './refusal.ts';

test('data, read, item and toArray agree', async () => {
  const t = tensor([
    [1, 2],
    [3, 4],
  ]).mul(2);
  expect(await t.read()).toEqual(t.data());
  expect(t.toArray()).toEqual([
    [2, 4],
    [6, 8],
  ]);
  expect(tensor([[[5]]]).item()).toBe(5);
  expect(tensor(true).item()).toBe(1);
  expect(tensor(3).toArray()).toBe(3);
  expect(zeros([2, 0]).toArray()).toEqual([[], []]);
});

test('read does not block the event loop, and many reads may be pending', async () => {
  const a = tensor(
    Float32Array.from({ length: 250_000 }, (_, i) => i % 7),
    { shape: [500, 500] },
  );
  const product = a.matmul(a);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const all = await Promise.all([product.read(), product.read(), product.add(1).read(), product.sum().read()]);
  await after(2);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  expect(all[0]).toEqual(all[1]);
  expect(all[2]![0]).toBe(all[0]![0]! + 1);
});

test('item refuses a tensor that does not have one element, without computing it', () => {
  refused(() => tensor([1, 2]).item(), 'RangeError', /^item: .*; got shape \[2\]/);
  refused(() => zeros([0]).item(), 'RangeError', /^item: /);
});

test('many tensors read right, in any order and repeatedly', () => {
  const base = tensor([1, 2, 3]);
  const chain: Tensor[] = [base];
  for (let i = 0; i < 30; i++) chain.push(chain[i]!.add(chain[Math.max(0, i - 2)]!).mul(0.5));
  const backwards = chain.map((_, i) => chain[chain.length - 1 - i]!.toArray()).reverse();
  expect(chain.map((t) => t.toArray())).toEqual(backwards);
});

test('a chain of many thousands of ops is computed', () => {
  let t = tensor(0);
  for (let i = 0; i < 5000; i++) t = t.add(1);
  expect(t.item()).toBe(5000);
});

test('dispose frees at once, once', () => {
  const before = memory();
  const t = tensor(new Float32Array(100_000)).add(1).realize();
  const during = memory();
  expect(during.bytesInUse - before.bytesInUse).toBeGreaterThanOrEqual(400_000);
  t.dispose();
  t.dispose();
  expect(memory().tensors).toBeLessThan(during.tensors);
  expect(during.bytesInUse - memory().bytesInUse).toBeGreaterThanOrEqual(400_000);
});

test('using frees at the end of the block', () => {
  const inside = { tensor: 0, variable: 0 };
  {
    using t = zeros([5000]).add(1).realize();
    expect(t.data()[0]).toBe(1);
    inside.tensor = memory().bytesInUse;
  }
  expect(inside.tensor - memory().bytesInUse).toBeGreaterThanOrEqual(20_000);
  {
    using v = variable(new Float32Array(5000));
    expect(v.data().length).toBe(5000);
    inside.variable = memory().bytesInUse;
  }
  expect(inside.variable - memory().bytesInUse).toBeGreaterThanOrEqual(20_000);
});
