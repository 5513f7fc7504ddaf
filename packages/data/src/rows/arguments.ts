// The arguments of functions on data: everything that `tensor` accepts, and rows with their targets, either as two
// arguments or as one object { x, y }, which is what readers and splits return. Errors begin with the name of the
// function that the user called.

import { DtypeError, ShapeError, show, Tensor, type TensorLike, tensor } from '@treadle/tensor';
import type { Pair } from './plain-array.ts';

/** x and y, or one object { x, y }, followed by other arguments. */
export type PairArguments<O extends readonly unknown[]> =
  | readonly [data: Pair<TensorLike>, ...others: O]
  | readonly [x: TensorLike, y: TensorLike, ...others: O];

/** x and y as tensors, and the other arguments. Throws what `tensor` throws, with the name `op` in the message. */
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

/** x as a tensor. Throws what `tensor` throws, with the name `op` in the message. */
export function tensorOf(op: string, name: string, x: TensorLike): Tensor {
  if (x instanceof Tensor) return x;
  if (typeof x === 'object' && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x)) {
    throw new DtypeError(`${op}: ${name} must be a tensor, a typed array or arrays of numbers; got ${show(x)}`);
  }
  try {
    return tensor(x);
  } catch (cause) {
    throw renamed(op, name, cause);
  }
}

/** The same error, with the name of the user's call in its message instead of `tensor`. */
function renamed(op: string, name: string, cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const message = cause.message.replace(/^tensor: /, `${op}: in ${name}, `);
  if (cause instanceof ShapeError) return new ShapeError(message, { cause });
  if (cause instanceof DtypeError) return new DtypeError(message, { cause });
  return cause instanceof RangeError ? new RangeError(message, { cause }) : cause;
}
