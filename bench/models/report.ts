// What the processes that measure a model have in common: what each of them prints, and how the model and its data are handed
// from one to the other.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PyTorch's ways of computing the same: where channels lie in memory, whether an embedding's gradient is a list of rows. */
export type TorchVariant = 'channels-last' | 'sparse gradients';

/** What is asked of a process that measures, as the JSON of its one argument. */
export interface Asked {
  readonly name: string;
  /** where to leave what PyTorch needs to begin with the same */
  readonly folder?: string;
}

/** What a process prints, as one line of JSON, after whatever libraries print. Milliseconds. */
export interface Report {
  /** the first step, from the built model to its loss */
  readonly first: number;
  /** what all threads of the process computed meanwhile */
  readonly firstCpu: number;
  readonly best: number;
  readonly median: number;
  /** the most that was resident in memory at a time, where the system says so */
  readonly megabytes: number;
  /** of the first steps, in their order */
  readonly losses: readonly number[];
}

/** How many steps follow the first. */
export const laterSteps = 10;

/** Times the first call of a step, and later ones. */
export async function timeSteps(step: () => number | Promise<number>): Promise<Report> {
  const losses: number[] = [];
  const timed = async (): Promise<number> => {
    const start = performance.now();
    losses.push(await step());
    return performance.now() - start;
  };
  const before = process.cpuUsage();
  const first = await timed();
  const firstCpu = milliseconds(process.cpuUsage(before));
  return { first, firstCpu, ...(await laterTimes(timed)), megabytes: mostResident(), losses };
}

async function laterTimes(timed: () => Promise<number>): Promise<Pick<Report, 'best' | 'median'>> {
  const times: number[] = [];
  for (let i = 0; i < laterSteps; i++) times.push(await timed());
  times.sort((a, b) => a - b);
  return { best: times[0] ?? 0, median: times[laterSteps >> 1] ?? 0 };
}

export function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

/** Megabytes. Linux tells the most of this program; elsewhere it is what is resident now. */
export function mostResident(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return (Number(kilobytes) * 1024) / 1e6;
  } catch {
    // no such file: another system
  }
  return process.memoryUsage.rss() / 1e6;
}

/** An array as it is handed over. */
export interface Plain {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Leaves a model's weights, what it learns from, and whatever else pytorch.py is to know of it, in a folder. */
export function handOver(
  folder: string,
  known: Readonly<Record<string, unknown>>,
  { x, y, weights }: { readonly x: Plain; readonly y: Plain; readonly weights: readonly Plain[] },
): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, { values }: Pick<Plain, 'values'>): void => {
    writeFileSync(join(folder, name), Float32Array.from(values));
  };
  write('x', x);
  write('y', y);
  for (const [i, weight] of weights.entries()) write(`weight-${i}`, weight);
  const shapes = { x: x.shape, y: y.shape, weights: weights.map(({ shape }) => shape) };
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ ...known, ...shapes }));
}
