// A model's answers, batch by batch into one array.

import { batches } from '@treadle/data';
import { type Tensor, tensor } from '@treadle/tensor';
import { Pace } from './pace.ts';
import type { Predictor } from './steps.ts';

export async function predictRows(predict: Predictor, x: Tensor, batchSize: number): Promise<Tensor> {
  const count = x.shape[0] ?? 0;
  const pace = new Pace();
  let answers: Float32Array | undefined;
  let shape: readonly number[] = [];
  let done = 0;
  for (const rows of batches(count, batchSize, { op: 'predict' })) {
    const batch = await pace.step(predict, rows.length, x, tensor(rows));
    if (rows.length === count) return batch;
    shape = batch.shape.slice(1);
    const rowLength = batch.size / rows.length;
    answers ??= new Float32Array(count * rowLength);
    answers.set(batch.data(), done * rowLength);
    batch.dispose();
    done += rows.length;
  }
  return tensor(answers ?? new Float32Array(0), { shape: [count, ...shape] });
}
