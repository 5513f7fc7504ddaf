// The figures of a model over rows, in batches.

import { batches } from '@treadle/data';
import { Average } from './average.ts';
import type { Logs } from './history.ts';
import type { Rows } from './rows.ts';
import type { Steps } from './steps.ts';

export async function evaluateRows(steps: Steps, { xs, ys, count }: Rows, batchSize: number): Promise<Logs> {
  const average = new Average(steps.totals());
  const data = [...xs, ...ys];
  for (const rows of batches(count, batchSize, { op: 'evaluate' })) {
    average.add(await steps.evaluate.run(rows, data), rows.length);
  }
  return average.logs;
}
