// The comparison with other libraries. Every peer runs in a process of its own. Its result is verified against
// float64, then all peers are timed in interleaved rounds.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { threads } from 'treadle';
import { install } from '../install.ts';
import { type Timing, timing } from '../measure.ts';
import { printTable } from '../table.ts';
import type { Row } from '../work.ts';
import { catalogue } from './catalogue.ts';
import type { Request } from './peer.ts';
import { PeerProcess } from './process.ts';
import { check, expected } from './reference.ts';
import { type Inputs, inputsOf, nameOf, type Row as PeerTask, rows } from './row.ts';

export interface PeersOptions {
  readonly native: boolean;
  readonly rounds: number;
  readonly roundMs: number;
  /** measure only rows whose names contain this */
  readonly only?: string | undefined;
}

/** The timing of a peer in a row, or the reason why it has none. */
type Cell = Timing | string;

interface PeerRow {
  readonly name: string;
  /** by peer and number of threads, for example `jax-js 1` */
  readonly cells: Readonly<Record<string, Cell>>;
}

export async function peersBench({ native, rounds, roundMs, only = '' }: PeersOptions): Promise<Row[]> {
  install('peers');
  const all = threads();
  const folder = mkdtempSync(join(tmpdir(), 'treadle-peers-'));
  const peers = catalogue(all, { native }).map((spec) => new PeerProcess(spec));
  try {
    const results: PeerRow[] = [];
    for (const row of rows.filter((r) => nameOf(r).includes(only))) {
      const cells = await compare(row, peers, { folder, rounds, roundMs });
      results.push({ name: nameOf(row), cells });
      console.log(`${nameOf(row)} …`);
    }
    for (const count of new Set([1, all])) print(results, count);
    const isWrong = ([key, cell]: [string, Cell]): boolean => key.startsWith('treadle') && typeof cell === 'string';
    if (results.some(({ cells }) => Object.entries(cells).some(isWrong))) process.exitCode = 1;
    return results.flatMap(rowsOf);
  } finally {
    for (const peer of peers) peer.end();
    rmSync(folder, { recursive: true });
  }
}

/** The timings as rows like those of the other suites. */
function rowsOf({ name, cells }: PeerRow): Row[] {
  return Object.entries(cells).flatMap(([key, cell]): Row[] => {
    const [peer, threads] = key.split(' ');
    const row = { suite: 'peers', name: `${name}: ${peer}`, threads: Number(threads), flops: 0, bytes: 0 };
    return typeof cell === 'string' ? [] : [{ ...row, ...cell }];
  });
}

const keyOf = ({ spec }: PeerProcess): string => `${spec.name} ${spec.threads}`;

interface Settings {
  readonly folder: string;
  readonly rounds: number;
  readonly roundMs: number;
}

async function compare(
  row: PeerTask,
  peers: readonly PeerProcess[],
  settings: Settings,
): Promise<Record<string, Cell>> {
  const { folder, rounds, roundMs } = settings;
  const inputs = inputsOf(row);
  const want = expected(row, inputs);
  const files = writeInputs(folder, inputs);
  const cells: Record<string, Cell> = {};
  const times = new Map<PeerProcess, number[]>();
  for (const peer of peers) {
    const output = join(folder, 'output');
    const request: Request = { ask: 'prepare', row, inputs: files, output };
    const answer = await peer.ask(request);
    const wrong = 'cannot' in answer ? answer.cannot : wrongIn(() => check(want, readFloats(output)));
    if (wrong === undefined) times.set(peer, []);
    else cells[keyOf(peer)] = wrong;
  }
  for (let round = 0; round < rounds; round++) {
    for (const [peer, list] of times) {
      const answer = await peer.ask({ ask: 'time', milliseconds: roundMs });
      if ('ms' in answer) list.push(answer.ms);
      else if ('cannot' in answer) cells[keyOf(peer)] = answer.cannot;
      await setTimeout(50); // threads of the last peer may still spin while they wait for work
    }
  }
  for (const [peer, list] of times) cells[keyOf(peer)] ??= timing(list);
  return cells;
}

function wrongIn(verify: () => void): string | undefined {
  try {
    verify();
    return undefined;
  } catch (error) {
    return `wrong: ${error instanceof Error ? error.message : error}`;
  }
}

function writeInputs(folder: string, inputs: Inputs): Extract<Request, { ask: 'prepare' }>['inputs'] {
  const write = ([name, { shape, values }]: [string, Inputs[string]]) => {
    const path = join(folder, name);
    writeFileSync(path, values);
    return [name, { shape, path }] as const;
  };
  return Object.fromEntries(Object.entries(inputs).map(write));
}

function readFloats(path: string): Float32Array {
  return new Float32Array(new Uint8Array(readFileSync(path)).buffer);
}

/**
 * Prints milliseconds, the ratio to Treadle's time, and the spread. Missing cells get a number; the reasons are printed
 * below.
 */
function print(results: readonly PeerRow[], threads: number): void {
  const names = new Set(results.flatMap(({ cells }) => Object.keys(cells)));
  const own = `treadle ${threads}`;
  const columns = [...names].filter((name) => name.endsWith(` ${threads}`));
  const reasons: string[] = [];
  const textOf = (cell: Cell | undefined, own: Cell | undefined): string => {
    if (cell === undefined) return '';
    if (typeof cell === 'string') {
      const known = reasons.indexOf(cell);
      return `[${known < 0 ? reasons.push(cell) : known + 1}]`;
    }
    const ratio = typeof own === 'object' && own !== cell ? ` ${(cell.ms / own.ms).toFixed(2)}×` : '';
    return `${cell.ms.toPrecision(3)}${ratio} ±${(50 * cell.spread).toFixed(0)}%`;
  };
  printTable(
    `${threads === 1 ? 'one thread' : `${threads} threads`}: milliseconds, ratio to Treadle, spread`,
    results.map(({ name, cells }) => ({
      row: name,
      ...Object.fromEntries(columns.map((column) => [column.replace(/ \d+$/, ''), textOf(cells[column], cells[own])])),
    })),
  );
  reasons.forEach((reason, i) => {
    console.log(`[${i + 1}] ${reason}`);
  });
}
