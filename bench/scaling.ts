// The speed-up of the same work from one thread to all threads.

import { setThreads, threads } from 'treadle';
import { addWork } from './lanes.ts';
import { productWork } from './matmul.ts';
import { measure, type Rounds } from './measure.ts';
import { printTable } from './table.ts';
import { stepWork } from './train-step.ts';
import { milliseconds, type Row } from './work.ts';

export function scalingBench(rounds: Rounds): Row[] {
  const all = threads();
  const works = [
    productWork({ m: 1024, k: 1024, n: 1024 }),
    productWork({ m: 256, k: 256, n: 256 }),
    addWork(10_000_000),
    stepWork({ sizes: [784, 512, 512, 10], batch: 256 }),
    stepWork({ sizes: [784, 128, 10], batch: 32 }),
  ];
  const counts = Array.from({ length: all }, (_, i) => i + 1);
  const timings = counts.map((count) => {
    setThreads(count);
    return measure(works, rounds);
  });
  setThreads(all);
  const text = works.map(({ name }, i) => {
    const cells = counts.map((count, t) => {
      const ms = timings[t]![i]!.ms;
      return [
        `${count} thread${count > 1 ? 's' : ''}`,
        `${milliseconds(ms)} (${(timings[0]![i]!.ms / ms).toFixed(2)} ×)`,
      ];
    });
    return { scaling: name, ...Object.fromEntries(cells) };
  });
  printTable('scaling: milliseconds, and the speed-up over one thread', text);
  return works.flatMap(({ name, flops, bytes }, i) =>
    counts.map((count, t): Row => ({ suite: 'scaling', name, threads: count, flops, bytes, ...timings[t]![i]! })),
  );
}
