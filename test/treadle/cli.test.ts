// Laws of the command line. Each test runs it as a child process.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sharedData } from '../data/shared-data.ts';
import { nodes, root, run } from './programs.ts';

const cli = join(root, 'packages/treadle/bin/treadle.js');

/** a folder of this repository, so that 'treadle' is resolved to its package */
const folder = join(root, 'out', `cli-${process.pid}`);
const files = {
  step: join(folder, 'step.js'),
  numbers: join(folder, 'numbers.js'),
  wrong: join(folder, 'wrong.js'),
  text: join(folder, 'step.txt'),
};
const stepFile = `import { compile, gradients, ones, variable } from 'treadle';
const w = variable([[1, 2], [3, 4]]);
export const step = compile((x, rate) => {
  const loss = x.matmul(w).relu().square().mean();
  const [dw] = gradients(loss, [w]);
  w.assignSub(dw.mul(rate));
  return loss;
});
export const args = [ones([3, 2]), 0.1];
process.on('exit', () => console.log('w is', w.toArray().flat().join(' ')));
`;
beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(files.step, stepFile);
  writeFileSync(files.numbers, 'export const step = 3;');
  writeFileSync(files.text, stepFile);
  writeFileSync(files.wrong, 'export const step = () => 3; export const args = 3;');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each([...nodes])('under Node %s, the plan of an exported function', (_, node) => {
  test('is explained without computing anything', async () => {
    const { code, stdout, stderr } = await run(node, [cli, 'explain', files.step]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^phase +kernel +computes /);
    expect(stdout).toMatch(/ matmul +matmul relu .*3×2×2 /);
    expect(stdout).toMatch(/\d+ kernels in \d+ phases, \d+ barriers/);
    expect(stdout).toContain('\nw is 1 2 3 4\n');
  });

  test('is profiled over the given number of calls', async () => {
    const { code, stdout, stderr } = await run(node, [cli, 'profile', files.step, '--runs', '3', '--threads', '2']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^phase +kernel +computes .* thread 0 +tiles +thread 1 +tiles /);
    expect(stdout).toMatch(/µs; 2 threads worked \d+ % of that\n/);
    const w = [1, 2, 3, 4];
    for (let i = 0; i < 3; i++) {
      const [a, b] = [(w[0] ?? 0) + (w[2] ?? 0), (w[1] ?? 0) + (w[3] ?? 0)]; // rows of ones: x·w = [a, b], three times
      [a, b, a, b].forEach((y, j) => {
        w[j] = (w[j] ?? 0) - 0.1 * ((3 * 2 * y) / 6);
      });
    }
    const [, shown = ''] = /\nw is (.*)\n/.exec(stdout) ?? [];
    shown.split(' ').forEach((value, i) => {
      expect(Number(value)).toBeCloseTo(w[i] ?? Number.NaN, 5);
    });
  });
});

