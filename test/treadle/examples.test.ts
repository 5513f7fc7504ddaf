// The examples run as they stand, and say what they should.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run } from './programs.ts';

/** What the figure after `before` is. */
const figure = (stdout: string, before: string): number => Number.parseFloat(stdout.split(before)[1] ?? '');

/** Nats a character, and what the grammar has: after few epochs, not far above. */
const expectLearned = (stdout: string): void => {
  expect(Number.parseFloat(stdout)).toBeLessThan(2 * figure(stdout, 'the grammar has '));
};

/** By file and arguments. */
const said: Readonly<Record<string, (stdout: string) => void>> = {
  'text.ts transformer 9': expectLearned,
  'text.ts lstm 9': expectLearned,
  'sentiment.ts': (stdout) => expect(Number.parseFloat(stdout)).toBeGreaterThan(95),
  'autoencoder.ts': (stdout) =>
    expect(figure(stdout, 'error ')).toBeLessThan(0.4 * figure(stdout, 'the mean image alone has ')),
  'multi-label.ts': (stdout) => {
    for (const name of ['circle', 'line', 'square']) expect(figure(stdout, `\n${name}: `)).toBeGreaterThan(0.93);
  },
  'robust-regression.ts': (stdout) => {
    expect(Math.abs(figure(stdout, 'huber: y = ') - 2)).toBeLessThan(0.1);
    expect(figure(stdout.split('squares')[1] ?? '', ' x + ')).toBeGreaterThan(3);
  },
  'xor.ts': (stdout) => expect(stdout).toContain('accuracy: 1'),
  'gradient-descent.ts': (stdout) => {
    const [written, compiled] = stdout.split('\n').map((line) => line.replace(/^.*: |, \d+ ms$/g, ''));
    expect(written).toMatch(/^y = [23]\.\d+ x \+ [12]\.\d+, loss 0\.01/);
    expect(compiled).toBe(written);
  },
};

test('every example is run', () => {
  const run = new Set(Object.keys(said).map((command) => command.split(' ')[0]));
  expect([...run].sort()).toEqual(readdirSync(join(root, 'examples')).sort());
});

test.for(Object.entries(said))('%s', async ([command, check]) => {
  const [file = '', ...args] = command.split(' ');
  const { code, stdout, stderr } = await run(process.execPath, [join('examples', file), ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  check(stdout);
});
