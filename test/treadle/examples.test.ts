// The examples run unchanged, and their printed results obey the laws that they demonstrate.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { laws } from './example-laws.ts';
import { root, run } from './programs.ts';
import { missing, tablesOf } from './tables.ts';

test('every example has laws', () => {
  const run = new Set(Object.keys(laws).map((command) => command.split(' ')[0]));
  const files = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts')); // test/browser has that of a page
  expect([...run].sort()).toEqual(files.sort());
});

describe.each(Object.entries(laws))('%s', (command, checks) => {
  let said: ReturnType<typeof run> | undefined;
  const output = (): ReturnType<typeof run> => {
    const [file = '', ...args] = command.split(' ');
    said ??= run(process.execPath, [join('examples', file), ...args]);
    return said;
  };

  test('runs to its end without errors or warnings', async () => {
    const { code, stderr } = await output();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.each(Object.entries(checks))('%s', async (_, check) => {
    const { stdout } = await output();
    const [first = missing, second = missing] = tablesOf(stdout);
    check(stdout, first, second);
  });
});
