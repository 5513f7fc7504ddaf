// fit leaves the event loop free: a timer goes on firing while it trains, with steps of microseconds and with steps that take
// many milliseconds.

import { dense } from '@treadle/nn';
import { randomNormal, tensor } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import { expect, test } from 'vitest';
import { classifier, labelled } from './models.ts';

const everyMs = 20;
/** what a busy machine may add to a timer: many times what this one does when it is idle */
const boundMs = 100;

interface Watch {
  /** milliseconds between the timer's calls, in excess of its period, ascending */
  end(): readonly number[];
}

function watch(): Watch {
  const delays: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    delays.push(Math.max(0, now - last - everyMs));
    last = now;
  }, everyMs);
  return {
    end: () => {
      clearInterval(timer);
      return delays.sort((a, b) => a - b);
    },
  };
}

const at = (delays: readonly number[], share: number): number => delays[Math.ceil(share * delays.length) - 1] ?? 0;

test.each(['tiny', 'big'])('a timer keeps firing through %s steps', async (size) => {
  const isTiny = size === 'tiny';
  const { x, y } = isTiny ? labelled(1000) : { x: randomNormal([1024, 784]), y: labelsOf(1024) };
  const model = isTiny ? classifier() : sequential([784, 512, 512].map((n) => dense(n)).concat(dense(10)));
  if (!isTiny) model.compile({ optimizer: 'adam', loss: 'mse' });
  const targets = isTiny ? y : y.oneHot(10);
  const batchSize = isTiny ? 4 : 256;
  await model.fit(x, targets, { verbose: 0, batchSize }); // compiles
  const began = performance.now();
  const timer = watch();
  let steps = 0;
  while (performance.now() - began < 2000) {
    await model.fit(x, targets, { verbose: 0, batchSize });
    steps += Math.ceil((x.shape[0] ?? 0) / batchSize);
  }
  const delays = timer.end();
  const spent = performance.now() - began;
  const figures = [0.5, 0.99, 1].map((share) => at(delays, share).toFixed(1)).join(', ');
  console.log(
    `${size}: ${((1000 * spent) / steps).toFixed(0)} µs a step; delays of the timer, median, 99 %, most: ${figures} ms`,
  );
  expect(delays.length).toBeGreaterThan(spent / (everyMs + boundMs));
  expect(at(delays, 0.99)).toBeLessThan(boundMs);
});

function labelsOf(rows: number): ReturnType<typeof tensor> {
  return tensor(Int32Array.from({ length: rows }, (_, i) => i % 10));
}
