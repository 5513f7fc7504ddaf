// Axes that are folded as one but do not lie like one: a piece of them is copied into scratch, where its elements lie side by
// side in row-major order.

import { type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import { bytesOf, type Format } from '../core/format.ts';
import { unflatten } from '../core/loops/rows.ts';
import { readEight, readFour, smaller, times, writeEight, writeFour } from '../elementwise/vector-io.ts';

/** Elements of a piece. */
export const pieceLength = 512;
/** Bytes that a piece takes in scratch: its last vectors may be written past its end. */
export const pieceBytes: number = 4 * pieceLength + 64;

export interface Piece {
  readonly format: Format;
  /** the address of element 0 */
  readonly base: Expr<'i32'>;
  readonly sizes: readonly number[];
  /** in elements, one for each size */
  readonly strides: readonly number[];
  /** the first element, by its row-major position */
  readonly from: Expr<'i32'>;
  /** how many, at least one */
  readonly count: Expr<'i32'>;
  readonly to: Expr<'i32'>;
}

export function copyPiece(f: FunctionBuilder, { format, base, sizes, strides, from, count, to }: Piece): void {
  const [size, stride] = [sizes.at(-1)!, strides.at(-1)!];
  const position = f.local('i32', from);
  const left = f.local('i32', count);
  const target = f.local('i32', to);
  f.loop((again) => {
    const indices = unflatten(f, position, sizes);
    const row = f.let(
      indices.reduce<Expr<'i32'>>((sum, i, d) => i32.add(sum, times(i, bytesOf(format) * strides[d]!)), base),
    );
    const run = f.let(smaller(i32.sub(size, indices.at(-1)!), left));
    copyRun(f, format, row, stride, f.let(i32.shl(run, 2)), target);
    f.increment(position, run);
    f.increment(target, i32.shl(run, 2));
    f.set(left, i32.sub(left, run));
    f.brIf(again, left);
  });
}

/** `bytes` of a row, and up to 28 more behind them. */
function copyRun(
  f: FunctionBuilder,
  format: Format,
  row: Expr<'i32'>,
  stride: number,
  bytes: Expr<'i32'>,
  to: Expr<'i32'>,
): void {
  const x = f.local('i32', 0);
  f.loop((again) => {
    if (stride === 0 || stride === 1) {
      writeEight(f, to, 1, x, readEight(f, format, row, stride, x));
      f.increment(x, 32);
    } else {
      writeFour(f, to, 1, x, readFour(f, format, row, stride, x, { end: bytes }), 4);
      f.increment(x, 16);
    }
    f.brIf(again, i32.lt_s(x, bytes));
  });
}
