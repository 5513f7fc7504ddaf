// A host whose workers receive messages on their event loop only, as Web Workers do: the same programs run on it.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { host, Team } from '@treadle/runtime';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { counting, gathering, meeting, valuesOf, withTable } from './programs.ts';

type Spawn = typeof host.spawn;

const file = (name: string): string =>
  JSON.stringify(new URL(`../../packages/runtime/dist/threads/${name}.js`, import.meta.url).href);

/** A worker that goes on when the program that it wants has come by a message event. */
const workerText = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { workerLoop } from ${file('worker-loop')};
  import { WorkerPrograms } from ${file('worker-programs')};
  const programs = new WorkerPrograms(workerData.memory);
  let arrived = () => {};
  parentPort.on('message', (message) => {
    programs.take(message);
    arrived();
  });
  for (const wanted of workerLoop(workerData, programs)) {
    while (wanted !== undefined && !programs.has(wanted)) await new Promise((resolve) => (arrived = resolve));
  }
  parentPort.close();
`;

let spawned = 0;
const spawn: Spawn = ({ init, onExit }) => {
  spawned += init.length;
  const workers = init.map((message) => {
    const url = new URL(`data:text/javascript,${encodeURIComponent(workerText)}`);
    const worker = new Worker(url, { workerData: message });
    worker.on('error', (error) => onExit(message.thread, error instanceof Error ? error : new Error(String(error))));
    worker.unref();
    return worker;
  });
  const ended = Promise.all(workers.map((worker) => once(worker, 'exit')));
  return {
    workers,
    post: (message) => {
      for (const worker of workers) worker.postMessage(message);
    },
    end: async () => void (await ended),
    kill: async () => void (await Promise.all(workers.map((worker) => worker.terminate()))),
  };
};

const team = new Team({ threads: 3 });
beforeAll(() => void vi.spyOn(host, 'spawn').mockImplementation(spawn));
afterAll(async () => {
  await team.shutdown();
  vi.restoreAllMocks();
});

test('all threads take part in blocking and in asynchronous runs', async () => {
  const program = gathering(3);
  await withTable(program, 4, async (table, view) => {
    team.run(program, table);
    expect(view()[0]).toBe(3);
    view().fill(0);
    await team.runAsync(program, table);
    expect(view()[0]).toBe(3);
  });
  expect(spawned).toBe(3);
});

test('each tile sees what the phases before it wrote, in programs that follow each other', async () => {
  for (const phases of [[[5], [7, 1]], [[2]], [[3], [4], [5]]]) {
    const { program, tiles, words } = counting(phases, { meet: true });
    await withTable(program, words, async (table, view) => {
      view()[0] = 77;
      team.run(program, table);
      view().fill(0, 1 + tiles, 1 + 2 * tiles);
      await team.runAsync(program, table);
      expect([...view()]).toEqual([77, ...Array(tiles).fill(2), ...valuesOf(phases, 77), 4]);
    });
    team.forget(program);
  }
});

test('a run that fails names the thread, the kernel and the reason', async () => {
  const program = meeting('worker', (f) => f.unreachable());
  await withTable(program, 3, async (table) => {
    await expect(team.runAsync(program, table)).rejects.toThrow(
      /^team: thread [12] failed in kernel 1 \(work 1\); .*unreachable/i,
    );
  });
});
