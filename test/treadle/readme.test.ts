// The programs in the README run unchanged, and the first one reaches the accuracy that it should.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, run } from './programs.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

/** a folder of this repository, so that 'treadle' is resolved to its package */
const folder = join(root, 'out', `readme-${process.pid}`);
beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

async function runProgram(name: string, code: string): ReturnType<typeof run> {
  const path = join(folder, `${name}.ts`);
  writeFileSync(path, code);
  return run(process.execPath, [path], folder); // programs write their files there
}

test('the programs in the README import only treadle', () => {
  expect(programs[0]).toContain("from 'treadle'");
  for (const code of programs) {
    const imported = [...code.matchAll(/from '(.*)'/g)].map(([, name]) => name);
    expect(new Set(imported)).toEqual(new Set(['treadle']));
  }
});

describe.each(programs.map((code, i) => ({ name: `program ${i + 1}`, code })))('$name', ({ name, code }) => {
  test('runs and ends by itself', async () => {
    const { code: status, stderr } = await runProgram(name, code);
    expect(stderr).not.toMatch(/error|warning/i);
    expect(status).toBe(0);
  });
});

test('the first program reads at least 96.5 % of the unseen digits correctly', async () => {
  const report = 'console.log(JSON.stringify({ accuracy, shape: probabilities.shape, history: history.history }));';
  const { stdout } = await runProgram('first', `${programs[0]}\n${report}\n`);
  const { accuracy, shape, history } = JSON.parse(stdout);
  expect(accuracy).toBeGreaterThanOrEqual(0.965);
  expect(shape).toEqual([360, 10]);
  expect(Object.keys(history)).toEqual(['loss', 'accuracy', 'valLoss', 'valAccuracy']);
  expect(history.valAccuracy).toHaveLength(60);
  expect(history.valAccuracy.at(-1)).toBe(accuracy);
});
