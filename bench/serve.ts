// A process that answers requests while it trains: answers per second, the time of an answer, and the delay of the
// event loop. Each client sends its next request as soon as it has its answer. Every answer is compared with the
// first one.

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

const asMilliseconds = (nanoseconds: number): string => `${(nanoseconds / 1e6).toFixed(1)} ms`;
const quantile = (sorted: readonly number[], part: number): string =>
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
          const sent = performance.now();
          using answer = await served.predict(question);
          milliseconds.push(performance.now() - sent);
          if (String(answer.data()) !== expected) throw new Error('serve: an answer differs from the first one');
        }
      };
      delay.enable();
      await Promise.all(Array.from({ length: clients }, client));
      const took = performance.now() - begin;
      delay.disable();
      await training;
      milliseconds.sort((a, b) => a - b);
      text.push({
        clients: `${clients}${isTraining ? ' + training' : ''}`,
        'answers/s': ((1000 * milliseconds.length) / took).toFixed(0),
        median: quantile(milliseconds, 0.5),
        '99 %': quantile(milliseconds, 0.99),
        'loop delay, 99 %': asMilliseconds(delay.percentile(99)),
        'loop delay, max': asMilliseconds(delay.max),
      });
    }
  }
  printTable('serve: 64-64-64-10 answers requests; with training, 784-512-512-10 trains in batches of 256', text);
  return [];
}
