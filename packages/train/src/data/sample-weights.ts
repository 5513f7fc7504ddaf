// How much each row counts in the loss: what users say for samples and for classes, as a tensor for each output, checked before
// anything is computed. What a loss makes of it is the loss's own matter.

import type { Loss } from '@treadle/losses';
import { type Shape, ShapeError, type Tensor, tensor } from '@treadle/tensor';

/** How much rows count by the class of their target; 1 for a class that is not named. */
export type ClassWeight = Readonly<Record<number, number>>;

/**
 * How much the rows of one output count, float32 [count, …]. Throws ShapeError unless there is a figure for each row, RangeError
 * for figures that are negative or not finite, and for a loss that takes none.
 */
export function sampleWeight(op: string, given: Tensor, loss: Loss, count: number): Tensor {
  const weight = given.cast('float32');
  if (weight.shape[0] !== count) {
    throw new ShapeError(
      `${op}: sampleWeight must have a figure for each of the ${count} rows; got the shape [${weight.shape.join(', ')}]`,
    );
  }
  checkLoss(op, loss);
  const values = weight.data();
  const wrong = values.findIndex((value) => !isWeight(value));
  if (wrong >= 0) {
    const row = Math.floor((wrong * count) / values.length);
    throw new RangeError(`${op}: sampleWeight must hold finite numbers ≥ 0; got ${values[wrong]} in row ${row}`);
  }
  return weight.rank > 1 && weight.shape.at(-1) === 1 ? weight.squeeze(-1).realize() : weight.realize();
}

/**
 * How much each target counts by its class, float32 of the shape of the labels: y of labels [n, …] or [n, …, 1], or rows that are
 * one-hot, for a result of that shape. Throws RangeError for classes that do not exist, figures that are negative or not finite,
 * and targets that are no classes.
 */
export function classWeights(op: string, classWeight: ClassWeight, y: Tensor, loss: Loss, outputShape: Shape): Tensor {
  checkLoss(op, loss);
  if (typeof classWeight !== 'object' || classWeight === null || classWeight instanceof Map) {
    throw new RangeError(`${op}: classWeight must be an object of weights by class; got ${kindOf(classWeight)}`);
  }
  const classes = Math.max(2, outputShape.at(-1) ?? 0);
  for (const [name, weight] of Object.entries(classWeight)) {
    if (!isBelow(Number(name), classes)) {
      throw new RangeError(`${op}: classWeight may have the classes 0 to ${classes - 1}; got ${name}`);
    }
    if (!isWeight(weight)) {
      throw new RangeError(
        `${op}: classWeight must hold finite numbers ≥ 0; got ${String(weight)} for the class ${name}`,
      );
    }
  }
  const isOneHot = y.rank === outputShape.length + 1 && classes > 1 && y.shape.at(-1) === classes;
  const labels = isOneHot ? hotClasses(op, y.data(), classes) : y.data();
  const weights = Float32Array.from(labels, (label, i) => {
    if (isBelow(label, classes)) return classWeight[label] ?? 1;
    throw new RangeError(
      `${op}: classWeight must be given targets that are whole numbers from 0 to ${classes - 1}; got ${label} at place ${i}`,
    );
  });
  const isDropped = isOneHot || (y.rank > 1 && y.shape.at(-1) === 1);
  return tensor(weights, { shape: isDropped ? y.shape.slice(0, -1) : y.shape });
}

/** Weights [n, …] times weights of the same rows that may have more axes, or fewer. */
export function product(a: Tensor, b: Tensor): Tensor {
  const [few, many] = a.rank < b.rank ? [a, b] : [b, a];
  const more = many.shape.slice(few.rank).map(() => 1);
  return many.mul(few.reshape([...few.shape, ...more])).realize();
}

/** Which figure of each row is the only one above 1/2. */
function hotClasses(op: string, values: ArrayLike<number>, classes: number): readonly number[] {
  return Array.from({ length: values.length / classes }, (_, row) => {
    let hot = -1;
    for (let i = 0; i < classes; i++) {
      if ((values[row * classes + i] ?? 0) <= 0.5) continue;
      if (hot >= 0) throw new RangeError(`${op}: classWeight must be given one class a row; got several in row ${row}`);
      hot = i;
    }
    if (hot < 0) throw new RangeError(`${op}: classWeight must be given one class a row; got none in row ${row}`);
    return hot;
  });
}

function checkLoss(op: string, loss: Loss): void {
  if (loss.length >= 3) return;
  throw new RangeError(
    `${op}: a loss must have sampleWeight as its third parameter to be weighted; got a loss of ${loss.length}`,
  );
}

function kindOf(given: unknown): string {
  return given instanceof Map ? 'a Map; Object.fromEntries makes an object of it' : String(given);
}

function isWeight(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value);
}

function isBelow(label: number, classes: number): boolean {
  return Number.isInteger(label) && label >= 0 && label < classes;
}
