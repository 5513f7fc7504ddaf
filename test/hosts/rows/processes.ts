// Programs that have threads and processes of their own, each of which loads the package.

import { asCommonJs, asModule, moduleProgram } from '../program.ts';
import type { Row } from '../row.ts';

const workerThread: Row = {
  name: 'worker-thread',
  group: 'Threads and processes',
  host: '`worker_threads` of Node 26.10.0',
  what: 'in two workers and the main thread at once; a worker that is ended while it trains',
  threads: 'all, for each',
  isQuick: true,
  async run(place) {
    place.write('program.mjs', moduleProgram);
    place.write('probe.cjs', asCommonJs);
    place.write(
      'main.mjs',
      `
import { Worker } from 'node:worker_threads';
import { main } from './probe.cjs';
const ended = [0, 1].map(() => new Promise((resolve, reject) => {
  new Worker(new URL('program.mjs', import.meta.url)).on('error', reject).on('exit', resolve);
}));
await main();
const codes = await Promise.all(ended);
if (codes.some((code) => code !== 0)) throw new Error('workers ended with codes ' + codes);
`,
    );
    place.write(
      'terminate.mjs',
      `
import { Worker } from 'node:worker_threads';
import { main } from './probe.cjs';
for (const ms of [30, 150, 400]) {
  const worker = new Worker(new URL('program.mjs', import.meta.url), { stderr: true });
  await new Promise((resolve) => worker.on('online', resolve));
  await new Promise((resolve) => setTimeout(resolve, ms));
  await worker.terminate();
}
await main();
`,
    );
    await place.probe('two workers', place.node, ['main.mjs'], { expected: { probes: 3 } });
    await place.probe('ended workers', place.node, ['terminate.mjs'], { expected: { probes: 1 } });
  },
};

const piscina: Row = {
  name: 'piscina',
  group: 'Threads and processes',
  host: 'piscina 5.3.2',
  what: 'in two threads of a pool',
  threads: 'all, for each',
  tools: { piscina: '5.3.2' },
  async run(place) {
    place.write('probe.mjs', asModule);
    place.write('task.mjs', `import { main } from './probe.mjs';\nexport default () => main();\n`);
    place.write(
      'main.mjs',
      `
import { Piscina } from 'piscina';
const pool = new Piscina({ filename: new URL('task.mjs', import.meta.url).href, minThreads: 2, maxThreads: 2 });
await Promise.all([pool.run(), pool.run(), pool.run()]);
await pool.close();
`,
    );
    await place.probe('three tasks', place.node, ['main.mjs'], { expected: { probes: 3 } });
  },
};

const cluster: Row = {
  name: 'cluster',
  group: 'Threads and processes',
  host: '`cluster` of Node 26.10.0',
  what: 'in eight processes at once',
  threads: 'all, for each',
  isQuick: true,
  async run(place) {
    place.write('probe.mjs', asModule);
    place.write(
      'main.mjs',
      `
import cluster from 'node:cluster';
import { main } from './probe.mjs';
if (cluster.isPrimary) {
  for (let i = 0; i < 8; i++) cluster.fork();
  cluster.on('exit', (_, code) => { if (code !== 0) process.exitCode = 1; });
} else {
  await main();
  cluster.worker.disconnect();
}
`,
    );
    await place.probe('eight processes', place.node, ['main.mjs'], { expected: { probes: 8 } });
  },
};

export const processRows: readonly Row[] = [workerThread, piscina, cluster];
