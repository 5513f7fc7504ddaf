// The interface between the bench and the processes that measure a model: what a process prints, and how a model and
// its data are handed to PyTorch.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Variants of a PyTorch model: the memory format of images, or a sparse gradient of an embedding. */
export type TorchVariant = 'channels-last' | 'sparse gradients';

/** The argument of a process that measures, as JSON. */
export interface Asked {
  readonly name: string;
  /** where to write the weights and the data for PyTorch */
  readonly folder?: string;
}

/** What a process prints, as its last line, in JSON. Times are in milliseconds. */
export interface Report {
  /** the first step: from the built model to the loss */
  readonly first: number;
  /** CPU time of all threads during the first step */
  readonly firstCpu: number;
  /** of the later steps */
  readonly best: number;
  readonly median: number;
  /** peak resident memory; current resident memory on systems that do not report the peak */
  readonly megabytes: number;
  /** the loss of each step, in order */
  readonly losses: readonly number[];
}

/** The number of steps after the first. */
export const laterSteps = 10;

/** Times the first call of `step`, and `laterSteps` more. */
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

/** Peak resident memory in megabytes on Linux; on other systems the current one. */
export function mostResident(): number {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return (Number(kilobytes) * 1024) / 1e6;
  } catch {
    // no such file: another system
  }
  return process.memoryUsage.rss() / 1e6;
}

/** An array that is handed over. */
export interface Plain {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Writes the weights and the data of a model, and its description for pytorch.py, to a folder. */
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
