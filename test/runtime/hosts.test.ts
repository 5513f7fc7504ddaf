// Hosts that refuse something: without worker threads, one thread does all the work and says so once; without WebAssembly or
// without address space, the first use says what is missing.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const tensor = new URL('../../packages/tensor/dist/index.js', import.meta.url).href;

const program = `
  const { randomNormal, setThreads } = await import(${JSON.stringify(tensor)});
  if (process.argv.includes('lost')) (await import('node:fs')).rmdirSync(process.cwd());
  setThreads(3);
  const a = randomNormal([600, 600], { seed: 1 });
  const sums = [];
  for (let i = 0; i < 3; i++) sums.push((await a.matmul(a).sum().read())[0], a.matmul(a).sum().item());
  console.log(new Set(sums).size, sums.length);
`;

interface Ending {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(flags: readonly string[], options: { cwd?: string; args?: readonly string[] } = {}): Promise<Ending> {
  const { cwd, args = [] } = options;
  const all = [...flags, '--input-type=module', '--eval', program, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { cwd, timeout: 50_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.signal ?? error.code) : 0, stdout: stdout.trim(), stderr });
    });
  });
}

const warning = /worker threads cannot be started \(.*\); one thread does all the work/g;

test('where workers are not permitted, one thread does all the work, with one warning', async () => {
  const { code, stdout, stderr } = await run(['--permission', '--allow-fs-read=*']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '1 6' });
  expect(stderr.match(warning)).toHaveLength(1);
});

test('where workers end as they start, because the working folder is gone, likewise', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'treadle-'));
  try {
    const { code, stdout, stderr } = await run([], { cwd, args: ['lost'] });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 6' });
    expect(stderr.match(warning)).toHaveLength(1);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});

test('where there is no WebAssembly, the first use says so', async () => {
  const { code, stderr } = await run(['--jitless']);
  expect(code).toBe(1);
  expect(stderr).toContain('Error: treadle: WebAssembly must be available; this process has none (node --jitless');
});
