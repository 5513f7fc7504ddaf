// Walking the columns of a row: sixteen at a time where there is code for that, then eight, then up to four at a time.

import { type Expr, type FunctionBuilder, i32 } from '@treadle/wasm';
import type { Count } from '../../elementwise/vector-io.ts';

export interface Columns {
  readonly col0: Expr<'i32'>;
  readonly col1: Expr<'i32'>;
  /** the columns of a whole row */
  readonly columns: number;
  /** whether col0 is a multiple of eight, and col1 is one or is the last column: then what is left over is known */
  readonly isAligned: boolean;
}

/** The code for the columns from x on, four times their number. */
export interface ColumnCode {
  sixteen?(x: Expr<'i32'>): void;
  eight(x: Expr<'i32'>): void;
  four(x: Expr<'i32'>, count: Count): void;
}

export function eachColumn(f: FunctionBuilder, { col0, col1, columns, isAligned }: Columns, code: ColumnCode): void {
  const x = f.local('i32', i32.shl(col0, 2));
  const end = f.let(i32.shl(col1, 2));
  const left = columns % 8;
  const { sixteen } = code;
  if (sixteen && columns >= 16) f.forSteps(x, end, 64, () => sixteen(x));
  if (columns >= 8) f.forSteps(x, end, 32, () => code.eight(x));
  if (isAligned && left <= 4) {
    if (left > 0) f.if(i32.lt_s(x, end), () => code.four(x, left));
    return;
  }
  f.while(i32.lt_s(x, end), () => {
    code.four(x, { end });
    f.increment(x, 16);
  });
}