describe.each([...nodes])('under Node %s', (version, node) => {
  test('treadle demo trains to 96.5 % accuracy and draws digits', async () => {
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

  test('treadle demo prints the same for the same seed, on any number of threads', async () => {
    const shown = async (...options: string[]): Promise<string> => {
      const { stdout } = await run(node, [cli, 'demo', ...options]);
      return stdout.replace(/^.*\n/, '').replace(/trained in .* s;/, '');
    };
    const one = await shown('--seed', '5', '--threads', '1');
    expect(await shown('--seed', '5', '--threads', '3')).toBe(one);
    expect(await shown('--seed', '6', '--threads', '3')).not.toBe(one);
  });
});

test('treadle demo --model cnn trains a convolutional network to 97 %', async () => {
  const { code, stdout } = await run(process.execPath, [cli, 'demo', '--model', 'cnn']);
  expect(code).toBe(0);
  expect(stdout).toContain('digits conv 3×3×16, conv 3×3×32, 10: 1437 digits for training, 360 unseen digits');
  const [, share = '0'] = /; (\d+\.\d) % of the unseen digits are read correctly/.exec(stdout) ?? [];
  expect(Number(share)).toBeGreaterThanOrEqual(97);
});

test('treadle demo --model cnn --data trains on 10,000 images of MNIST to 97 %', async (context) => {
  const folder = sharedData('mnist', context);
  const { code, stdout } = await run(process.execPath, [cli, 'demo', '--model', 'cnn', '--data', folder]);
  expect(code).toBe(0);
  expect(stdout).toContain('MNIST conv 5×5×8, conv 5×5×16, 128, 10: 10000 digits for training, 10000 unseen digits');
  const [, share = '0'] = /; (\d+\.\d) % of the unseen digits are read correctly/.exec(stdout) ?? [];
  expect(Number(share)).toBeGreaterThanOrEqual(97);
});

test('treadle demo --data trains on MNIST', async (context) => {
  const { code, stdout } = await run(process.execPath, [cli, 'demo', '--data', sharedData('mnist', context)]);
  expect(code).toBe(0);
  expect(stdout).toContain('MNIST 784-128-10: 10000 digits for training, 10000 unseen digits');
  const shares = [...stdout.matchAll(/; (\d+\.\d) % of the unseen digits are read correctly/g)];
  // trained on 10,000 images, a network of this size reaches about 95 %, softmax regression about 91 %
  const [network, regression] = shares.map(([, share]) => Number(share));
  expect(network).toBeGreaterThan(93.5);
  expect(regression).toBeGreaterThan(89.5);
});

test.each([[[]], [['--help']], [['-h']], [['demo', '--help']]])('treadle %o prints the help text', async (args) => {
  const { code, stdout, stderr } = await run(process.execPath, [cli, ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: treadle <command>/);
  for (const word of ['demo', '--data', '--model', '--threads', '--seed', 'explain <file>', 'profile <file>', '--runs'])
    expect(stdout).toContain(word);
});

test.each([
  [['train'], 'treadle: the command must be demo, explain or profile; got train; see treadle --help\n'],
  [['demo', 'again'], 'treadle: the command must be demo, explain or profile; got demo again; see treadle --help\n'],
  [['demo', '--threads', 'many'], 'treadle: --threads must be a whole number; got many\n'],
  [['demo', '--threads', '0'], 'treadle: setThreads: the number of threads must be a whole number, 1 or more; got 0'],
  [['demo', '--seed', '1.5'], 'treadle: --seed must be a whole number; got 1.5\n'],
  [['demo', '--seed', '99999999999'], 'treadle: setSeed: a seed must be a whole number from 0 to 2³² − 1'],
  [['demo', '--epochs', '3'], "treadle: Unknown option '--epochs'"],
  [['demo', '--data', 'no/such/folder'], 'no/such/folder'],
  [['explain'], 'treadle: explain needs exactly one file; got none; see treadle --help\n'],
  [['profile', 'a.js', 'b.js'], 'treadle: profile needs exactly one file; got a.js b.js; see treadle --help\n'],
  [['explain', 'no/such/file.js'], 'no/such/file.js'],
  [['explain', 'package.json'], 'package.json'],
  [['profile', files.numbers], 'must export a function named step; got number\n'],
  [['explain', files.wrong], 'must export args as an array; got number\n'],
  [['explain', files.text], 'use JavaScript, or TypeScript on Node 22.18 or newer\n'],
  [['profile', files.step, '--runs', '0'], 'treadle: profile: runs must be a whole number ≥ 1; got 0\n'],
  [['profile', files.step, '--runs', 'many'], 'treadle: --runs must be a whole number; got many\n'],
  [['demo', '--model', 'rnn'], 'treadle: --model must be one of dense, cnn; got rnn\n'],
])('treadle %o exits with code 1 and prints one line', async (args, message) => {
  const { code, stdout, stderr } = await run(process.execPath, [cli, ...args]);
  expect(code).toBe(1);
  expect(stdout.split('\n').length).toBeLessThanOrEqual(2);
  expect(stderr).toContain(message);
  expect(stderr).toMatch(/^treadle: [^\n]+\n$/);
});
