// What users give to learn from, checked before anything is computed.

import { checkBatchSize, checkRowCount, commonRows } from '@treadle/data';
import type { Sequential } from '@treadle/nn';
import { ShapeError, type Tensor, type TensorLike, tensor } from '@treadle/tensor';
import type { Steps } from './steps.ts';

/** Rows with their targets. */
export interface Rows {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly count: number;
}

/**
 * x [n, …] and y [n, …] as tensors. Throws for unequal lengths, no rows, what the model, the loss or a metric cannot take, and
 * targets that are not finite or mean nothing. A model that is not built yet is built for these rows.
 */
export function checkRows(
  op: string,
  model: Sequential,
  steps: Steps,
  x: TensorLike,
  y: TensorLike,
  batchSize: number,
): Rows {
  const rows = { x: tensor(x), y: tensor(y) };
  const count = commonRows(op, rows.x, rows.y);
  checkBatchSize(op, batchSize);
  buildFor(op, model, rows.x);
  steps.check(op, rows.x, rows.y);
  checkTargets(op, rows.y, count);
  steps.loss.checkTargets?.(op, rows.y.data(), model.outputShape ?? []);
  rows.x.realize();
  return { ...rows, count };
}

/** The same for rows without targets. */
export function inputRows(op: string, model: Sequential, x: TensorLike, batchSize: number): Tensor {
  const rows = tensor(x);
  if (rows.rank === 0) throw new ShapeError(`${op}: x must have rows; got the shape []`);
  checkRowCount(op, rows.shape[0] ?? 0);
  checkBatchSize(op, batchSize);
  buildFor(op, model, rows);
  return rows.realize();
}

function checkTargets(op: string, y: Tensor, count: number): void {
  if (y.dtype !== 'float32') return;
  const values = y.data();
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new RangeError(
    `${op}: y must hold finite numbers; got ${values[wrong]} in row ${Math.floor((wrong * count) / values.length)}`,
  );
}

function buildFor(op: string, model: Sequential, x: Tensor): void {
  const sample = x.shape.slice(1);
  const wanted = model.inputShape;
  if (!wanted) {
    model.build(sample);
    return;
  }
  if (wanted.length !== sample.length || wanted.some((extent, i) => extent !== sample[i])) {
    const got = `got [${sample.join(', ')}] in x [${x.shape.join(', ')}]`;
    throw new ShapeError(
      `${op}: a row must have the shape that the model was built for, [${wanted.join(', ')}]; ${got}`,
    );
  }
}
