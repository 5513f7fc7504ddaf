// What users give to learn from, checked before anything is computed.

import { checkBatchSize, commonRows } from '@treadle/data';
import type { Sequential } from '@treadle/nn';
import { ShapeError, type Tensor, type TensorLike, tensor } from '@treadle/tensor';
import type { Steps } from './steps.ts';

/** Rows with their targets. */
export interface Rows {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly count: number;
}

/** Throws for unequal lengths, no rows, a shape that the model cannot take, NaN, or targets that the loss cannot mean. */
export function checkRows(op: string, model: Sequential, steps: Steps, x: TensorLike, y: TensorLike, batchSize: number): Rows {
  const [inputs, targets] = [tensor(x).realize(), tensor(y).realize()];
  const count = commonRows(op, asRows(op, 'x', inputs), asRows(op, 'y', targets));
  checkBatchSize(op, batchSize);
  buildFor(op, model, inputs);
  const values = targets.data();
  const nan = values.findIndex((value) => Number.isNaN(value));
  if (nan >= 0) {
    const row = Math.floor(nan / (values.length / count));
    throw new RangeError(`${op}: y must hold numbers; got NaN in row ${row}`);
  }
  steps.loss.checkTargets?.(op, values, model.outputShape ?? []);
  return { x: inputs, y: targets, count };
}

/** The same for rows without targets. */
export function inputRows(op: string, model: Sequential, x: TensorLike, batchSize: number): Tensor {
  const inputs = asRows(op, 'x', tensor(x).realize());
  if (inputs.shape[0] === 0) throw new ShapeError(`${op}: x must have one row or more; got [${inputs.shape.join(', ')}]`);
  checkBatchSize(op, batchSize);
  buildFor(op, model, inputs);
  return inputs;
}

function asRows(op: string, name: string, rows: Tensor): Tensor {
  if (rows.rank === 0) throw new ShapeError(`${op}: ${name} must have rows along its first axis; got a single number`);
  return rows;
}

function buildFor(op: string, model: Sequential, x: Tensor): void {
  const sample = x.shape.slice(1);
  const wanted = model.inputShape;
  if (!wanted) {
    model.build(sample);
    return;
  }
  if (wanted.length !== sample.length || wanted.some((extent, i) => extent !== sample[i])) {
    throw new ShapeError(`${op}: rows must have the shape that the model was built for, [${wanted.join(', ')}]; got [${sample.join(', ')}]`);
  }
}
