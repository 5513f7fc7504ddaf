// Tensors inside arrays and plain objects: where the arguments and results of functions may have them.

import { Tensor } from './tensor.ts';
import { Variable } from './variable.ts';

/** Whether a value is an object without a class. */
export function isPlainObject(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** The same structure with every tensor replaced, in a fixed order; variables only where `isResult` (their value is a result). */
export function mapTensors(x: unknown, replace: (t: Tensor) => Tensor, isResult = true): unknown {
  if (x instanceof Tensor) return x instanceof Variable && !isResult ? x : replace(x);
  if (Array.isArray(x)) return x.map((part) => mapTensors(part, replace, isResult));
  if (!isPlainObject(x)) return x;
  return Object.fromEntries(Object.entries(x).map(([name, part]) => [name, mapTensors(part, replace, isResult)]));
}
