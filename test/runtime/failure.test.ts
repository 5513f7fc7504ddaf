// A run in which a thread fails says which thread, at which kernel, and why; the next run has new threads and works.

import { type Program, Team, webAssembly } from '@treadle/runtime';
import { i32, memory as wasmMemory } from '@treadle/wasm';
import { afterEach, expect, test } from 'vitest';
import { isBun } from '../support/bun.ts';
import { counting, fragile, meeting, newModule, type Role, withTable } from './programs.ts';

let team = new Team({ threads: 2 });

afterEach(async () => {
  await team.shutdown();
  team = new Team({ threads: 2 });
});

const trap = (role: Role): Program => meeting(role, (f) => f.unreachable());

/** Sets word 2 of the table, then computes for ever. */
const hang = (role: Role): Program =>
  meeting(role, (f, word) => {
    f.do(i32['atomic.store'](word, 1));
    f.loop((again) => f.br(again));
  });

/** Sets word 2 of the table, then sleeps for ever: the thread does nothing any more. */
const freeze = (role: Role): Program =>
  meeting(role, (f, word) => {
    f.do(i32['atomic.store'](word, 1));
    f.do(wasmMemory['atomic.wait32'](word, 1, -1n));
  });

async function expectNextRunsToWork(): Promise<void> {
  const { program, tiles, words } = counting([[4], [3]]);
  await withTable(program, words, async (table, view) => {
    for (let i = 0; i < 50; i++) team.run(program, table);
    for (let i = 0; i < 50; i++) await team.runAsync(program, table);
    expect([...view().subarray(1, 1 + tiles)]).toEqual(Array(tiles).fill(100));
  });
}

const trapped = (thread: number): RegExp =>
  new RegExp(`^team: thread ${thread} failed in kernel 1 \\(work 1\\); .*unreachable`, 'i');

test.each<[Role, number]>([
  ['worker', 1],
  ['caller', 0],
])('a trap of the %s in a blocking run is an error that names it', async (role, thread) => {
  const program = trap(role);
  for (let round = 0; round < 3; round++) {
    await withTable(program, 3, (table) => expect(() => team.run(program, table)).toThrow(trapped(thread)));
    await expectNextRunsToWork();
  }
});

test.each<[Role, number]>([
  ['worker', 1],
  ['caller', 0],
])(
  'a trap of the thread in the place of the %s in an asynchronous run is an error that names it',
  async (role, thread) => {
    const program = trap(role);
    for (let round = 0; round < 3; round++) {
      await withTable(program, 3, (table) => expect(team.runAsync(program, table)).rejects.toThrow(trapped(thread)));
      await expectNextRunsToWork();
    }
  },
);

test('a run that fails leaves the runs before and behind it unharmed', async () => {
  const { program, words } = counting([[4]]);
  const failing = trap('worker');
  await withTable(failing, 3, async (three) => {
    await withTable(program, words, async (table, view) => {
      const outcomes = await Promise.allSettled([
        team.runAsync(program, table),
        team.runAsync(failing, three),
        team.runAsync(program, table),
      ]);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(view()[1]).toBe(2);
    });
  });
});

test('a trap of the caller, which computes alone, names thread 0', async () => {
  const program = fragile();
  await withTable(program, 1, (table, view) => {
    view()[0] = 1;
    expect(() => team.run(program, table, { parallel: false })).toThrow(
      /^team: thread 0 failed in kernel 0 \(work 0\); /,
    );
    view()[0] = 0;
    team.run(program, table, { parallel: false });
  });
});

test.skipIf(isBun).each<[Role, number]>([
  ['worker', 1],
  ['caller', 0],
])(
  'a worker terminated inside an asynchronous run, in the place of the %s, fails it without a timeout',
  async (role, thread) => {
    team = new Team({ threads: 2, timeoutMs: 3_600_000 });
    const program = hang(role);
    await withTable(program, 3, async (table, view) => {
      const run = team.runAsync(program, table);
      const outcome = expect(run).rejects.toThrow(
        new RegExp(`^team: thread ${thread} failed in kernel 1 \\(work 1\\); worker exited`),
      );
      while (Atomics.load(view(), 2) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const workers = [...team.workers]; // thread 0 first, then the others
      await workers[thread]?.terminate();
      await outcome;
    });
    await expectNextRunsToWork();
  },
);

test('a worker that sleeps for ever in a blocking run fails it after the timeout', async () => {
  team = new Team({ threads: 2, timeoutMs: 1000 });
  await expectNextRunsToWork(); // for a start may take longer than this timeout
  const program = freeze('worker');
  await withTable(program, 3, (table) => {
    expect(() => team.run(program, table)).toThrow(
      /^team: thread 1 failed in kernel 1 \(work 1\); it does not respond/,
    );
  });
  await expectNextRunsToWork();
});

test('a worker that sleeps for ever in an asynchronous run fails it after the timeout, also when a blocking run waits for it', async () => {
  team = new Team({ threads: 2, timeoutMs: 1000 });
  await expectNextRunsToWork(); // for a start may take longer than this timeout
  const program = freeze('caller');
  const { program: next, words } = counting([[4]]);
  await withTable(program, 3, async (table) => {
    await withTable(next, words, async (nextTable, view) => {
      const outcome = expect(team.runAsync(program, table)).rejects.toThrow(/^team: thread 0 failed in kernel 1 /);
      team.run(next, nextTable);
      expect(view()[1]).toBe(1);
      await outcome;
    });
  });
});

test('after workers were terminated while they slept, runs work', async () => {
  await expectNextRunsToWork();
  for (const worker of [...team.workers]) await worker.terminate();
  await expectNextRunsToWork();
});

test('a program without main is refused', async () => {
  const entry = new webAssembly.Module(newModule().encode());
  const program = { ...counting([[1]]).program, module: { entry, functions: [] } };
  expect(() => team.run(program, 64)).toThrow('internal: a program must export main');
  await expect(team.runAsync(program, 64)).rejects.toThrow('internal: a program must export main');
  await expectNextRunsToWork();
});
