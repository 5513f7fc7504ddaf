// Structures of tensors: arguments and results of functions, where tensors may be anywhere in arrays and plain objects. Tensors
// are found in a fixed order, and a structure is made again with other tensors in their places.

import { Tensor } from './tensor.ts';
import { Variable } from './variable.ts';

/** Whether a value is an object without a class. */
export function isPlainObject(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** Structures that nest deeper are taken for cyclic ones. */
const mostDepth = 64;

/** Throws RangeError, in the name of `op`, for a depth that only a structure which contains itself has. */
export function checkDepth(op: string, depth: number): void {
  if (depth <= mostDepth) return;
  throw new RangeError(
    `${op}: arguments and results may be ${mostDepth} deep; got deeper ones; is one of them its own element?`,
  );
}

/** Which tensors count: 'inputs' leaves variables as they are, 'results' takes their values as well. */
export type Role = 'inputs' | 'results';

/** The structure with every tensor replaced. Throws as checkDepth does for a structure that contains itself. */
export function mapTensors<T>(op: string, x: T, role: Role, replace: (t: Tensor, index: number) => Tensor): T {
  let count = 0;
  const map = (value: unknown, depth: number): unknown => {
    if (value instanceof Tensor)
      return value instanceof Variable && role === 'inputs' ? value : replace(value, count++);
    const isArray = Array.isArray(value);
    if (!isArray && !isPlainObject(value)) return value;
    checkDepth(op, depth + 1);
    if (isArray) return value.map((inner) => map(inner, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, map(inner, depth + 1)]));
  };
  const mapped = map(x, 0);
  return mapped as T; // the same structure, a tensor for a tensor
}

/** The tensors of a structure. Throws as mapTensors does. */
export function tensorsIn(op: string, x: unknown, role: Role): readonly Tensor[] {
  const tensors: Tensor[] = [];
  mapTensors(op, x, role, (t) => {
    tensors.push(t);
    return t;
  });
  return tensors;
}

/** The structure with these tensors, as many as tensorsIn finds, in the places of its own. */
export function withTensors<T>(op: string, x: T, role: Role, tensors: readonly Tensor[]): T {
  return mapTensors(op, x, role, (t, index) => tensors[index] ?? t);
}
