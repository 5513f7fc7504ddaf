// Where a byte lies in memory. Code counts in indices, which are i32; `address` turns indices into distances in bytes and adds
// them to addresses. Nothing outside this file and `addressType` knows how wide an address is, so memory of more than 4 GiB
// means to change `addressType`, the five definitions below (their comments say how), and the limits of the memory import.

import { type Expr, i32 } from './expression.ts';
import { integer } from './integer.ts';
import type { AddressType } from './types.ts';

/** The address of a byte in memory. */
export type Address = Expr<AddressType>;

/** Bytes from one address to another, of either sign. */
export type Distance = Expr<AddressType>;

const native = i32; // i64
const bytes = 4; // 8
const known = (value: number): Address => native.const(value); // native.const(BigInt(value))
const widen = (index: Expr<'i32'>): Distance => index; // i64.extend_i32_s(index)
const narrow = (distance: Distance): Expr<'i32'> => distance; // i32.wrap_i64(distance)

/** The arithmetic of addresses, and addresses that lie in memory themselves. */
export const address: {
  /** bytes that an address takes where it lies in memory */
  readonly bytes: number;
  /** An address, or a distance, that is known. */
  const(bytes: number): Address;
  /** base + distance */
  add(base: Address, distance: Distance | number): Address;
  /** a − b: the distance from b to a, or the address that lies b bytes before a. */
  sub(a: Address, b: Address | number): Address;
  /** index · bytes, in as few instructions as that takes; each index stands for so many bytes. */
  times(index: Expr<'i32'>, bytes: number): Distance;
  /** index · 2^bits */
  shifted(index: Expr<'i32'>, bits: number): Distance;
  /** How often a distance that is not negative holds 2^bits bytes. */
  index(distance: Distance, bits: number): Expr<'i32'>;
  /** A distance that is not negative / 2^bits, rounded down. */
  shiftedDown(distance: Distance, bits: number): Distance;
  /** distance · factor, in as few instructions as that takes. */
  scaled(distance: Distance, factor: number): Distance;
  /** The address that lies in memory at `at` + byteOffset. */
  load(at: Address, byteOffset?: number): Address;
  /** Stores an address at `at` + byteOffset. */
  store(at: Address, value: Address, byteOffset?: number): Expr<'void'>;
} = {
  bytes,
  const: known,
  add: (base, distance) => integer.add(base, distance),
  sub: (a, b) => integer.sub(a, b),
  times: (index, factor) => address.scaled(widen(index), factor),
  shifted: (index, bits) => native.shl(widen(index), known(bits)),
  index: (distance, bits) => narrow(address.shiftedDown(distance, bits)),
  shiftedDown: (distance, bits) => (bits === 0 ? distance : native.shr_u(distance, known(bits))),
  scaled: (distance, factor) => {
    if (factor === 0) return known(0);
    return factor === 1 ? distance : native.mul(distance, known(factor));
  },
  load: (at, byteOffset) => native.load(at, byteOffset),
  store: (at, value, byteOffset) => native.store(at, value, byteOffset),
};
