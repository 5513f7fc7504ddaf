// npm run test:portable: the bundle of tests on every host that can be had here, each file in a process of its own, as vitest does it.
// Words choose hosts by their names; --files=<words> chooses test files by their paths. Ends with 1 where a law fails.

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root } from '../workspace/sources.ts';
import { buildLaws } from './build.ts';
import { hostsNamed, type ScriptHost } from './hosts.ts';
import type { Outcome } from './laws.ts';
import { selectTests } from './select.ts';

/** Files that run at the same time. */
const workers = 2;
/** For a file, in milliseconds: only ends what hangs. */
const timeout = 1_800_000;

interface Total {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** a line for each test that failed, and each file that did not come to an end */
  readonly failures: readonly string[];
}

const { values, positionals } = parseArgs({ options: { files: { type: 'string' } }, allowPositionals: true });
const words = values.files?.split(',') ?? [''];
const bundle = join(root, 'out/portable/node');
await rm(bundle, { recursive: true, force: true });
const isLong = process.env.TREADLE_TEST_LONG !== undefined;
const all = await buildLaws({ folder: bundle, platform: 'node', isLong });
const files = all.filter((file) => words.some((word) => file.includes(word)));
console.log(`${files.length} test files; ${selectTests().leftOut.size} others need Node's own modules\n`);

let failed = 0;
for (const host of hostsNamed(positionals)) {
  const start = performance.now();
  const total = await runOn(host);
  if (total === undefined) continue;
  failed += total.failures.length;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const counts = `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`;
  console.log(`${host.name.padEnd(32)} ${counts}, ${seconds} s`);
  for (const failure of total.failures) console.log(`  ${failure.replaceAll('\n', '\n    ')}`);
}
process.exitCode = failed > 0 ? 1 : 0;

async function runOn({ command }: ScriptHost): Promise<Total | undefined> {
  if (command === undefined) return undefined;
  const left = [...files];
  const outcomes: (Outcome | string)[] = [];
  const work = async (): Promise<void> => {
    for (let file = left.shift(); file !== undefined; file = left.shift())
      outcomes.push(await outcomeOf(command, file));
  };
  await Promise.all(Array.from({ length: workers }, work));
  const ended = outcomes.filter((outcome) => typeof outcome !== 'string');
  const sum = (field: 'passed' | 'failed' | 'skipped'): number => ended.reduce((total, each) => total + each[field], 0);
  const failures = outcomes.flatMap((outcome) =>
    typeof outcome === 'string'
      ? [outcome]
      : outcome.failures.map(({ name, errors }) => `${name}\n${errors.join('\n')}`),
  );
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), failures };
}

/** The outcome of a test file; a text where its process did not come to its end. */
function outcomeOf([program = '', ...args]: readonly string[], file: string): Promise<Outcome | string> {
  return new Promise((resolve) => {
    const options = { timeout, maxBuffer: 2 ** 28 };
    execFile(program, [...args, join(bundle, 'main.js'), file], options, (error, stdout, stderr) => {
      const line = stdout.split('\n').findLast((text) => text.startsWith('{"file"'));
      if (error || line === undefined)
        resolve(`${file}: ${error?.message ?? 'ended too early'}\n${stderr.slice(-2000)}`);
      else resolve(JSON.parse(line));
    });
  });
}
