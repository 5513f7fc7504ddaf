// A model's answers, batch by batch into one array for each output. A row's answer does not depend on the rest of its batch, so
// batches are filled up with rows whose answers are left out: few different sizes come up, and every size has a plan of its own.

import { type Dtype, type Tensor, type TensorData, tensor } from '@treadle/tensor';
import type { Predictor } from './steps.ts';

export async function predictRows(
  predict: Predictor,
  xs: readonly Tensor[],
  batchSize: number,
): Promise<readonly Tensor[]> {
  const count = xs[0]?.shape[0] ?? 0;
  const size = Math.min(batchSize, powerOfTwoFrom(count));
  const sources = count < size ? xs.map((x) => lengthened(x, size)) : xs;
  const answers: TensorData[] = [];
  for (let done = 0; ; done += size) {
    const rows = Int32Array.from({ length: size }, (_, i) => Math.min(done + i, count - 1));
    const batch = await predict.run(rows, sources);
    if (size === count) return batch;
    const whole = batch.map((part, i) => {
      const rowLength = part.size / size;
      answers[i] ??= arrayOf(part.dtype, count * rowLength);
      answers[i].set(part.data().subarray(0, (count - done) * rowLength), done * rowLength);
      part.dispose();
      return { values: answers[i], shape: [count, ...part.shape.slice(1)], dtype: part.dtype };
    });
    if (done + size >= count) return whole.map(({ values, shape, dtype }) => tensor(values, { shape, dtype }));
  }
}

/** The least power of two that is not below n. */
function powerOfTwoFrom(n: number): number {
  return 2 ** (32 - Math.clz32(n - 1));
}

/** x with rows of zeros after its own. */
function lengthened(x: Tensor, rows: number): Tensor {
  const [count = 1, ...sample] = x.shape;
  const values = arrayOf(x.dtype, (x.size / count) * rows);
  values.set(x.data());
  return tensor(values, { shape: [rows, ...sample], dtype: x.dtype });
}

function arrayOf(dtype: Dtype, length: number): TensorData {
  if (dtype === 'float32') return new Float32Array(length);
  return dtype === 'int32' ? new Int32Array(length) : new Uint8Array(length);
}
