// A program on the caller's side: its entry, and what a run of it is expected to take and to gain from more threads. Both decide
// who computes it: the caller alone, all threads, or workers while the event loop is free.

import { memory } from '../memory/memory.ts';
import { instantiate, type Main } from '../threads/instantiate.ts';
import { costOf, gainOf } from '../threads/wake-policy.ts';
import type { Program } from './program.ts';

/** How much the latest run counts in what the next one is expected to take: little, so that one interruption changes nothing. */
const weightOfLatest = 1 / 4;
/** Runs that gain nothing from threads are timed only if they take longer than this: then they may leave the caller's thread. */
const leastTimedNanoseconds = 100_000;

/** A program that is linked in the thread of the caller. */
export class LinkedProgram {
  /** the number by which workers know the program */
  readonly id: number;
  readonly program: Program;
  readonly main: Main;
  /** nanoseconds that all threads, awake, save together; Infinity where the work is unknown */
  gain = 0;
  /** nanoseconds that a run takes: at first computed from the work, then measured; Infinity where the work is unknown */
  expected = 0;
  /** how many threads the figures above are for */
  threads = 0;

  /** Links the program in the caller's thread. Throws where its module does not fit. */
  constructor(id: number, program: Program) {
    this.id = id;
    this.program = program;
    this.main = instantiate(program.module, memory.wasm);
  }

  /** Computes the figures for a number of threads. */
  estimate(threads: number): void {
    this.threads = threads;
    const { work } = this.program;
    this.gain = work ? gainOf(work, threads) : Number.POSITIVE_INFINITY;
    this.expected = work ? costOf(work) - this.gain : Number.POSITIVE_INFINITY;
  }

  /** Whether it is worth the time to measure how long a run takes. */
  get isTimed(): boolean {
    return this.gain > 0 || this.expected > leastTimedNanoseconds;
  }

  /** Takes in how long a run has taken. */
  learn(milliseconds: number): void {
    if (this.program.work) this.expected += weightOfLatest * (1e6 * milliseconds - this.expected);
  }
}
