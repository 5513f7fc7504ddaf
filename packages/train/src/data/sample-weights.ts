// The weights of rows in a loss: those of samples and those of classes, as a tensor for each output, checked before anything is
// computed. How a loss uses them is said in the loss.

import type { Loss } from '@treadle/losses';
import { type Shape, ShapeError, type Tensor, tensor } from '@treadle/tensor';

/** The weights of rows by the class of their target; 1 for a class that is not named. */
export type ClassWeight = Readonly<Record<number, number>>;

/**
 * The weights of the rows for one output, float32 [count, …]. Throws ShapeError unless there is a weight for each row, RangeError for
 * weights that are negative or not finite, and for a loss without the parameter sampleWeight.
 */
export function sampleWeight(op: string, given: Tensor, loss: Loss, count: number): Tensor {
  const weight = given.cast('float32');
  if (weight.shape[0] !== count) {
    throw new ShapeError(
      `${op}: sampleWeight must have a figure for each of the ${count} rows; got the shape [${weight.shape.join(', ')}]`,
    );
  }
  checkLoss(op, loss);
  const values = given.data();
  const wrong = values.findIndex((value) => !isWeight(value));
  if (wrong >= 0) {
    const row = Math.floor((wrong * count) / values.length);
    throw new RangeError(`${op}: sampleWeight must hold finite numbers ≥ 0; got ${values[wrong]} in row ${row}`);
  }
  return weight.rank > 1 && weight.shape.at(-1) === 1 ? weight.squeeze(-1).realize() : weight.realize();
}

/**
 * The weight of each target by its class, float32 of the shape of the labels; y holds labels [n, …] or [n, …, 1], or one-hot rows, for
 * outputs of that shape. Throws RangeError for classes that do not exist, weights that are negative or not finite, and targets that
 * are not classes.
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

/** The product of weights [n, …] of the same rows, which may have different numbers of axes. */
export function product(a: Tensor, b: Tensor): Tensor {
  const [few, many] = a.rank < b.rank ? [a, b] : [b, a];
  const more = many.shape.slice(few.rank).map(() => 1);
  return many.mul(few.reshape([...few.shape, ...more])).realize();
}

/** The class of each one-hot row: the place of its only value above 1/2. Throws RangeError for several or none. */
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
