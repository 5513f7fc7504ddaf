// npm run test:portable: the bundle of tests on every host that can be had here, each file in a process of its own, as vitest does it.
// Words choose hosts by their names; --files=<words> chooses test files by their paths. Ends with 1 where a law fails.

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root } from '../workspace/sources.ts';
import { buildLaws } from './build.ts';
import { hostsNamed } from './hosts.ts';
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
const digests = new Map<string, string>();
for (const host of hostsNamed(positionals)) {
  if (host.command === undefined) continue;
  const start = performance.now();
  const total = await runOn(host.command);
  const failures = [...total.failures, ...(await otherBits(host.command))];
  failed += failures.length;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  const counts = `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`;
  console.log(`${host.name.padEnd(32)} ${counts}, ${seconds} s`);
  for (const failure of failures) console.log(`  ${failure.replaceAll('\n', '\n    ')}`);
}
for (const [settings, digest] of digests) console.log(`digest of trained weights, ${settings}: ${digest}`);
process.exitCode = failed > 0 ? 1 : 0;

/** Trains a model on a host, at its own level of instructions and at the plainest. Tells where weights are not those of other hosts. */
async function otherBits(command: readonly string[]): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const settings of [{}, { TREADLE_SIMD: '128', TREADLE_FMA: 'off' }]) {
    const text = await outputOf(command, ['digest.js'], settings);
    if (text instanceof Error) return [`digest: ${text.message}`];
    const { digest, fma }: { digest: string; fma: boolean } = JSON.parse(text);
    const rounding = fma ? 'multiply-adds rounded once' : 'multiply-adds rounded twice';
    const known = digests.get(rounding) ?? digest;
    digests.set(rounding, known);
    if (known !== digest) differences.push(`digest with ${rounding}: ${digest}; on other hosts ${known}`);
  }
  return differences;
}

async function runOn(command: readonly string[]): Promise<Total> {
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
async function outcomeOf(command: readonly string[], file: string): Promise<Outcome | string> {
  const text = await outputOf(command, ['main.js', file]);
  if (text instanceof Error) return `${file}: ${text.message}`;
  const line = text.split('\n').findLast((each) => each.startsWith('{"file"'));
  return line === undefined ? `${file}: its process ended too early` : JSON.parse(line);
}

/** What a module of the bundle prints; an Error where its process did not end well. */
function outputOf(
  [program = '', ...flags]: readonly string[],
  [module = '', ...args]: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<string | Error> {
  return new Promise((resolve) => {
    const options = { timeout, maxBuffer: 2 ** 28, env: { ...process.env, ...settings } };
    execFile(program, [...flags, join(bundle, module), ...args], options, (error, stdout, stderr) => {
      resolve(error ? new Error(`${error.message}\n${stderr.slice(-2000)}`) : stdout);
    });
  });
}
