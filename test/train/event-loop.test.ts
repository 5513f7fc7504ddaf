// fit leaves the event loop free: a timer of a millisecond goes on firing, and a server goes on answering, with steps of
// microseconds and with steps that take many milliseconds. The machine's other work delays timers as well. So what the thread
// itself did between two calls of the timer is held to the bound whatever else runs; and what the clock says is compared with
// windows beside it in which fit does nothing: what fit did would show in every window.

import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';
import { dense } from '@treadle/nn';
import { randomNormal } from '@treadle/tensor';
import { type Model, sequential } from '@treadle/train';
import { expect, test } from 'vitest';
import { classifier, labelled, type Pair } from './models.ts';

/** how late a timer may be, and how long its thread may compute between two calls, in all but one of a hundred calls */
const boundMs = 5;
const windowMs = 300;
const mostWindows = 12;

const at = (delays: readonly number[], share: number): number =>
  [...delays].sort((a, b) => a - b)[Math.ceil(share * delays.length) - 1] ?? Number.POSITIVE_INFINITY;

interface Turns {
  /** by how many milliseconds calls came too late, in all but one of a hundred */
  readonly late: number;
  /** for how many the thread computed between two calls */
  readonly busy: number;
}

/** milliseconds for which this thread has computed; others that run on its core do not count */
function computed(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Repeats `act` for one window, and watches the calls of a timer of 1 ms meanwhile. */
async function turnsWhile(act: () => Promise<unknown>): Promise<Turns> {
  const delays: number[] = [];
  const work: number[] = [];
  let last = performance.now();
  let computedLast = computed();
  const turn = (): void => {
    const [now, computedNow] = [performance.now(), computed()];
    delays.push(Math.max(0, now - last - 1));
    work.push(computedNow - computedLast);
    [last, computedLast] = [now, computedNow];
  };
  const timer = setInterval(turn, 1);
  const end = last + windowMs;
  while (performance.now() < end) await act();
  turn(); // a timer that never came is late, too
  clearInterval(timer);
  return { late: at(delays, 0.99), busy: at(work, 0.99) };
}

/** Work that does give the event loop a turn every few milliseconds. */
async function workInSlices(): Promise<void> {
  const end = performance.now() + 2;
  while (performance.now() < end);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const tiny = { model: classifier(), ...labelled(1000), batchSize: 4 };
const big = { model: wide(), x: randomNormal([2048, 784]), y: randomNormal([2048, 10]), batchSize: 1024 };
const sizes: [string, Pair & { model: Model; batchSize: number }][] = [
  ['tiny', tiny],
  ['big', big],
];

function wide(): Model {
  const model = sequential([dense(512, { activation: 'relu' }), dense(512, { activation: 'relu' }), dense(10)]);
  model.compile({ optimizer: 'adam', loss: 'mse' });
  return model;
}

const show = (figures: readonly number[]): string => figures.map((ms) => ms.toFixed(1)).join(', ');

test.each(sizes)('a timer keeps firing through %s steps', async (size, { model, x, y, batchSize }) => {
  const train = (): Promise<unknown> => model.fit(x, y, { verbose: 0, batchSize });
  for (let i = 0; i < 3; i++) await train(); // compiles, and starts the workers
  const lateness: number[] = [];
  const busy: number[] = [];
  const isFree = (): boolean => Math.min(...lateness) < boundMs && Math.min(...busy) < boundMs;
  for (let i = 0; i < mostWindows && !isFree(); i++) {
    const usual = await turnsWhile(workInSlices);
    const turns = await turnsWhile(train);
    lateness.push(turns.late - usual.late);
    busy.push(turns.busy);
  }
  console.log(`${size}: a timer is later than without by ${show(lateness)} ms, after work of ${show(busy)} ms (99 %)`);
  expect(Math.min(...lateness)).toBeLessThan(boundMs);
  expect(Math.min(...busy)).toBeLessThan(boundMs);
});

/** A thread that asks again and again, and tells how many milliseconds every answer took. */
const client = `
const { parentPort, workerData } = require('node:worker_threads');
const { get } = require('node:http');
const ask = () => {
  const began = performance.now();
  get(workerData, (answer) => answer.resume().on('end', () => {
    parentPort.postMessage(performance.now() - began);
    setTimeout(ask, 5);
  }));
};
ask();
`;

test.each(sizes)('a server in the same process answers during %s steps', async (size, { model, x, y, batchSize }) => {
  const server = createServer((_, response) => response.end('here'));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  const asking = new Worker(client, { eval: true, workerData: `http://127.0.0.1:${address.port}` });
  let answers: number[] = [];
  asking.on('message', (ms: number) => answers.push(ms));
  const answersWhile = async (act: () => Promise<unknown>): Promise<readonly number[]> => {
    answers = [];
    await turnsWhile(act);
    return answers;
  };
  const train = (): Promise<unknown> => model.fit(x, y, { verbose: 0, batchSize });
  for (let i = 0; i < 3; i++) await train();
  const slowness: number[] = [];
  for (let i = 0; i < mostWindows && !slowness.some((ms) => ms < 4 * boundMs); i++) {
    const usual = await answersWhile(workInSlices);
    const during = await answersWhile(train);
    // An answer takes a few turns of the event loop: to connect, to read, to write.
    // On a busy machine a window may go by without an answer: it says nothing.
    if (usual.length > 0 && during.length > 0) slowness.push(at(during, 0.9) - at(usual, 0.9));
  }
  await asking.terminate();
  server.closeAllConnections();
  server.close();
  console.log(`${size}: an answer takes longer than without by ${show(slowness)} ms (90 %, by window)`);
  expect(Math.min(...slowness)).toBeLessThan(4 * boundMs);
});
