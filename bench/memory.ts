// Memory after many steps whose results are dropped without dispose: it must be what it was before.

import { memory, randomNormal } from 'treadle';
import { printTable } from './table.ts';
import { stepWork } from './train-step.ts';
import type { Row } from './work.ts';

const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export function memoryBench(): Row[] {
  const step = stepWork({ sizes: [784, 512, 512, 10], batch: 256 });
  const x = randomNormal([1024, 1024], { seed: 1 }).realize();
  const works: Readonly<Record<string, () => void>> = {
    'training steps 784-512-512-10, batch 256': step.run,
    'uncompiled x·2 + 1, 4 MB each, dropped': () => {
      x.mul(2).add(1).realize();
    },
  };
  step.verify();
  const text = Object.entries(works).map(([name, run]) => {
    for (let i = 0; i < 100; i++) run();
    const [before, resident] = [memory(), process.memoryUsage.rss()];
    for (let i = 0; i < 500; i++) run();
    const after = memory();
    return {
      '500 times': name,
      'in use': mega(after.bytesInUse),
      reserved: mega(after.bytesReserved),
      'reserved before': mega(before.bytesReserved),
      'resident grew by': mega(process.memoryUsage.rss() - resident),
      plans: `${before.plans} → ${after.plans}`,
    };
  });
  printTable('memory: before and after 500 calls whose results are dropped', text);
  return [];
}
