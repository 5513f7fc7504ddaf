// What a team runs: compiled code, and what its callers must know about it. A program is a list of phases that follow each
// other; a phase is a set of kernels; a kernel is cut into tiles, and any thread may run any tile of the phase. A program contains
// no memory address and no number of threads: it runs over any table of addresses, on any number of threads.

import type { WebAssemblyModule } from '../webassembly.ts';

/** The work of a kernel. */
export interface KernelWork {
  /** into how many tiles it is cut */
  readonly tiles: number;
  /** an estimate of how many nanoseconds all tiles take one thread */
  readonly cost: number;
  /** how often the phase of the kernel runs; once by default */
  readonly times?: number;
}

/** The work of a program: the kernels of each phase. */
export type Work = readonly (readonly KernelWork[])[];

/** Functions that programs share, compiled; each thread instantiates it once. */
export interface Kernels {
  /** a number that no other module of the process has */
  readonly id: number;
  /** imports `env.memory` */
  readonly module: WebAssemblyModule;
}

/** The modules from which each thread links a program. */
export interface Code {
  /**
   * exports `main(control, table, scratch, thread) → status`, all i32. Imports `env.memory`; the table `env.kernels`, from
   * which its kernels call functions by position; where it is watched, `env.clock`; and where the caller's thread must not block,
   * `env.pause`
   */
  readonly entry: WebAssemblyModule;
  /** the function at each position of the table: the one that `kernels` exports under this name */
  readonly functions: readonly { readonly kernels: Kernels; readonly name: string }[];
}

/** What a team can run. */
export interface Program {
  /** read when the program first runs */
  readonly module: Code;
  /** how many kernels the program has, with those that have no tiles */
  readonly kernelCount: number;
  /** the name of each kernel, for errors */
  readonly names: readonly string[];
  /** bytes of scratch memory that each thread needs */
  readonly scratchBytes: number;
  /** decides how many threads are called; all of them where it is unknown */
  readonly work?: Work;
  /** whether its threads note when they work at which kernel */
  readonly isWatched?: boolean;
}

/** What a thread did at a kernel; all 0 where it ran no tile. */
export interface KernelSpan {
  /** nanoseconds since the run was prepared */
  readonly began: number;
  readonly ended: number;
  /** how many tiles the thread ran */
  readonly tiles: number;
}

/** How a program is run, and what is called around the run. */
export interface RunOptions {
  /** whether more than one thread is called; by default where that is expected to be faster */
  readonly parallel?: boolean;
  /**
   * whether the program can run yet. An asynchronous run at the head of the queue calls it again after each turn of the event
   * loop until it is true; each call may do a few milliseconds of the preparation that is left
   */
  isReady?(): boolean;
  // `isReady`, `finish` and `fail` must not run any program themselves.

  /**
   * called when this run is done, before the next one begins: the moment to read what the next one overwrites. `log`: what each
   * thread did at each kernel, [thread][kernel]; empty unless the program is watched
   */
  finish?(log: readonly (readonly KernelSpan[])[]): void;
  /**
   * called when this run has failed. Until `gone` resolves, threads may still write to the memory that the run was given, which
   * must not be used for anything else. undefined where no thread can write to it any more
   */
  fail?(gone: Promise<void> | undefined): void;
}

/** The byte offset of a run's table of addresses, or a function that writes the table just before the run begins. */
export type Table = number | { table(): number };
