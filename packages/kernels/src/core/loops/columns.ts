// Walking the columns of a row: sixteen at a time where there is code for that, then eight, then up to four at a time.
// A position in the row is `x`: 4 times the number of columns passed.

import { address, type Distance, type Expr, type FunctionBuilder, integer } from '@treadle/wasm';

/** The elements of a row that four lanes hold: a known number, or as many as lie before `end`, a position in the row. */
export type Count = number | { readonly end: Distance };

/** The columns [col0, col1) of a row. */
export interface Columns {
  readonly col0: Expr<'i32'>;
  readonly col1: Expr<'i32'>;
  /** the columns of a whole row */
  readonly columns: number;
  /** whether col0 is a multiple of eight, and col1 is one or is the last column: then the number of columns left over is known */
  readonly isAligned: boolean;
}

/** The code for the columns from position x on. */
export interface ColumnCode {
  sixteen?(x: Distance): void;
  eight(x: Distance): void;
  four(x: Distance, count: Count): void;
}

/** Emits each piece of code at most once, as the inside of a loop. */
export function eachColumn(f: FunctionBuilder, { col0, col1, columns, isAligned }: Columns, code: ColumnCode): void {
  const x = f.let(address.shifted(col0, 2));
  const end = f.let(address.shifted(col1, 2));
  const left = columns % 8;
  const { sixteen } = code;
  if (sixteen && columns >= 16) f.forSteps(x, end, 64, () => sixteen(x));
  if (columns >= 8) f.forSteps(x, end, 32, () => code.eight(x));
  if (isAligned && left <= 4) {
    if (left > 0) f.if(integer.lt_s(x, end), () => code.four(x, left));
    return;
  }
  f.while(integer.lt_s(x, end), () => {
    code.four(x, { end });
    f.increment(x, 16);
  });
}
