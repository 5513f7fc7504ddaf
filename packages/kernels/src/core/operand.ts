// Where a kernel finds its data. A kernel is given an address list: a table of words in memory, most of them base addresses of buffers.
// A slot is a position in it, so no address is ever part of the code, and kernels that do the same to other buffers can share
// their code. A view says which elements of a buffer are meant.

import { type Address, address, type FunctionBuilder, type Local } from '@treadle/wasm';
import { plus } from './arithmetic.ts';
import { denseStrides, sizeOf } from './collapse-dims.ts';
import { bytesOf, type Narrow } from './format.ts';

/** Position of a buffer's base address in the address list of a kernel. */
export type Slot = number;

/** A word of an address list: the address of a location, or a plain number. */
export type Word = number | Location;

/** The address that lies `byteOffset` bytes behind the base address of a slot. */
export interface Location {
  readonly slot: Slot;
  readonly byteOffset: number;
}

/** A strided view of a buffer: element (i₀, i₁, …) lies `offset + Σ strides[d]·i_d` elements behind its base. */
export interface View {
  readonly shape: readonly number[];
  /** in elements; 0 along a dimension that repeats, negative along one that runs backwards */
  readonly strides: readonly number[];
  /** in elements */
  readonly offset: number;
}

/** An array that a kernel reads or writes. */
export interface Operand {
  readonly slot: Slot;
  readonly view: View;
  /** the format of elements of fewer than 4 bytes; without it, elements are words of 4 bytes */
  readonly narrow?: Narrow | undefined;
}

/**
 * The valid rows of a dynamic batch. Of the `of` elements of an output's leading axis, only the first ones are valid; how many,
 * 1 … of, is read at run time from the int32 at `slot`. A kernel may skip the other rows or compute them all the same.
 */
export interface Present {
  readonly slot: Slot;
  readonly of: number;
}

/** The word of an address list at position `slot`: the base address of a buffer. */
export function baseAddress(addressList: Address, slot: Slot): Address {
  return address.load(addressList, address.bytes * slot);
}

/** The address of an operand's element (0, 0, …), in a local. */
export function operandAddress(
  f: FunctionBuilder,
  addressList: Address,
  { slot, view, narrow }: Operand,
): Local<Address['type']> {
  return f.let(plus(baseAddress(addressList, slot), bytesOf(narrow) * view.offset));
}

/** All elements of a dense array that begins at the base of its buffer. */
export function denseOperand(slot: Slot, shape: readonly number[]): Operand {
  return { slot, view: { shape, strides: denseStrides(shape), offset: 0 } };
}

/** A single element, such as a count that a kernel reads. */
export function scalarOperand(slot: Slot): Operand {
  return { slot, view: { shape: [], strides: [], offset: 0 } };
}

/** All elements of a buffer that holds an array of the shape, as one run. */
export function wholeOf(slot: Slot, shape: readonly number[]): Operand {
  return { slot, view: { shape: [sizeOf(shape)], strides: [1], offset: 0 } };
}

/** The operand with its last two dimensions exchanged. */
export function transposed({ slot, view: { shape, strides, offset }, narrow }: Operand): Operand {
  const swap = (sizes: readonly number[]): number[] => [...sizes.slice(0, -2), ...sizes.slice(-2).toReversed()];
  return { slot, view: { shape: swap(shape), strides: swap(strides), offset }, narrow };
}
