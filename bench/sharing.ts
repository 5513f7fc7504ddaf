// Several processes that share the machine, each with a thread for every core, as services on one server do: what they lose when
// they work at the same time against one after the other. The time of all cores together is what they waste by waiting for each
// other; it says the same on a machine that is busy with other work. The time on the clock is only right on a quiet machine.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Rounds, timing } from './measure.ts';
import { type Share, workNames } from './sharing-process.ts';
import { printTable } from './table.ts';
import { milliseconds, type Row } from './work.ts';

const processes = 4;

export async function sharingBench(rounds: Rounds): Promise<Row[]> {
  const rows: SharingRow[] = [];
  for (const name of workNames) rows.push(...(await measureSharing(name, rounds)));
  const text = workNames.map((name) => {
    const [alone, together] = rows.filter((row) => row.name.startsWith(name));
    return {
      [`${processes} processes`]: name,
      'one after the other': `${milliseconds(alone?.ms ?? 0)} ms of all cores`,
      together: `${milliseconds(together?.ms ?? 0)} ms of all cores`,
      'of all cores': ratio(together, alone),
      'on the clock': (together?.wallRatio ?? 0).toFixed(2),
    };
  });
  printTable('sharing: the same work by processes at the same time against one after the other', text);
  return rows;
}

interface SharingRow extends Row {
  /** time on the clock of all processes together / one after the other */
  readonly wallRatio?: number;
}

const ratio = (together: Row | undefined, alone: Row | undefined): string =>
  ((together?.ms ?? 0) / (alone?.ms ?? 1)).toFixed(2);

/** Two rows: the time of all cores for the work of one process, one after the other and at the same time. */
async function measureSharing(name: string, { rounds, roundMs }: Rounds): Promise<SharingRow[]> {
  const children = await Promise.all(Array.from({ length: processes }, () => started(name)));
  const [first] = children;
  const trial = await ask(first, 10);
  const times = Math.max(10, Math.round((roundMs * 10) / trial.wallMs));
  const [alone, together, wallRatios]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const apart: Share[] = [];
    for (const child of children) apart.push(await ask(child, times));
    const start = performance.now();
    const shared = await Promise.all(children.map((child) => ask(child, times)));
    const wall = performance.now() - start;
    alone.push(sum(apart.map(({ cpuMs }) => cpuMs)) / processes / times);
    together.push(sum(shared.map(({ cpuMs }) => cpuMs)) / processes / times);
    wallRatios.push(wall / sum(apart.map(({ wallMs }) => wallMs)));
  }
  for (const child of children) child.disconnect();
  const row = { suite: 'sharing', threads: 0, flops: 0, bytes: 0 };
  return [
    { ...row, name: `${name}, one after the other`, ...timing(alone) },
    { ...row, name: `${name}, at the same time`, ...timing(together), wallRatio: timing(wallRatios).ms },
  ];
}

async function started(name: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./sharing-process.ts', import.meta.url)), [name]);
  await once(child, 'message');
  return child;
}

async function ask(child: ChildProcess | undefined, times: number): Promise<Share> {
  if (!child) throw new Error('internal: there is no process');
  child.send(times);
  const [share] = await once(child, 'message');
  return share;
}

function sum(list: readonly number[]): number {
  return list.reduce((total, each) => total + each, 0);
}
