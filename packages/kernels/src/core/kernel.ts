// The words that kernels and the compiler share. A kernel is a function over a range of tiles; which buffers it reads and
// writes is known by slot: a position in the window of addresses that it is given, so that no address is ever part of the code,
// and kernels that do the same to other buffers can have the same code.

import type { Expr, Func, FunctionBuilder, ModuleBuilder } from '@treadle/wasm';
import type { StoredProgram } from '../elementwise/fused-loop.ts';
import type { Narrow } from './format.ts';

/** Position of a buffer's base address in the window that a kernel is given (`i32.load(window, 4 * slot)`). */
export type Slot = number;

/** A word of a window that says where a buffer lies, so many bytes behind the base address of a slot; or a plain number. */
export type Word = number | Location;

export interface Location {
  readonly slot: Slot;
  readonly byteOffset: number;
}

/** A strided reading of a buffer: element (i₀, i₁, …) lies `offset + Σ strides[d]·i_d` elements after its base. */
export interface View {
  readonly shape: readonly number[];
  /** in elements; 0 where the view repeats, negative where it runs backwards */
  readonly strides: readonly number[];
  /** in elements */
  readonly offset: number;
}

export interface Operand {
  readonly slot: Slot;
  readonly view: View;
  /** how elements of fewer than 4 bytes lie there; without it they are words, the bits of a lane each */
  readonly narrow?: Narrow | undefined;
}

/**
 * Of an output's leading axis, which has `of` elements, so many are there as the int32 at `slot` says, one or more. A kernel
 * may leave out the others, or compute them all the same.
 */
export interface Present {
  readonly slot: Slot;
  readonly of: number;
}

/** The signature of a kernel: (window, scratch of this thread, tile). */
export type KernelFunc = Func<['i32', 'i32', 'i32'], 'void'>;

/** What all tiles of a kernel do together: for people, and for reckoning how near it comes to what the machine can do. */
export interface Work {
  /** which loops it is made of: `lanes`, `fold`, `matmul`, … */
  readonly kind: string;
  /** the ops that it computes, first to last; none where elements are only moved */
  readonly ops: readonly string[];
  /** the extents that are walked; [batch, m, k, n] for a product */
  readonly shape: readonly number[];
  /**
   * Floating-point operations: 2mkn for a product; otherwise one for each op with a float32 result and each element, an `exp`
   * like an `add`, and one for each float that is combined by a reduction.
   */
  readonly flops: number;
  /** bytes of the elements that are read, each once, and of those that are written */
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** How a kernel refuses a value that it reads: it leaves what it found in a record, and the run ends after the phase. */
export interface Refusal {
  /** two int32, 0 before the run */
  readonly slot: Slot;
  /** The error for a value, given by its bits, at a row-major position. */
  error(position: number, bits: number): Error;
}

/**
 * One step of a plan. Tiles may run in any order, on any thread, at the same time; so no tile reads what another writes,
 * and the number of tiles follows from shapes alone.
 */
export interface Kernel {
  /** what people read in errors and plans: `matmul 32×784×128` */
  readonly name: string;
  readonly tiles: number;
  /** a rough cost of all tiles on one thread, in nanoseconds: decides how many threads pay, never what is computed */
  readonly cost: number;
  /** bytes of scratch that a thread needs while it runs a tile */
  readonly scratch: number;
  readonly reads: readonly Slot[];
  readonly writes: readonly Slot[];
  readonly work: Work;
  /** what a run writes to its window; by default, the base address of slot i at position i */
  readonly window?: readonly Word[];
  /** equal for kernels with the same code; by default, it shares its code with no other */
  readonly codeKey?: string;
  emit(module: ModuleBuilder): KernelFunc;
  /**
   * The buffers of which tile t of n touches nothing but the t-th of n equal parts, and how many bytes each has: kernels that
   * share such buffers only can follow each other tile by tile.
   */
  readonly inParts?: ReadonlyMap<Slot, number>;
  /** where others may do the same to operands of their own: with them it can be one kernel */
  readonly alike?: MultiTensor;
  /** where it may refuse what it reads */
  readonly refusal?: Refusal;
}

/** Elementwise work, to be joined with what has the same key. */
export interface MultiTensor {
  readonly key: string;
  readonly program: StoredProgram;
  /** how many elements */
  readonly length: number;
  /** where the first element of each load lies, then of each store */
  readonly locations: readonly Location[];
}

/**
 * A part of the last two dimensions of an output: rows [row0, row1) × columns [col0, col1) of its `outer`-th matrix. Rows count on
 * through the matrices that follow.
 */
export interface Region {
  readonly outer: Expr<'i32'>;
  readonly row0: Expr<'i32'>;
  readonly row1: Expr<'i32'>;
  readonly col0: Expr<'i32'>;
  readonly col1: Expr<'i32'>;
}

/** What is done to a region of an output while it is still in cache: bias, activation, whatever was fused onto it. */
export interface Epilogue {
  readonly loads: readonly Operand[];
  readonly stores: readonly Operand[];
  readonly cost: number;
  readonly ops: readonly string[];
  /** operations on all regions together */
  readonly flops: number;
  /** `wholeRows`: every region has all columns */
  emit(module: ModuleBuilder, wholeRows?: boolean): (f: FunctionBuilder, table: Expr<'i32'>, region: Region) => void;
}

/** The instruction level that kernels are written for. */
export interface Level {
  /** bits that V8 handles at once: 256 where it joins two neighbouring v128 operations, otherwise 128 */
  readonly bits: 128 | 256;
  /** whether a product and a sum may round once (relaxed_madd) */
  readonly fma: boolean;
}
