// Work with a known number of operations and bytes, measured beside the limits of the machine: the micro-kernel for
// arithmetic, a copy of the same number of bytes for memory. The limit of a row is the slower of the two, and a row
// is judged by its share of that limit.

import { compile, setThreads, type Tensor, threads } from 'treadle';
import { arithmeticLimit, memoryLimit } from './limits.ts';
import { type Case, measure, type Rounds, type Timing } from './measure.ts';
import { printTable } from './table.ts';

export interface Work extends Case {
  /** additions and multiplications that every algorithm needs; 0 if only memory counts */
  readonly flops: number;
  /** bytes of all inputs and outputs, each counted once; 0 if only arithmetic counts */
  readonly bytes: number;
}

export interface Row extends Timing {
  readonly suite: string;
  readonly name: string;
  readonly threads: number;
  readonly flops: number;
  readonly bytes: number;
  /** the milliseconds that the limit allows */
  readonly limitMs?: number | undefined;
  /** the unit of `ms` if it is not milliseconds */
  readonly unit?: 'MB' | 'bytes' | undefined;
}

/** A case that calls the compiled function f. `verify` receives its result. */
export function compute(
  name: string,
  f: (...args: Tensor[]) => Tensor,
  args: readonly Tensor[],
  verify: (result: Tensor) => void,
): Case {
  const compiled = compile(f);
  return { name, verify: () => verify(compiled(...args)), run: () => compiled(...args).dispose() };
}

/** Measures on one thread beside the limits, then on all threads. Prints a table and returns the rows of both. */
export function measureWork(suite: string, works: readonly Work[], rounds: Rounds): Row[] {
  const all = threads();
  const arithmetic = arithmeticLimit();
  const copies = works.map(({ bytes }) => (bytes > 0 ? memoryLimit(bytes) : undefined));
  const copyCases = copies.flatMap((copy) => copy ?? []);
  setThreads(1);
  const [peak, ...alone] = measure([arithmetic, ...works, ...copyCases], rounds);
  setThreads(all);
  const together = all > 1 ? measure(works, rounds) : [];
  const limits = alone.slice(works.length);
  const rows = works.flatMap(({ name, flops, bytes }, i): Row[] => {
    const arithmeticMs = (flops / arithmetic.flops) * (peak?.ms ?? 0);
    const memoryMs = copies[i] ? (limits.shift()?.ms ?? 0) : 0;
    const limitMs = Math.max(arithmeticMs, memoryMs) || undefined;
    const row = { suite, name, flops, bytes };
    const many = together[i];
    const first = { ...row, threads: 1, ...alone[i]!, limitMs };
    return many ? [first, { ...row, threads: all, ...many }] : [first];
  });
  print(suite, rows, arithmetic.flops / (peak?.ms ?? 0) / 1e6);
  return rows;
}

export const milliseconds = (ms: number): string => ms.toPrecision(3);
export const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

function print(suite: string, rows: readonly Row[], peak: number): void {
  const text = rows.flatMap((row) => {
    if (row.threads > 1) return [];
    const many = rows.find((other) => other.name === row.name && other.threads > 1);
    return {
      [suite]: row.name,
      'ms, 1 thread': milliseconds(row.ms),
      spread: percent(row.spread),
      'GFLOP/s': row.flops > 0 ? (row.flops / row.ms / 1e6).toFixed(1) : '',
      'GB/s': row.bytes > 0 ? (row.bytes / row.ms / 1e6).toFixed(1) : '',
      'of the limit': row.limitMs === undefined ? '' : percent(row.limitMs / row.ms),
      ...(many && {
        [`ms, ${many.threads} threads`]: milliseconds(many.ms),
        'speed-up': `${(row.ms / many.ms).toFixed(2)} ×`,
      }),
    };
  });
  printTable(
    `${suite}: limits of one thread: ${peak.toFixed(1)} GFLOP/s (micro-kernel in L1), and a copy of the same number of bytes`,
    text,
  );
}
