// Axes that are reduced together but cannot be joined to one axis by strides: a piece of them is copied into scratch, where its
// elements are neighbours in row-major order.

import { type Address, address, type Distance, type Expr, type FunctionBuilder, i32, integer } from '@treadle/wasm';
import { smaller } from '../core/arithmetic.ts';
import { bytesOf, type Format } from '../core/format.ts';
import { unflatten } from '../core/loops/rows.ts';
import { readEight, readFour, writeEight, writeFour } from '../elementwise/vector-io.ts';

/** Elements of a piece. */
export const pieceLength = 512;
/** Bytes of a piece in scratch; its last vectors may be written past its end. */
export const pieceBytes: number = 4 * pieceLength + 64;

/** A piece of several axes, and where it is copied to. */
export interface Piece {
  readonly format: Format;
  /** the address of element 0 */
  readonly base: Address;
  readonly sizes: readonly number[];
  /** in elements, one for each size */
  readonly strides: readonly number[];
  /** the first element, by its row-major position */
  readonly from: Expr<'i32'>;
  /** the number of elements, at least one */
  readonly count: Expr<'i32'>;
  readonly to: Address;
}

/** Copies a piece to `to`. */
export function copyPiece(f: FunctionBuilder, { format, base, sizes, strides, from, count, to }: Piece): void {
  const [size, stride] = [sizes.at(-1)!, strides.at(-1)!];
  const position = f.local('i32', from);
  const left = f.local('i32', count);
  const target = f.let(to);
  f.loop((again) => {
    const indices = unflatten(f, position, sizes);
    const row = f.let(linearAddress(base, indices, strides, bytesOf(format)));
    const run = f.let(smaller(i32.sub(size, indices.at(-1)!), left));
    copyRun(f, format, row, stride, f.let(address.shifted(run, 2)), target);
    f.increment(position, run);
    f.increment(target, address.shifted(run, 2));
    f.set(left, i32.sub(left, run));
    f.brIf(again, left);
  });
}

/** Copies `bytes` of a row, and up to 28 more behind them. */
function copyRun(f: FunctionBuilder, format: Format, row: Address, stride: number, bytes: Distance, to: Address): void {
  const x = f.let(address.const(0));
  f.loop((again) => {
    if (stride === 0 || stride === 1) {
      writeEight(f, to, 1, x, readEight(f, format, row, stride, x));
      f.increment(x, 32);
    } else {
      writeFour(f, to, 1, x, readFour(f, format, row, stride, x, { end: bytes }), 4);
      f.increment(x, 16);
    }
    f.brIf(again, integer.lt_s(x, bytes));
  });
}

/** base + Σ indices[d] · strides[d], strides in elements of `bytes` bytes. */
export function linearAddress(
  base: Address,
  indices: readonly Expr<'i32'>[],
  strides: readonly number[],
  bytes: number,
): Address {
  return indices.reduce((sum, index, d) => address.add(sum, address.times(index, bytes * strides[d]!)), base);
}
