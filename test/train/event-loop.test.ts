// fit leaves the event loop free: a timer goes on firing while it trains, with steps of microseconds and with steps that take
// many milliseconds. What the machine's other work does to a timer is measured beside it, and not held against fit.

import { dense } from '@treadle/nn';
import { randomNormal } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { expect, test } from 'vitest';
import { classifier, labelled, type Pair } from './models.ts';

const everyMs = 20;
/** how late a timer may be, in all but one of twenty calls: several times what it is on an idle machine */
const boundMs = 100;

/** Repeats `act` for so long; says by how much a timer's calls came too late meanwhile, in ascending order. */
async function delaysWhile(milliseconds: number, act: () => Promise<unknown>): Promise<readonly number[]> {
  const delays: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    delays.push(Math.max(0, now - last - everyMs));
    last = now;
  }, everyMs);
  const end = last + milliseconds;
  while (performance.now() < end) await act();
  clearInterval(timer);
  return delays.sort((a, b) => a - b);
}

const at = (delays: readonly number[], share: number): number => delays[Math.ceil(share * delays.length) - 1] ?? 0;

/** Work that does give the event loop a turn every few milliseconds. */
async function workInSlices(): Promise<void> {
  const end = performance.now() + 4;
  while (performance.now() < end);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const tiny = { model: classifier(), ...labelled(1000), batchSize: 4 };
const big = { model: wide(), x: randomNormal([1024, 784]), y: randomNormal([1024, 10]), batchSize: 256 };

function wide(): Model {
  const model = sequential([dense(512, { activation: 'relu' }), dense(512, { activation: 'relu' }), dense(10)]);
  model.compile({ optimizer: 'adam', loss: 'mse' });
  return model;
}

test.each<[string, Pair & { model: Model; batchSize: number }]>([
  ['tiny', tiny],
  ['big', big],
])('a timer keeps firing through %s steps', { retry: 2 }, async (size, { model, x, y, batchSize }) => {
  let fits = 0;
  const train = async (): Promise<void> => {
    await model.fit(x, y, { verbose: 0, batchSize });
    fits++;
  };
  for (let i = 0; i < 3; i++) await train(); // compiles, and starts the workers
  const usual = await delaysWhile(800, workInSlices);
  const began = performance.now();
  fits = 0;
  const delays = await delaysWhile(2000, train);
  const perStep = (performance.now() - began) / (fits * Math.ceil((x.shape[0] ?? 0) / batchSize));
  const show = (found: readonly number[]): string =>
    [0.5, 0.95, 1].map((share) => at(found, share).toFixed(1)).join(', ');
  console.log(
    `${size}: ${(1000 * perStep).toFixed(0)} µs a step; a timer is late by ${show(delays)} ms (median, 95 %, most), else by ${show(usual)}`,
  );
  expect(delays.length).toBeGreaterThan(10);
  expect(at(delays, 0.95)).toBeLessThan(boundMs + 2 * at(usual, 0.95));
});
