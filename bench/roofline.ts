// The roofline model (S. Williams, A. Waterman, D. Patterson, 2009): the performance of computations beside the
// performance that the machine allows. That is min(peak, intensity · bandwidth), where the intensity is the number of
// operations per byte that must be moved.

import { setThreads, threads } from 'treadle';
import { addWork } from './lanes.ts';
import { arithmeticLimit, memoryLimit } from './limits.ts';
import { productWork } from './matmul.ts';
import { measure, type Rounds } from './measure.ts';
import { printTable } from './table.ts';
import { stepWork } from './train-step.ts';
import { percent, type Work } from './work.ts';

export interface Roof {
  /** 10⁹ operations per second */
  readonly peak: number;
  /** 10⁹ bytes per second */
  readonly bandwidth: number;
}

export interface Point {
  readonly name: string;
  /** operations per byte */
  readonly intensity: number;
  readonly gflops: number;
}

const copied = 120_000_000; // bytes, more than any cache holds

/** Measures on one thread and prints a table. Draws the plot if `svg` names a file. */
export async function rooflineBench(rounds: Rounds, svg: string | undefined): Promise<void> {
  const all = threads();
  setThreads(1);
  const works: Work[] = [
    { ...addWork(10_000_000), flops: 10_000_000 },
    productWork({ m: 1, k: 1024, n: 1024 }),
    productWork({ m: 32, k: 784, n: 10 }),
    productWork({ m: 64, k: 64, n: 64 }),
    productWork({ m: 128, k: 784, n: 128 }),
    productWork({ m: 256, k: 256, n: 256 }),
    productWork({ m: 1024, k: 1024, n: 1024 }),
    stepWork({ sizes: [784, 128, 10], batch: 32 }),
    stepWork({ sizes: [784, 512, 512, 10], batch: 256 }),
  ];
  const arithmetic = arithmeticLimit();
  const [peakTime, copyTime, ...times] = measure([arithmetic, memoryLimit(copied), ...works], rounds);
  setThreads(all);
  const roof = { peak: arithmetic.flops / peakTime!.ms / 1e6, bandwidth: copied / copyTime!.ms / 1e6 };
  const points = works.map(({ name, flops, bytes }, i): Point => {
    return { name, intensity: flops / bytes, gflops: flops / times[i]!.ms / 1e6 };
  });
  print(points, roof);
  if (svg !== undefined) {
    const { drawRoofline } = await import('./plot/draw-roofline.ts');
    await drawRoofline(svg, points, roof);
    console.log(`plot written to ${svg}`);
  }
}

function print(points: readonly Point[], { peak, bandwidth }: Roof): void {
  printTable(
    `roofline, one thread: ${peak.toFixed(1)} GFLOP/s (micro-kernel in L1), ${bandwidth.toFixed(1)} GB/s (copy in main memory)`,
    points.map(({ name, intensity, gflops }) => {
      const allowed = Math.min(peak, intensity * bandwidth);
      return {
        computation: name,
        'operations/byte': intensity.toFixed(2),
        'GFLOP/s': gflops.toFixed(1),
        'main memory allows': allowed.toFixed(1),
        'of that': percent(gflops / allowed), // above 100 % where caches hold the operands
        'of the peak': percent(gflops / peak),
      };
    }),
  );
}
