// Stores the first lanes of a vector and not one byte more, and the order in which neighbouring vectors are stored.

import { type Address, type Expr, type FunctionBuilder, v128 } from '@treadle/wasm';

/**
 * 1, 0, 3, 2, …: the order in which neighbouring vectors are stored. Where V8 joins two stores into one of 256 bits it leaves
 * the first of them in place as well, unless that is the one at the higher address (seen in the code of Node 26).
 */
export function highFirst(vectors: number): number[] {
  return Array.from({ length: vectors }, (_, j) => (j % 2 === 1 ? j - 1 : Math.min(j + 1, vectors - 1)));
}

/** Stores `lanes` lanes (1 … 4) of `vector` at `to` + `byteOffset`; both expressions are locals. */
export function storeLanes(
  f: FunctionBuilder,
  to: Address,
  byteOffset: number,
  vector: Expr<'f32x4'>,
  lanes: number,
): void {
  if (lanes >= 4) {
    f.do(v128.store(to, vector, byteOffset));
    return;
  }
  if (lanes >= 2) f.do(v128.store64_lane(0, to, vector, byteOffset));
  if (lanes !== 2) f.do(v128.store32_lane(lanes - 1, to, vector, byteOffset + 4 * (lanes - 1)));
}
