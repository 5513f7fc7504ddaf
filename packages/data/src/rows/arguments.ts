// What users give to functions on data: whatever `tensor` takes, and rows with their targets as two arguments or as one { x, y },
// which is what readers and splits give. Errors speak in the name of the function that was called.

import { DtypeError, ShapeError, show, Tensor, type TensorLike, tensor } from '@treadle/tensor';
import type { Pair } from './plain-array.ts';

/** x and y, or both in one, before other arguments. */
export type PairArguments<O extends readonly unknown[]> =
  | readonly [data: Pair<TensorLike>, ...others: O]
  | readonly [x: TensorLike, y: TensorLike, ...others: O];

/** Throws what `tensor` throws, in the name of `op`, for what is no array of numbers. */
export function pairOf<O extends readonly unknown[]>(
  op: string,
  args: PairArguments<O>,
): { readonly pair: Pair<Tensor>; readonly others: O } {
  if (beginsWithPair(args)) {
    const [{ x, y }, ...others] = args;
    return { pair: { x: tensorOf(op, 'x', x), y: tensorOf(op, 'y', y) }, others };
  }
  const [x, y, ...others] = args;
  return { pair: { x: tensorOf(op, 'x', x), y: tensorOf(op, 'y', y) }, others };
}

function beginsWithPair<O extends readonly unknown[]>(
  args: PairArguments<O>,
): args is readonly [data: Pair<TensorLike>, ...others: O] {
  const given: unknown = args[0];
  return typeof given === 'object' && given !== null && !(given instanceof Tensor) && 'x' in given && 'y' in given;
}

/** x as a tensor. Throws what `tensor` throws, in the name of `op`, for what is none. */
export function tensorOf(op: string, name: string, x: TensorLike): Tensor {
  if (x instanceof Tensor) return x;
  if (typeof x === 'object' && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x)) {
    throw new DtypeError(`${op}: ${name} must be a tensor, a typed array or arrays of numbers; got ${show(x)}`);
  }
  try {
    return tensor(x);
  } catch (cause) {
    throw inTheNameOf(op, name, cause);
  }
}

function inTheNameOf(op: string, name: string, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const message = cause.message.replace(/^tensor: /, `${op}: in ${name}, `);
  if (cause instanceof ShapeError) return new ShapeError(message, { cause });
  if (cause instanceof DtypeError) return new DtypeError(message, { cause });
  return cause instanceof RangeError ? new RangeError(message, { cause }) : cause;
}
