// The command line, as a child process.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharedData } from '../data/shared-data.ts';
import { nodes, root, run } from './programs.ts';

const cli = join(root, 'packages/treadle/bin/treadle.js');

describe.each([...nodes])('under Node %s', (version, node) => {
  test('treadle demo trains before the user’s eyes, and shows digits', async () => {
    const { code, stdout, stderr } = await run(node, [cli, 'demo', '--threads', '2']);
    expect({ code, stderr: stderr.replaceAll(/^Epoch \d+\/60 - .*\n/gm, '') }).toEqual({ code: 0, stderr: '' });
    const [engine] = stdout.split('\n');
    expect(engine).toMatch(/^2 threads, (128|256)-bit vectors, (no )?fused multiply-add, Node v/);
    expect(engine).toContain(version);
    const [, share = '0'] = /; (\d+\.\d) % of the unseen digits are read correctly/.exec(stdout) ?? [];
    expect(Number(share)).toBeGreaterThanOrEqual(96.5);
    for (const shade of '░▒▓█') expect(stdout).toContain(shade);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d( +\d){3} +\d, but is \d/); // captions, mistakes last
  });

  test('equal seeds show the same, on any number of threads', async () => {
    const shown = async (...options: string[]): Promise<string> => {
      const { stdout } = await run(node, [cli, 'demo', ...options]);
      return stdout.replace(/^.*\n/, '').replace(/trained in .* s;/, '');
    };
    const one = await shown('--seed', '5', '--threads', '1');
    expect(await shown('--seed', '5', '--threads', '3')).toBe(one);
    expect(await shown('--seed', '6', '--threads', '3')).not.toBe(one);
  });
});

test('treadle demo --data trains on MNIST', async (context) => {
  const { code, stdout } = await run(process.execPath, [cli, 'demo', '--data', sharedData('mnist', context)]);
  expect(code).toBe(0);
  expect(stdout).toContain('MNIST 784-128-10: 10000 digits to learn from, 10000 unseen ones');
  const shares = [...stdout.matchAll(/; (\d+\.\d) % of the unseen digits are read correctly/g)];
  // from 10,000 images a network of this size learns to read about 95 %, a softmax regression about 91 %
  const [network, regression] = shares.map(([, share]) => Number(share));
  expect(network).toBeGreaterThan(93.5);
  expect(regression).toBeGreaterThan(89.5);
});

test.each([[[]], [['--help']], [['-h']], [['demo', '--help']]])('treadle %o says what there is', async (args) => {
  const { code, stdout, stderr } = await run(process.execPath, [cli, ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: treadle <command>/);
  for (const word of ['demo', '--data', '--threads', '--seed']) expect(stdout).toContain(word);
});

test.each([
  [['train'], 'treadle: the command must be demo; got train; treadle --help says more\n'],
  [['demo', 'again'], 'treadle: the command must be demo; got demo again; treadle --help says more\n'],
  [['demo', '--threads', 'many'], 'treadle: --threads must be a whole number; got many\n'],
  [['demo', '--threads', '0'], 'treadle: setThreads: the number of threads must be a whole number, 1 or more; got 0'],
  [['demo', '--seed', '1.5'], 'treadle: --seed must be a whole number; got 1.5\n'],
  [['demo', '--seed', '99999999999'], 'treadle: setSeed: a seed must be a whole number from 0 to 2³² − 1'],
  [['demo', '--epochs', '3'], "treadle: Unknown option '--epochs'"],
  [['demo', '--data', 'no/such/folder'], 'no/such/folder'],
])('treadle %o fails with code 1 and one line', async (args, message) => {
  const { code, stdout, stderr } = await run(process.execPath, [cli, ...args]);
  expect(code).toBe(1);
  expect(stdout.split('\n').length).toBeLessThanOrEqual(2);
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/^treadle: [^\n]+\n$/);
});
