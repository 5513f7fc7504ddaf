// Arrays in arrays: what they become as a flat list with a shape, and back. The innermost rows may be typed arrays. Lengths are
// checked before anything is copied; an error says where in the arrays it found what.

import { checkSize, type Dtype, DtypeError, type Shape, ShapeError, show, sizeOf } from '@treadle/graph';
import { dtypeOf, type NumericArray } from './typed-arrays.ts';

/** Numbers in nested arrays, one level for each axis; a number for a 0-d tensor. */
export type NestedNumbers = number | NestedNumbers[];
/** Numbers or booleans, arrays in arrays, an axis a level; a typed array is a row of numbers. */
export type Nested = number | boolean | NumericArray | readonly Nested[];

export interface Flat {
  /** booleans as 0 and 1 */
  readonly values: NumericArray;
  readonly shape: Shape;
  /** bool where all are booleans, int32 where all are in typed arrays of integers, otherwise float32 */
  readonly dtype: Dtype;
}

/** Arrays that nest deeper are taken for a mistake; one that contains itself is one. */
export const mostAxes = 64;

/** Throws ShapeError for rows of unequal length, DtypeError for what is neither number nor boolean. */
export function flatten(nested: Nested): Flat {
  if (!Array.isArray(nested)) return single(nested);
  const shape = checkSize('tensor', shapeOfFirst(nested));
  checkRows(nested, shape, []);
  return flattenRows(nested, shape);
}

function single(value: Nested): Flat {
  if (!isNumber(value)) throw refused(value, []);
  return { values: Float64Array.of(Number(value)), shape: [], dtype: typeof value === 'boolean' ? 'bool' : 'float32' };
}

/** Of arrays whose lengths are those of the shape. */
function flattenRows(nested: readonly Nested[], shape: Shape): Flat {
  const values = new Float64Array(sizeOf(shape));
  const counts = { booleans: 0, integers: 0 };
  const path: number[] = [];
  let end = 0;
  const visit = (row: readonly Nested[]): void => {
    for (let i = 0; i < row.length; i++) {
      const part = row[i];
      if (typeof part === 'number') values[end++] = part;
      else if (typeof part === 'boolean') {
        values[end++] = Number(part);
        counts.booleans++;
      } else {
        path.push(i);
        if (Array.isArray(part) && path.length < shape.length) visit(part);
        else if (ArrayBuffer.isView(part) && path.length < shape.length) {
          if (dtypeOf(part, pathText(path)) === 'int32') counts.integers += part.length;
          values.set(part, end);
          end += part.length;
        } else throw refused(part, path);
        path.pop();
      }
    }
  };
  visit(nested);
  const isAll = (count: number): boolean => end > 0 && count === end;
  return { values, shape, dtype: isAll(counts.booleans) ? 'bool' : isAll(counts.integers) ? 'int32' : 'float32' };
}

/** The shape that follows from the first row of each axis. */
function shapeOfFirst(nested: readonly Nested[]): Shape {
  const shape: number[] = [];
  let level: Nested | undefined = nested;
  while (Array.isArray(level)) {
    shape.push(level.length);
    if (shape.length > mostAxes) throw tooDeep();
    level = level[0];
  }
  if (ArrayBuffer.isView(level)) shape.push(level.length);
  return shape;
}

/** Throws ShapeError unless the rows in `nested`, which is at `path`, have the lengths of the shape. */
function checkRows(nested: readonly Nested[], shape: Shape, path: readonly number[]): void {
  const length = shape[path.length + 1];
  if (length === undefined) return;
  nested.forEach((row, i) => {
    const at = [...path, i];
    const isView = ArrayBuffer.isView(row);
    if (isView) dtypeOf(row, pathText(at));
    else if (!Array.isArray(row)) throw refused(row, at);
    if (isView && at.length < shape.length - 1) throw refused(row, at);
    if (row.length !== length) {
      const first = pathText(at.map(() => 0));
      throw new ShapeError(`tensor: rows must have equal lengths; got ${length}${first}, ${row.length}${pathText(at)}`);
    }
    if (!isView) checkRows(row, shape, at);
  });
}

export function tooDeep(): ShapeError {
  return new ShapeError(`tensor: arrays may be ${mostAxes} deep; got deeper ones; is one of them its own element?`);
}

function isNumber(part: unknown): part is number | boolean {
  return typeof part === 'number' || typeof part === 'boolean';
}

/** What is wrong with something that stands where a row, or a number, should. */
function refused(part: unknown, path: readonly number[]): Error {
  const got = Array.isArray(part) || ArrayBuffer.isView(part) ? 'a row' : isNumber(part) ? 'a number' : undefined;
  if (got)
    return new ShapeError(`tensor: rows must have equal depth; got ${got}${pathText(path)} unlike those before it`);
  return new DtypeError(`tensor: values must be numbers or booleans; got ${show(part)}${pathText(path)}`);
}

/** ' at [1, 0]'; nothing where there is no array. */
function pathText(path: readonly number[]): string {
  const few = path.length > 8 ? [...path.slice(0, 8), '…'] : path;
  return path.length === 0 ? '' : ` at [${few.join(', ')}]`;
}

export function nest(values: ArrayLike<number>, shape: Shape): NestedNumbers {
  let next = 0;
  const build = (depth: number): NestedNumbers => {
    const extent = shape[depth];
    return extent === undefined ? (values[next++] ?? 0) : Array.from({ length: extent }, () => build(depth + 1));
  };
  return build(0);
}
