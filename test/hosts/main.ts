// The command line of the hosts: runs all rows, those that are named, or the quick ones, each in a fresh folder with the packed
// package, and writes what happened to out/hosts.json.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { root } from './cache.ts';
import { Place } from './place.ts';
import { type Probe, probesIn, type Reference } from './probes.ts';
import { moduleProgram } from './program.ts';
import type { Row } from './row.ts';
import { rows } from './rows/index.ts';
import { type Outcome, tableOf, withTable } from './table.ts';

const usage = `npm run test:hosts -- [rows] [options]

Rows: ${rows.map(({ name }) => name).join(', ')}. Default: all

Options
  --quick               Run only the rows that run with every change.
  --write               Write the table in README.md. All rows must run.
  --tarball <file>      The packed package. Default: what npm run pack has written to out/
  --keep                Leave the fresh folders of rows that fail.
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      write: { type: 'boolean' },
      keep: { type: 'boolean' },
      help: { type: 'boolean' },
      tarball: { type: 'string' },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) throw new Error(`there is no row ${unknown.join(', ')}\n${usage}`);
  const chosen = rows.filter((row) =>
    positionals.length > 0 ? positionals.includes(row.name) : !values.quick || row.isQuick,
  );
  if (values.write && chosen.length < rows.length) throw new Error('--write: all rows must run');

  const tarball = resolve(values.tarball ?? packed());
  const reference = await makeReference(tarball);
  const outcomes: Outcome[] = [];
  for (const row of chosen) {
    const outcome = await outcomeOf(row, tarball, reference, values.keep === true);
    outcomes.push(outcome);
    report(row, outcome);
  }
  summarize(outcomes);
  mkdirSync(join(root, 'out'), { recursive: true });
  writeFileSync(
    join(root, 'out', 'hosts.json'),
    `${JSON.stringify({ cores: availableParallelism(), outcomes }, null, 2)}\n`,
  );
  if (values.write) {
    const readme = join(root, 'README.md');
    writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), tableOf(rows, outcomes)));
  }
}

/** The packed package of this version. */
function packed(): string {
  const { version } = JSON.parse(readFileSync(join(root, 'packages', 'treadle', 'package.json'), 'utf8'));
  const file = join(root, 'out', `treadle-${version}.tgz`);
  if (!existsSync(file)) throw new Error(`${file} must exist; npm run pack writes it`);
  return file;
}

/** What plain Node computes on this machine, with every core. */
async function makeReference(tarball: string): Promise<Reference> {
  const nothing = { digest: () => '', threads: 0 };
  const place = await Place.create({ name: 'reference', tarball, reference: nothing });
  try {
    place.write('program.mjs', moduleProgram);
    const probes: Probe[] = [];
    for (const settings of ['', 'off']) {
      const { stdout } = await place.execute(place.node, ['program.mjs'], { env: { TREADLE_FMA: settings } });
      probes.push(...probesIn(stdout));
    }
    const threads = probes[0]?.threads ?? 0;
    if (threads < availableParallelism()) throw new Error(`every core must have a thread; got ${threads} threads`);
    return { threads, digest: (fma) => probes.find((probe) => probe.fma === fma)?.digest ?? 'nothing' };
  } finally {
    place.remove();
  }
}

async function outcomeOf(row: Row, tarball: string, reference: Reference, isKept: boolean): Promise<Outcome> {
  const { name, tools, node, isInstalled } = row;
  const obstacle = row.obstacle?.();
  if (obstacle !== undefined) return { name, status: 'skipped', reason: obstacle, seconds: 0, cases: [] };
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  let place: Place | undefined;
  let failed = false;
  try {
    place = await Place.create({ name, tarball, tools, node, isInstalled, reference });
    await row.run(place);
    return { name, status: 'passed', seconds: seconds(), cases: place.cases };
  } catch (error) {
    failed = true;
    const message = error instanceof Error ? error.message : String(error);
    const reason = message.replaceAll(place?.folder ?? '\0', '<folder>');
    return { name, status: 'failed', reason, seconds: seconds(), cases: place?.cases ?? [] };
  } finally {
    if (!(failed && isKept)) place?.remove();
    else console.log(`kept: ${place?.folder}`);
  }
}

function report({ host }: Row, { name, status, reason, seconds, cases }: Outcome): void {
  const mark = { passed: 'ok     ', failed: 'FAILED ', skipped: 'SKIPPED' }[status];
  console.log(`${mark} ${name.padEnd(18)} ${seconds.toFixed(1).padStart(6)} s  ${host}`);
  for (const { name: what, seconds: own, probes } of cases) {
    const [threads, most] = [
      probes.map(({ worked }) => worked),
      Math.max(0, ...probes.map(({ megabytes }) => megabytes)),
    ];
    console.log(
      `          ${what}: ${own.toFixed(1)} s, ${most} MB, threads that computed: ${threads.join(' ') || 'none'}`,
    );
  }
  if (reason) console.log(`  ${reason.replaceAll('\n', '\n  ')}`);
}

function summarize(outcomes: readonly Outcome[]): void {
  const count = (status: Outcome['status']): number => outcomes.filter((outcome) => outcome.status === status).length;
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  console.log(
    `hosts: ${count('passed')} ok, ${count('failed')} failed, ${count('skipped')} skipped, ${seconds.toFixed(0)} s`,
  );
  if (count('failed') > 0) process.exitCode = 1;
}

await main();
