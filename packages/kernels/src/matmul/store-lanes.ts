// Stores the first lanes of a vector and not one byte more.

import { type Expr, type FunctionBuilder, v128 } from '@treadle/wasm';

/** Stores `lanes` lanes (1 … 4) of `vector` at `address` + `byteOffset`; the address and the vector are locals. */
export function storeLanes(
  f: FunctionBuilder,
  address: Expr<'i32'>,
  byteOffset: number,
  vector: Expr<'f32x4'>,
  lanes: number,
): void {
  if (lanes >= 4) {
    f.do(v128.store(address, vector, byteOffset));
    return;
  }
  if (lanes >= 2) f.do(v128.store64_lane(0, address, vector, byteOffset));
  if (lanes !== 2) f.do(v128.store32_lane(lanes - 1, address, vector, byteOffset + 4 * (lanes - 1)));
}
