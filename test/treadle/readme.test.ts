// The README's programs run as they are written there, and the first one learns what it should.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, run } from './programs.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const programs = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

/** where 'treadle' means this repository's */
const folder = join(root, 'out', `readme-${process.pid}`);
beforeAll(() => mkdirSync(folder, { recursive: true }));
afterAll(() => rmSync(folder, { recursive: true }));

async function runProgram(name: string, code: string): ReturnType<typeof run> {
  const path = join(folder, `${name}.ts`);
  writeFileSync(path, code);
  return run(process.execPath, [path]);
}

test('the README has a first program, which uses nothing but treadle', () => {
  expect(programs[0]).toContain("from 'treadle'");
  for (const code of programs) {
    const imported = [...code.matchAll(/from '(.*)'/g)].map(([, name]) => name);
    expect(new Set(imported)).toEqual(new Set(['treadle']));
  }
});

describe.each(programs.map((code, i) => ({ name: `program ${i + 1}`, code })))('$name', ({ name, code }) => {
  test('runs to its end and leaves nothing open', async () => {
    const { code: status, stderr } = await runProgram(name, code);
    expect(stderr).not.toMatch(/error|warning/i);
    expect(status).toBe(0);
  });
});

test('the first program reads 96.5 % of the digits it has not seen', async () => {
  const report = 'console.log(JSON.stringify({ accuracy, shape: probabilities.shape, history: history.history }));';
  const { stdout } = await runProgram('first', `${programs[0]}\n${report}\n`);
  const { accuracy, shape, history } = JSON.parse(stdout);
  expect(accuracy).toBeGreaterThanOrEqual(0.965);
  expect(shape).toEqual([360, 10]);
  expect(Object.keys(history)).toEqual(['loss', 'accuracy', 'valLoss', 'valAccuracy']);
  expect(history.valAccuracy).toHaveLength(60);
  expect(history.valAccuracy.at(-1)).toBe(accuracy);
});
