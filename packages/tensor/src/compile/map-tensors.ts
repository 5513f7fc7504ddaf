// Tensors inside arrays and plain objects: where the arguments and results of functions may have them.

import { Tensor } from '../tensor.ts';
import { Variable } from '../variable.ts';

/** Whether a value is an object without a class. */
export function isPlainObject(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** Deeper arrays and objects are taken for a cycle. */
const mostDepth = 64;

/** Throws RangeError for what lies deeper in arguments or results of `op` than anyone means. */
export function checkDepth(op: string, depth: number): void {
  if (depth <= mostDepth) return;
  throw new RangeError(
    `${op}: arguments and results may be ${mostDepth} deep; got deeper ones; is one of them its own element?`,
  );
}

/**
 * The same structure with every tensor replaced, in a fixed order; variables only where `isResult` (their value is a result).
 * Throws RangeError, in the name of `op`, for a structure that contains itself.
 */
export function mapTensors(op: string, x: unknown, replace: (t: Tensor) => Tensor, isResult = true): unknown {
  const map = (part: unknown, depth: number): unknown => {
    if (part instanceof Tensor) return part instanceof Variable && !isResult ? part : replace(part);
    const isArray = Array.isArray(part);
    if (!isArray && !isPlainObject(part)) return part;
    checkDepth(op, depth + 1);
    if (isArray) return part.map((inner) => map(inner, depth + 1));
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, map(inner, depth + 1)]));
  };
  return map(x, 0);
}
