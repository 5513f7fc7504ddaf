// Arrays in arrays: what they become as a flat list with a shape, and back.

import { DtypeError, type Shape, ShapeError, show, showShape } from '@treadle/graph';

export type NestedNumbers = number | NestedNumbers[];
/** Numbers or booleans, arrays in arrays, an axis a level. */
export type Nested = number | boolean | readonly Nested[];

/** Deeper arrays are taken for a cycle. */
const mostAxes = 64;

export interface Flat {
  readonly values: readonly (number | boolean)[];
  readonly shape: Shape;
}

/** Throws ShapeError for rows of unequal length, DtypeError for what is neither number nor boolean. */
export function flatten(nested: Nested): Flat {
  const shape: number[] = [];
  for (let level: Nested | undefined = nested; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > mostAxes) {
      throw new ShapeError(`tensor: arrays may be ${mostAxes} deep; got deeper ones; is one of them its own element?`);
    }
  }
  const values: (number | boolean)[] = [];
  const visit = (part: Nested, depth: number): void => {
    if (Array.isArray(part)) {
      if (part.length !== shape[depth]) {
        throw new ShapeError(
          `tensor: rows must have equal length; got ${part.length} beside ${shape[depth] ?? 'a number'} at depth ${depth}`,
        );
      }
      for (const inner of part) visit(inner, depth + 1);
      return;
    }
    if (typeof part !== 'number' && typeof part !== 'boolean') {
      throw new DtypeError(`tensor: values must be numbers or booleans; got ${show(part)}`);
    }
    if (depth !== shape.length)
      throw new ShapeError(`tensor: rows must have equal depth; got a number at depth ${depth} of ${showShape(shape)}`);
    values.push(part);
  };
  visit(nested, 0);
  return { values, shape };
}

export function nest(values: ArrayLike<number>, shape: Shape): NestedNumbers {
  let next = 0;
  const build = (depth: number): NestedNumbers => {
    const extent = shape[depth];
    return extent === undefined ? (values[next++] ?? 0) : Array.from({ length: extent }, () => build(depth + 1));
  };
  return build(0);
}
