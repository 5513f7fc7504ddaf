// The figures of a model over rows, in batches.

import { batches } from '@treadle/data';
import { closeRows } from '@treadle/tensor';
import { dataOf, type Rows } from '../data/rows.ts';
import { Average } from './average.ts';
import type { Logs } from './history.ts';
import type { Steps } from './steps.ts';

/** The loss and the metrics over all rows. */
export async function evaluateRows(steps: Steps, rows: Rows, batchSize: number): Promise<Logs> {
  const average = new Average(steps.totals());
  const data = dataOf(rows);
  try {
    for (const batch of batches(rows.count, batchSize, { op: 'evaluate' })) {
      average.add(await steps.evaluate.run(batch, data), batch.length);
    }
  } finally {
    closeRows(data);
  }
  return { ...average.logs };
}
