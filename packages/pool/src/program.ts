// What a team runs: a compiled module and what must be known about it from outside. A program knows no memory address and
// no number of threads; it may be run over any table of base addresses, by whoever comes.

import type { WebAssemblyModule } from './webassembly.ts';

export interface Program {
  /** imports `env.memory`, exports `main(control, table, scratch, thread) → status`, all i32 */
  readonly module: WebAssemblyModule;
  /** steps of the program, skipped ones included */
  readonly steps: number;
  /** what people read in errors: the name of each step */
  readonly names: readonly string[];
  /** bytes of scratch that each thread needs */
  readonly scratchBytes: number;
}

export interface RunOptions {
  /** whether more than one thread pays; by default true */
  readonly parallel?: boolean;
  // Neither of these may run anything itself.

  /** called when the turn of this run has come, before anything of it runs: the time to write the table */
  readonly prepare?: () => void;
  /** called when this run is done, before the next one begins: the time to read what the next one overwrites */
  readonly finish?: () => void;
}
