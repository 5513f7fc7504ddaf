// A program that computes with workers and just ends: its process ends by itself, with code 0, under every Node there is.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { counting } from './programs.ts';

const { bytes, program, tiles } = counting([[3], [2]]);
const long = counting([Array(40).fill(25)]);
const pool = new URL('../../packages/pool/dist/index.js', import.meta.url).href;

/** What a child does before its own part. */
const prelude = `
  import { memory, Team, team, webAssembly } from ${JSON.stringify(pool)};
  const programOf = (text, steps) => ({
    module: new webAssembly.Module(Buffer.from(text, 'base64')),
    steps, names: Array(steps).fill('work'), scratchBytes: 100,
  });
  const program = programOf('${Buffer.from(bytes).toString('base64')}', ${program.steps});
  const long = programOf('${Buffer.from(long.bytes).toString('base64')}', ${long.program.steps});
  const table = memory.allocate(${4 * long.words}).byteOffset;
  memory.i32.fill(0, table / 4, table / 4 + ${long.words});
  const count = () => memory.i32[table / 4 + 1];
  team.setThreads(3);
`;

/** This Node, and every other one on the path that the engine supports. */
const nodes = new Map([[process.version, process.execPath]]);
for (const folder of (process.env.PATH ?? '').split(delimiter)) {
  const path = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(path)) continue;
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).trim();
  if (Number.parseInt(version.slice(1), 10) >= 20 && !nodes.has(version)) nodes.set(version, path);
}

interface Ending {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function runChild(node: string, script: string): Promise<Ending> {
  const args = ['--input-type=module', '--eval', prelude + script];
  return new Promise((resolve) => {
    execFile(node, args, { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.signal ?? error.code) : 0, stdout: stdout.trim(), stderr: stderr.trim() });
    });
  });
}

describe.each([...nodes])('under Node %s, a program that', (_, node) => {
  test.each([
    ['runs blocking', 'for (let i = 0; i < 5000; i++) team.run(program, table); console.log(count());', '5000'],
    ['runs once and ends at once', 'team.run(program, table); console.log(count());', '1'],
    [
      'runs asynchronously',
      'for (let i = 0; i < 100; i++) await team.runAsync(program, table); console.log(count());',
      '100',
    ],
    [
      'runs both ways and then waits a little',
      'team.run(program, table); await team.runAsync(program, table); setTimeout(() => console.log(count()), 100);',
      '2',
    ],
    [
      'still awaits an asynchronous run',
      'let last; for (let i = 0; i < 300; i++) last = team.runAsync(long, table); last.then(() => console.log(count()));',
      '300',
    ],
    [
      'shuts down and starts again',
      'team.run(program, table); await team.shutdown(); await team.runAsync(program, table); console.log(count());',
      '2',
    ],
    ['shuts down at the end', 'await team.runAsync(program, table); await team.shutdown(); console.log(count());', '1'],
    [
      'changes the number of threads',
      'team.run(program, table); team.setThreads(2); await team.runAsync(program, table); team.setThreads(4); team.run(program, table); console.log(count());',
      '3',
    ],
    [
      'loses a worker',
      'team.run(program, table); await team.workers[0].terminate(); team.run(program, table); console.log(count());',
      '2',
    ],
  ])('%s ends with code 0', async (_, script, stdout) => {
    expect(await runChild(node, script)).toEqual({ code: 0, stdout, stderr: '' });
  });
});

test('the counting program counts', () => {
  expect(tiles).toBe(5);
});
