// Threads that have nothing to do take no time from anyone: not a nanosecond of a core.

import { Team } from '@treadle/runtime';
import { expect, test } from 'vitest';
import { activityOf, isLinux, nativeThreads } from './linux-threads.ts';
import { counting, withTable } from './programs.ts';

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

test.runIf(isLinux)('workers sleep without ever being woken while no run is asked for', async () => {
  const before = nativeThreads();
  const team = new Team({ threads: 4 });
  const { program, words } = counting([[40], [40]], { meet: true });
  await withTable(program, words, async (table) => {
    for (let i = 0; i < 1000; i++) team.run(program, table);
    await team.runAsync(program, table);
    await team.runAsync(program, table);
  });
  const workers = [...nativeThreads()].filter((thread) => !before.has(thread));
  expect(workers).toHaveLength(4); // one of them stands in for the caller in asynchronous runs
  const activities = () => workers.map(activityOf);
  // They spin for some microseconds before they sleep; how long that takes on a busy machine does not matter.
  while (activities().some(({ state }) => state !== 'S')) await pause(10);
  await pause(100);
  const asleep = activities();
  await pause(1000);
  expect(activities()).toEqual(asleep);
  await team.shutdown();
});
