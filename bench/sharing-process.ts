// One of the processes that share the machine in the bench `sharing`: it prepares the work that its first argument names, says
// that it is ready, and then does the work as often as it is asked to.

import process from 'node:process';
import { productWork } from './matmul.ts';
import type { Case } from './measure.ts';
import { stepWork } from './train-step.ts';

/** What a process may be asked to do. */
const works: Readonly<Record<string, () => Case>> = {
  'step 784-128-10, batch 32': () => stepWork({ sizes: [784, 128, 10], batch: 32 }),
  'step 784-512-512-10, batch 256': () => stepWork({ sizes: [784, 512, 512, 10], batch: 256 }),
  'product 512×512×512': () => productWork({ m: 512, k: 512, n: 512 }),
};

/** The names of the works. */
export const workNames: readonly string[] = Object.keys(works);

/** What a process reports when it has done what it was asked to. */
export interface Share {
  /** milliseconds on the clock, and of all cores together */
  readonly wallMs: number;
  readonly cpuMs: number;
}

const run = process.send && works[process.argv[2] ?? '']?.();
if (run) {
  run.verify();
  process.on('message', (times: number) => {
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    for (let i = 0; i < times; i++) run.run();
    const { user, system } = process.cpuUsage(cpu);
    process.send?.({ wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 } satisfies Share);
  });
  process.send?.('ready');
}
