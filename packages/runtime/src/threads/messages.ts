// What is sent to a worker thread: one init message when it starts, then a message for each program.

import type { Code } from '../run/program.ts';
import type { WebAssemblyMemory } from '../webassembly.ts';

/** With how much right worker threads compute while other threads of the machine want the same cores. */
export type Priority = 'normal' | 'low';

/** What a worker is given when it starts. */
export interface InitMessage {
  readonly memory: WebAssemblyMemory;
  /** the run descriptor */
  readonly descriptor: Int32Array<SharedArrayBuffer>;
  /** the doorbell that the worker listens to: a word of the descriptor */
  readonly doorbell: number;
  /** the number of the worker's thread in the team */
  readonly thread: number;
  readonly priority: Priority;
}

/** A program to know or, without its code, to forget. */
export interface ProgramMessage {
  readonly id: number;
  readonly code?: Code;
}
