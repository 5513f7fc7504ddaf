// The vocabulary that kernels and the compiler share. A kernel is a function over a range of tiles. Tiles may run in any order
// and on any thread, and their number follows from shapes alone. Knows nothing of loops, plans or threads.

import {
  type Address,
  type AddressType,
  addressType,
  type Expr,
  type Func,
  type FunctionBuilder,
  type Local,
  type ModuleBuilder,
} from '@treadle/wasm';
import type { StoredProgram } from './lane-expression.ts';
import type { Location, Operand, Slot, Word } from './operand.ts';

export type { Location, Operand, Present, Slot, View, Word } from './operand.ts';

/** The signature of a kernel: (address list, scratch of this thread, tile). */
export type KernelFunc = Func<[AddressType, AddressType, 'i32'], 'void'>;

/** Emits the function of a kernel; `table` is its address list. */
export function kernelFunc(
  module: ModuleBuilder,
  name: string,
  build: (
    f: FunctionBuilder<'void'>,
    table: Local<AddressType>,
    scratch: Local<AddressType>,
    tile: Local<'i32'>,
  ) => void,
): KernelFunc {
  return module.func(name, [addressType, addressType, 'i32'], 'void', build, { exported: false });
}

/** What all tiles of a kernel do together: for people, and to estimate how near it comes to what the machine can do. */
export interface Work {
  /** which loops it is made of: `lanes`, `reduce`, `matmul`, … */
  readonly kind: string;
  /** the ops that it computes, first to last; none where elements are only moved */
  readonly ops: readonly string[];
  /** the extents of its loops; [batch, m, k, n] for a product */
  readonly shape: readonly number[];
  /**
   * Floating-point operations: 2mkn for a product; otherwise one for each op with a float32 result and each element (an `exp`
   * counts like an `add`), and one for each float that a reduction combines.
   */
  readonly flops: number;
  /** bytes of the elements that are read, each counted once */
  readonly bytesRead: number;
  /** bytes of the elements that are written */
  readonly bytesWritten: number;
}

/** How a kernel refuses a value that it reads: it leaves a record of the value, and the run ends after the phase. */
export interface Refusal {
  /** of the record: two int32, 0 before the run */
  readonly slot: Slot;
  /** The error for a value, given by its bits, at a row-major position. */
  error(position: number, bits: number): Error;
}

/** A function over tiles, with its operands. No tile reads what another tile of the same kernel writes. */
export interface Kernel {
  /** what people read in errors and plans: `matmul 32×784×128` */
  readonly name: string;
  readonly tiles: number;
  /** rough nanoseconds of all tiles on one thread: decides how many threads are used, never what is computed */
  readonly cost: number;
  /** bytes of scratch that a thread needs while it runs a tile */
  readonly scratch: number;
  readonly reads: readonly Slot[];
  readonly writes: readonly Slot[];
  readonly work: Work;
  /** what a run writes to its address list; by default, the base address of slot i at position i */
  readonly addressList?: readonly Word[];
  /** equal for kernels with the same code; without it, the kernel shares its code with no other */
  readonly codeKey?: string;
  emit(module: ModuleBuilder): KernelFunc;
  /**
   * The buffers that the tiles divide among themselves: of n tiles, tile t touches only the t-th of n equal parts. The value is
   * the bytes of the buffer. Kernels that share only such buffers can follow each other tile by tile.
   */
  readonly inParts?: ReadonlyMap<Slot, number>;
  /** what a multi-tensor kernel needs to do the same work together with other kernels of the same key */
  readonly multiTensor?: MultiTensor;
  /** how it refuses values, where it may */
  readonly refusal?: Refusal;
}

/** Elementwise work that can be joined with work of the same key into one multi-tensor kernel. */
export interface MultiTensor {
  readonly key: string;
  readonly program: StoredProgram;
  /** the number of elements */
  readonly length: number;
  /** where the first element of each load lies, then of each store */
  readonly locations: readonly Location[];
}

/**
 * A part of the last two dimensions of an output: rows [row0, row1) × columns [col0, col1) of its `outer`-th matrix. Row numbers
 * beyond the matrix continue in the matrices that follow.
 */
export interface Region {
  readonly outer: Expr<'i32'>;
  readonly row0: Expr<'i32'>;
  readonly row1: Expr<'i32'>;
  readonly col0: Expr<'i32'>;
  readonly col1: Expr<'i32'>;
}

/** Elementwise work on a region of an output while it is still in a cache: bias, activation, whatever was fused into the kernel. */
export interface Epilogue {
  readonly loads: readonly Operand[];
  readonly stores: readonly Operand[];
  readonly cost: number;
  readonly ops: readonly string[];
  /** operations on all regions together */
  readonly flops: number;
  /** `wholeRows`: every region has all columns */
  emit(module: ModuleBuilder, wholeRows?: boolean): (f: FunctionBuilder, table: Address, region: Region) => void;
}

/** The instruction level that kernels are written for. */
export interface Level {
  /** bits of an operation: 256 where V8 joins two neighbouring v128 operations, otherwise 128 */
  readonly bits: 128 | 256;
  /** whether a product and a sum may be rounded once (relaxed_madd) */
  readonly fma: boolean;
}
