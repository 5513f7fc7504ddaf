// What uses the timeout up: threads that do nothing. A tile that computes for longer does not, nor does a process that is stopped.

import { execFile } from 'node:child_process';
import { Team } from '@treadle/runtime';
import { expect, test } from 'vitest';
import { spinning, withTable } from './programs.ts';

/** Most of a second or more for each of two tiles. */
const long = 0x7fff_ffff;

test('a tile may compute for longer than the timeout', async () => {
  const team = new Team({ threads: 2, timeoutMs: 300 });
  const program = spinning(long);
  await withTable(program, 3, async (table) => {
    team.run(program, table);
    const run = team.runAsync(program, table);
    team.finish();
    await run;
  });
  await team.shutdown();
}, 300_000);

const child = `
  import { setThreads, randomNormal, shutdown } from ${JSON.stringify(new URL('../../packages/tensor/dist/index.js', import.meta.url).href)};
  import { team } from ${JSON.stringify(new URL('../../packages/runtime/dist/index.js', import.meta.url).href)};
  setThreads(2);
  team.isAlwaysShared = true;
  const a = randomNormal([700, 700], { seed: 1 }).realize();
  const sum = () => a.matmul(a).sum().item();
  const expected = sum();
  console.log('begun');
  const end = performance.now() + 15_000;
  let same = true;
  while (performance.now() < end) same &&= sum() === expected;
  console.log(same ? 'same' : 'different');
  await shutdown();
`;

test('a process that is stopped for longer than the timeout goes on where it was', async () => {
  let stopped = false;
  const outcome = await new Promise<string>((resolve) => {
    const running = execFile(process.execPath, ['--input-type=module', '--eval', child], (error, stdout, stderr) => {
      resolve(error ? `${error.message}\n${stderr}` : stdout);
    });
    running.stdout?.on('data', (text: string) => {
      if (!text.includes('begun') || stopped) return;
      stopped = true;
      setTimeout(() => {
        running.kill('SIGSTOP');
        setTimeout(() => running.kill('SIGCONT'), 12_000);
      }, 200);
    });
  });
  expect(outcome).toBe('begun\nsame\n');
}, 120_000);
