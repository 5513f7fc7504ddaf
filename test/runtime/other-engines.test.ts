// Many engines in one process, as test runners make them, which load the package anew for every file: however many there were, few
// have threads, those that nothing refers to are collected, and all compute right.

import { execFile } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Team } from '@treadle/runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLinux, nativeThreads } from './linux-threads.ts';
import { counting, valuesOf, withTable } from './programs.ts';

const phases = [[3], [2]];
const { program, tiles, words } = counting(phases, { meet: true });
const threads = 3;
/** An engine that started threads keeps them until two others have started some since it was used. */
const most = 3;
/** How many threads an engine has, beside that of the caller: one more takes its place in asynchronous runs. */
const workers = threads;

/** A blocking run, then an asynchronous one, in both of which all threads meet. */
async function use(team: Team): Promise<void> {
  await withTable(program, words, async (table, view) => {
    view()[0] = 7;
    team.run(program, table);
    await team.runAsync(program, table);
    expect([...view()]).toEqual([7, ...Array(tiles).fill(2), ...valuesOf(phases, 7), 4]);
  });
}

/** Resolves when `isSo` holds: threads end, and objects are collected, when the system finds the time. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test.runIf(isLinux)('the threads of engines that are used one after the other are those of a few', async () => {
  const before = nativeThreads().size;
  for (let i = 0; i < 20; i++) await use(new Team({ threads }));
  await until(() => nativeThreads().size <= before + most * workers);
});

test('an engine that nothing refers to is collected when others have started threads', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const made: WeakRef<Team>[] = [];
  for (let i = 0; i < 20; i++) {
    const team = new Team({ threads });
    made.push(new WeakRef(team));
    await use(team);
  }
  await until(() => {
    collect();
    return made.filter((team) => team.deref()).length <= most;
  });
});

test('engines that are used in any order compute right, with the threads that they were given', async () => {
  const order = fc.array(fc.record({ engine: fc.nat(4), size: fc.integer({ min: 2, max: 4 }) }), { maxLength: 25 });
  const teams = Array.from({ length: 5 }, () => new Team({ threads }));
  await fc.assert(
    fc.asyncProperty(order, async (uses) => {
      for (const { engine, size } of uses) {
        const team = teams[engine];
        team?.setThreads(size);
        if (team) await use(team);
      }
    }),
    { numRuns: 15 },
  );
  await Promise.all(teams.map((team) => team.shutdown()));
});

test('an engine with a run under way keeps its threads, whatever others do meanwhile', async () => {
  const busy = new Team({ threads });
  await withTable(program, words, async (table, view) => {
    view()[0] = 7;
    for (let round = 1; round <= 5; round++) {
      const pending = busy.runAsync(program, table, { parallel: true });
      const others = Array.from({ length: 3 }, () => new Team({ threads }));
      const block = others.map((other) => withTable(program, words, (at) => other.run(program, at)));
      await Promise.all([pending, ...block]);
      expect(view()[1]).toBe(round);
      await Promise.all(others.map((other) => other.shutdown()));
    }
  });
  await busy.shutdown();
});

test.runIf(isLinux)('copies of the package in one process know each other', async () => {
  const tensor = new URL('../../packages/tensor/dist/index.js', import.meta.url).href;
  // Every file of a copy is imported with the query that its first file had.
  const script = `
    import { readdirSync } from 'node:fs';
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve: (specifier, context, next) => {
        const found = next(specifier, context);
        const query = /\\?copy=\\d+$/.exec(context.parentURL ?? '')?.[0] ?? '';
        return found.url.startsWith('file:') && !found.url.includes('?') && !found.url.includes('/node_modules/')
          ? { ...found, url: found.url + query } : found;
      },
    });
    const count = () => readdirSync('/proc/self/task').length;
    const first = count();
    const copies = [];
    for (let i = 0; i < 12; i++) {
      const copy = await import(${JSON.stringify(tensor)} + '?copy=' + i);
      copy.setThreads(${threads});
      copies.push(copy);
    }
    const sums = new Set();
    for (const { ones } of [...copies, ...copies]) {
      const a = ones([600, 600]);
      sums.add(a.matmul(a).sum().item());
      sums.add((await a.matmul(a).sum().read())[0]);
    }
    const areDifferent = new Set(copies.map(({ ones }) => ones)).size === copies.length;
    while (count() > first + ${most * workers}) await new Promise((resolve) => setTimeout(resolve, 10));
    console.log(areDifferent, ...sums);
  `;
  const stdout = await new Promise((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '--eval', script], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  expect(stdout).toBe(`true ${600 ** 3}\n`);
});
