// Predictions, batch by batch into one array for each output. A plan for many rows also serves fewer, but takes several times as long for
// one row as a plan for one row. So there are three plans: for one row, for a few, and for many.

import type { Network } from '@treadle/nn';
import { type Compiled, compile, rowsInPlace, type Tensor, type TensorData, tensor } from '@treadle/tensor';
import { disposeRows } from '../data/rows.ts';

/** Up to this number of rows, the weights of a layer are not packed. */
const few = 8;

/** The compiled model: rows for each input → predictions for each output. */
type Answer = Compiled<readonly [xs: readonly Tensor[]], readonly Tensor[]>;

export class Predictor {
  readonly #one: Answer;
  readonly #few: Answer;
  readonly #many: Answer;

  constructor(model: Network) {
    const answers = (capacity: (rows: number) => number): Answer =>
      compile((xs: readonly Tensor[]) => model.callAll(xs), { capacity });
    this.#one = answers((rows) => rows);
    this.#few = answers(() => few);
    this.#many = answers(powerOfTwoFrom);
  }

  /** The predictions for rows [n, …] of each input, n ≥ 1, in batches of `batchSize` at most. */
  async answers(xs: readonly Tensor[], batchSize: number): Promise<readonly Tensor[]> {
    const count = xs[0]?.shape[0] ?? 0;
    if (count <= batchSize) return this.#stepFor(count).inTurns(xs);
    const answers: TensorData[] = [];
    for (let from = 0; ; from += batchSize) {
      const rows = Math.min(batchSize, count - from);
      const parts = xs.map((x) => rowsInPlace(x, from, from + rows));
      const batch = await this.#stepFor(rows).inTurns(parts);
      disposeRows({ xs: parts });
      const whole = batch.map((part, i) => {
        const { size, dtype } = part;
        const shape = [count, ...part.shape.slice(1)];
        const values = part.data();
        answers[i] ??= newLike(values, (count * size) / rows);
        answers[i].set(values, (from * size) / rows);
        part.dispose();
        return { values: answers[i], shape, dtype };
      });
      if (from + rows >= count) return whole.map(({ values, shape, dtype }) => tensor(values, { shape, dtype }));
    }
  }

  #stepFor(rows: number): Answer {
    if (rows === 1) return this.#one;
    return rows <= few ? this.#few : this.#many;
  }
}

/** The smallest power of two ≥ n. */
function powerOfTwoFrom(n: number): number {
  return 2 ** (32 - Math.clz32(n - 1));
}

/** An array of the same kind, all 0. */
function newLike(values: TensorData, length: number): TensorData {
  if (values instanceof Float32Array) return new Float32Array(length);
  return values instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length);
}
