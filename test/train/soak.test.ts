// A server that answers from one model while another one is trained, for a quarter of an hour: every answer is right, memory
// stays where it was, and the event loop is late by 20 ms at most in all but one of a hundred turns.

import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { dense } from '@treadle/nn';
import { memory, randomNormal, shutdown } from '@treadle/tensor';
import { sequential } from '@treadle/train';
import { expect, test } from 'vitest';

const minutes = Number(process.env.TREADLE_TEST_SOAK ?? (process.env.TREADLE_TEST_LONG ? 15 : 0));
const clients = 16;
const rows = 64;

/** Clients in a thread of their own: each asks for one row after the other, and compares the answers. */
const asking = `
const { parentPort, workerData } = require('node:worker_threads');
const { Agent, get } = require('node:http');
const agent = new Agent({ keepAlive: true });
let asked = 0, wrong = 0;
const ask = (row) => get(workerData.url + row, { agent }, (answer) => {
  let text = '';
  answer.on('data', (part) => { text += part; }).on('end', () => {
    asked++;
    if (text !== workerData.expected[row]) wrong++;
    setImmediate(ask, (row + 1) % workerData.expected.length);
  });
}).on('error', () => {});
for (let i = 0; i < ${clients}; i++) ask(i);
parentPort.on('message', () => parentPort.postMessage({ asked, wrong }));
`;

test.skipIf(minutes === 0)(
  'sixteen clients beside a training',
  async () => {
    const served = sequential([
      dense(64, { activation: 'relu', inputShape: [64] }),
      dense(64, { activation: 'relu' }),
      dense(10),
    ]);
    served.compile({ optimizer: 'sgd', loss: 'mse' });
    const questions = Array.from({ length: rows }, (_, i) => randomNormal([1, 64], { seed: i }).realize());
    const answerTo = async (row: number): Promise<string> => {
      using answer = await served.predict(questions[row]!);
      return JSON.stringify(Array.from(await answer.read()));
    };
    const expected = await Promise.all(questions.map((_, row) => answerTo(row)));
    const server = createServer(async (request, response) => {
      response.end(await answerTo(Number(request.url?.slice(1))));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server has no port');

    const trained = sequential([
      dense(512, { activation: 'relu', inputShape: [784] }),
      dense(512, { activation: 'relu' }),
      dense(10),
    ]);
    trained.compile({ optimizer: 'adam', loss: 'mse' });
    const [x, y] = [randomNormal([4096, 784]).realize(), randomNormal([4096, 10]).realize()];
    const oneEpoch = (): Promise<unknown> => trained.fit(x, y, { batchSize: 128, verbose: 0 });
    await oneEpoch();

    const worker = new Worker(asking, {
      eval: true,
      workerData: { url: `http://127.0.0.1:${address.port}/`, expected },
    });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const begin = performance.now();
    const use: { minute: number; bytesInUse: number; resident: number }[] = [];
    const note = (): void => {
      use.push({ minute: use.length, bytesInUse: memory().bytesInUse, resident: process.memoryUsage().rss });
    };
    await oneEpoch();
    delay.enable();
    note();
    while (performance.now() - begin < 60_000 * minutes) {
      await oneEpoch();
      if ((performance.now() - begin) / 60_000 > use.length * (minutes / 15)) note();
    }
    note();
    delay.disable();
    const { asked, wrong } = await new Promise<{ asked: number; wrong: number }>((resolve) => {
      worker.once('message', resolve);
      worker.postMessage('stop');
    });
    await worker.terminate();
    server.closeAllConnections();
    server.close();
    const p99 = delay.percentile(99) / 1e6;
    console.log(
      `${asked} answers, ${wrong} wrong; the loop is late by ${p99.toFixed(1)} ms (99 %), ${(delay.max / 1e6).toFixed(1)} at most`,
    );
    console.log(
      use
        .map(({ bytesInUse, resident }) => `${(bytesInUse / 1e6).toFixed(1)}/${(resident / 1e6).toFixed(0)}`)
        .join(' '),
      'MB in use/resident',
    );
    expect(asked).toBeGreaterThan(1000);
    expect(wrong).toBe(0);
    expect(p99).toBeLessThanOrEqual(20);
    const [early, late] = [use[Math.min(2, use.length - 1)]!, use.at(-1)!];
    expect(late.bytesInUse).toBeLessThan(1.1 * early.bytesInUse + 16e6);
    expect(late.resident).toBeLessThan(1.2 * early.resident + 128e6);
    await shutdown();
  },
  60_000 * (minutes + 5),
);
