// What a team runs: compiled code and what must be known about it from outside. A program knows no memory address and no
// number of threads; it may be run over any table, by whoever comes.

import type { WebAssemblyModule } from '../webassembly.ts';

/** A step of a phase. */
export interface StepWork {
  /** into how many it is cut */
  readonly tiles: number;
  /** roughly how many nanoseconds all of them take one thread */
  readonly cost: number;
  /** how often the phase runs; once by default */
  readonly times?: number;
}

/** The steps of each phase. */
export type Work = readonly (readonly StepWork[])[];

/** Functions that programs share, compiled; each thread instantiates it once. */
export interface Kernels {
  /** one number for each module of the process */
  readonly id: number;
  /** imports `env.memory` */
  readonly module: WebAssemblyModule;
}

/** What each thread links the program from. */
export interface Code {
  /**
   * imports `env.memory`, where its steps call functions by position the table `env.kernels`, and where it is watched
   * `env.clock`; exports `main(control, table, scratch, thread) → status`, all i32
   */
  readonly entry: WebAssemblyModule;
  /** the function at each position of its table: exported by `kernels` under that name */
  readonly functions: readonly { readonly kernels: Kernels; readonly name: string }[];
}

export interface Program {
  /** is asked for when the program is first run */
  readonly module: Code;
  /** steps of the program, skipped ones included */
  readonly steps: number;
  /** what people read in errors: the name of each step */
  readonly names: readonly string[];
  /** bytes of scratch that each thread needs */
  readonly scratchBytes: number;
  /** decides how many threads pay; where it is not known, all do */
  readonly work?: Work;
  /** whether its threads write down when they work at what */
  readonly isWatched?: boolean;
}

/** What a thread did at a step; nothing where it ran no tile. */
export interface StepSpan {
  /** nanoseconds since the run was made ready */
  readonly began: number;
  readonly ended: number;
  readonly tiles: number;
}

export interface RunOptions {
  /** whether more than one thread is called; by default if that pays */
  readonly parallel?: boolean;
  /**
   * whether the program can be run, for a run that leaves the event loop free: called when its turn has come, again and again,
   * with a turn of the event loop between; each call may do a few milliseconds of what is still to be done
   */
  isReady?(): boolean;
  // None of these may run anything itself.

  /**
   * called when this run is done, before the next one begins: the time to read what the next one overwrites. Is given what
   * each thread did at each step, where the program is watched.
   */
  finish?(log: readonly (readonly StepSpan[])[]): void;
  /**
   * called when this run has failed. With `gone`, threads may still write to the memory that it was given, until then: it must
   * not be used for anything else.
   */
  fail?(gone: Promise<void> | undefined): void;
}

/** The byte offset of a run's table of addresses, or what writes the table when the turn of the run has come. */
export type Table = number | { table(): number };
