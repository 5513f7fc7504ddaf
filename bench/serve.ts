// A process that answers while it trains: answers a second, how long they take, and how late the event loop is, for clients
// that each ask again as soon as they are answered, without and beside a training. Every answer is compared with the first one.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { dense, type Model, randomNormal, sequential } from 'treadle';
import type { Rounds } from './measure.ts';
import { printTable } from './table.ts';
import type { Row } from './work.ts';

function network(features: number, width: number): Model {
  const relu = { activation: 'relu' } as const;
  const model = sequential([dense(width, { ...relu, inputShape: [features] }), dense(width, relu), dense(10)]);
  model.compile({ optimizer: 'adam', loss: 'mse' });
  return model;
}

const nanosecondsToText = (nanoseconds: number): string => `${(nanoseconds / 1e6).toFixed(1)} ms`;
const share = (sorted: readonly number[], part: number): string =>
  `${(sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(2)} ms`;

export async function serveBench({ rounds, roundMs }: Rounds): Promise<Row[]> {
  const served = network(64, 64);
  const trained = network(784, 512);
  const question = randomNormal([1, 64], { seed: 1 }).realize();
  const [x, y] = [randomNormal([8192, 784], { seed: 2 }).realize(), randomNormal([8192, 10], { seed: 3 }).realize()];
  const epoch = (): Promise<unknown> => trained.fit(x, y, { batchSize: 256, verbose: 0 });
  const expected = String((await served.predict(question)).data());
  await epoch();

  const text = [];
  for (const isTraining of [false, true]) {
    for (const clients of [1, 16, 500]) {
      const milliseconds: number[] = [];
      const delay = monitorEventLoopDelay({ resolution: 1 });
      const begin = performance.now();
      const end = begin + 4 * rounds * roundMs;
      const training = (async () => {
        while (isTraining && performance.now() < end) await epoch();
      })();
      const client = async (): Promise<void> => {
        while (performance.now() < end) {
          const asked = performance.now();
          using answer = await served.predict(question);
          milliseconds.push(performance.now() - asked);
          if (String(answer.data()) !== expected) throw new Error('serve: an answer is another one than the first');
        }
      };
      delay.enable();
      await Promise.all(Array.from({ length: clients }, client));
      const took = performance.now() - begin;
      delay.disable();
      await training;
      milliseconds.sort((a, b) => a - b);
      text.push({
        clients: `${clients}${isTraining ? ', beside a training' : ''}`,
        'answers/s': ((1000 * milliseconds.length) / took).toFixed(0),
        median: share(milliseconds, 0.5),
        '99 %': share(milliseconds, 0.99),
        'loop late, 99 %': nanosecondsToText(delay.percentile(99)),
        'at most': nanosecondsToText(delay.max),
      });
    }
  }
  printTable('serve: 64-64-64-10 answers, 784-512-512-10 trains in batches of 256', text);
  return [];
}
