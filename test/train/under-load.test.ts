// Asynchronous runs that overlap: nothing that is awaited blocks, what is disposed of or forgotten is freed while others run,
// and no call waits for more than what was asked for before it.

import { dense } from '@treadle/nn';
import { compile, memory, randomNormal, setThreads, shutdown, type Tensor, tensor, variable } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import { afterAll, beforeAll, expect, test } from 'vitest';

const mebibyte = 2 ** 20;

beforeAll(() => setThreads(2));
afterAll(shutdown);

const double = compile((x: Tensor) => x.mul(2));

/** A tenth of a second or so of elementwise work. */
const long = compile((x: Tensor) => {
  let y = x;
  for (let i = 0; i < 60; i++) y = y.sin().add(x);
  return y.sum();
});

test('while runs overlap, results that are disposed of are freed', async () => {
  const x = randomNormal([1024, 1024]).realize();
  const resultBytes = 4 * mebibyte;
  await double.runAsync(x);
  const before = memory().bytesInUse;
  let most = 0;
  const client = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) {
      const y = await double.runAsync(x);
      most = Math.max(most, memory().bytesInUse - before);
      y.dispose();
    }
  };
  await Promise.all([client(), client()]);
  // A result for each client, the one under way, and one that waits to be freed.
  expect(most).toBeLessThanOrEqual(4 * resultBytes + mebibyte);
});

test('while runs overlap, results that are forgotten leave the shared memory', async () => {
  const x = randomNormal([1024, 1024]).realize();
  await double.runAsync(x);
  const before = memory().bytesInUse;
  let most = 0;
  const client = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) {
      await double.runAsync(x);
      most = Math.max(most, memory().bytesInUse - before);
    }
  };
  await Promise.all([client(), client()]);
  expect(most).toBeLessThanOrEqual((2 * 256 + 16) * mebibyte); // of 1600; blocks are swept every 256 MiB
});

test('a read of a known value does not wait for runs in progress', async () => {
  const x = randomNormal([1 << 20]).realize();
  const known = tensor([1, 2, 3]).add(1).realize();
  const still = variable([4, 5]);
  let isDone = false;
  const running = long.runAsync(x).then(() => {
    isDone = true;
  });
  expect([...(await known.read()), ...(await still.read())]).toEqual([2, 3, 4, 4, 5]);
  expect(isDone).toBe(false);
  await running;
});

test('loops of predictions that are awaited leave the event loop its turns', async () => {
  const model = sequential([dense(8, { activation: 'relu', inputShape: [4] }), dense(2)]);
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const x = randomNormal([1, 4]).realize();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const client = async (): Promise<void> => {
    for (let i = 0; i < 200_000 && turns < 20; i++) {
      const answer = await model.predict(x);
      await answer.read();
      answer.dispose();
    }
  };
  await Promise.all([client(), client()]);
  clearInterval(timer);
  expect(turns).toBeGreaterThanOrEqual(20);
});

test('a small request beside a training waits for one step at most, in the order of arrival', async () => {
  const x = randomNormal([1 << 20]).realize();
  const small = randomNormal([4]).realize();
  await Promise.all([long.runAsync(x), double.runAsync(small)]);
  const order: string[] = [];
  const training = (async () => {
    for (let step = 1; step <= 4; step++) {
      await long.runAsync(x);
      order.push(`step ${step}`);
    }
  })();
  for (let i = 1; i <= 3; i++) {
    await double.runAsync(small);
    order.push(`answer ${i}`);
  }
  await training;
  const stepsBefore = [1, 2, 3].map((i) =>
    order.slice(0, order.indexOf(`answer ${i}`)).filter((e) => e.startsWith('step')),
  );
  stepsBefore.forEach((steps, i) => {
    expect(steps.length).toBeLessThanOrEqual(i + 1);
  });
});
