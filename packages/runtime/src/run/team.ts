// The team: in which order runs happen, and when the event loop has a turn. `run` blocks. `runAsync` leaves the event loop free:
// runs that are expected to be short are computed by the caller, which gives the event loop a turn between them; longer ones
// are handed to the workers. Runs happen one at a time, in the order of the calls.

import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Program, RunOptions, Table } from './program.ts';
import { Runner } from './runner.ts';

export interface TeamOptions {
  /** by default the cores that this process may use */
  readonly threads?: number;
  /** for how long the threads that hold a run up may compute nothing at all; by default 10 s */
  readonly patienceMs?: number;
}

/** What waits for its turn: a run, or an act between runs. */
interface Job {
  readonly what: { readonly program: Program; readonly table: Table; readonly options: RunOptions } | (() => void);
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Runs that are expected to take longer than this many nanoseconds leave the caller's thread. */
const longestNanoseconds = 2e6;
/** For how many milliseconds the caller computes until the event loop has a turn. */
const turnMs = 2;
/** any time at all: a timer that only keeps the process alive */
const longMs = 2 ** 30;

export class Team {
  readonly #runner: Runner;
  /** in the order of the calls; the first one may be open */
  readonly #jobs: Job[] = [];
  #lastJob: Promise<void> | undefined;
  /** when the event loop was last seen to turn */
  #lastTurn = Number.NEGATIVE_INFINITY;
  #isTurnAwaited = false;

  constructor({ threads = availableParallelism(), patienceMs = 10_000 }: TeamOptions = {}) {
    this.#runner = new Runner(checkThreads(threads), patienceMs);
  }

  /** How many threads compute. */
  threads(): number {
    return this.#runner.threads;
  }

  /** Sets how many threads compute, once the runs under way are finished. */
  setThreads(threads: number): void {
    checkThreads(threads);
    this.finish();
    this.#runner.threads = threads;
  }

  /** The worker threads that there are at the moment, for tests and diagnoses. */
  get workers(): readonly Worker[] {
    return this.#runner.workers;
  }

  set isAlwaysShared(isAlwaysShared: boolean) {
    this.#runner.isAlwaysShared = isAlwaysShared;
  }

  /** Whether a run is under way on the workers: blocks of memory must stay where they are. */
  get isRunning(): boolean {
    return this.#runner.isOpen;
  }

  /** Whether an asynchronous run of the program would be done by the caller at once: nothing waits, and it is short. */
  isFreeFor(program: Program): boolean {
    return (
      this.#jobs.length === 0 &&
      this.#runner.know(program).expected <= longestNanoseconds &&
      performance.now() - this.#lastTurn <= turnMs
    );
  }

  /**
   * Runs a program over a table of base addresses; returns when it is done. Throws a RunError that names the thread and
   * the step when one of them fails; the next run has new threads.
   */
  run(program: Program, table: Table, options: RunOptions = {}): void {
    this.finish();
    this.#compute(program, table, options);
  }

  /** The same with the event loop free; runs that are asked for meanwhile wait for their turn. */
  runAsync(program: Program, table: Table, options: RunOptions = {}): Promise<void> {
    return this.#enqueue({ program, table, options });
  }

  /** Calls `act` when all runs that were asked for before are done, and before any later one begins. */
  between(act: () => void): Promise<void> {
    return this.#enqueue(act);
  }

  /** Drops what is kept for a program that will not run again. */
  forget(program: Program): void {
    this.#runner.forget(program);
  }

  /** Blocks until all asynchronous runs are finished: what they write can be read then. */
  finish(): void {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      if (this.#runner.isOpen) {
        this.#runner.wait();
        this.#settle(job);
      } else {
        this.#jobs.shift();
        this.#do(job);
      }
    }
  }

  /** Gives back the memory that is kept between runs; the next run takes it anew. */
  rest(): void {
    this.#runner.rest();
  }

  /** Ends the threads once the runs under way are finished; the next run starts new ones. */
  async shutdown(): Promise<void> {
    while (this.#jobs.length > 0) await Promise.allSettled([this.#lastJob]);
    await whileAlive(this.#runner.end());
  }

  #compute(program: Program, table: Table, options: RunOptions): void {
    const address = typeof table === 'number' ? table : table.table();
    this.#runner.compute(this.#runner.know(program), address, options);
  }

  #enqueue(what: Job['what']): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#jobs.push({ what, resolve, reject });
      if (this.#jobs.length === 1) this.#begin();
    });
    this.#lastJob = done;
    return this.#jobs.length === 0 ? done : whileAlive(done);
  }

  /** Does the jobs whose turn has come, until one is open or the event loop is to have a turn. */
  #begin(): void {
    for (let job = this.#jobs[0]; job && !this.#runner.isOpen; job = this.#jobs[0]) {
      if (!this.#isReady(job)) return this.#awaitTurn();
      if (this.#isLong(job)) {
        this.#open(job);
      } else {
        if (performance.now() - this.#lastTurn > turnMs) return this.#awaitTurn();
        this.#jobs.shift();
        this.#do(job);
      }
    }
  }

  /** A job that cannot be made ready is as ready as it will be: it fails when it is done. */
  #isReady({ what }: Job): boolean {
    if (typeof what === 'function') return true;
    try {
      return what.options.isReady?.() ?? true;
    } catch {
      return true;
    }
  }

  /** A job whose program cannot be instantiated is short: it fails at once. */
  #isLong({ what }: Job): boolean {
    if (typeof what === 'function') return false;
    try {
      return this.#runner.know(what.program).expected > longestNanoseconds;
    } catch {
      return false;
    }
  }

  #do({ what, resolve, reject }: Job): void {
    try {
      if (typeof what === 'function') what();
      else this.#compute(what.program, what.table, what.options);
      resolve();
    } catch (error) {
      reject(error);
    }
  }

  /** Opens the run of the first job; one that cannot be opened is rejected. */
  #open(job: Job): void {
    const { what, reject } = job;
    if (typeof what === 'function') return;
    try {
      const table = typeof what.table === 'number' ? what.table : what.table.table();
      this.#runner.open(this.#runner.know(what.program), table, what.options);
      void this.#settleInTime(job);
    } catch (error) {
      this.#jobs.shift();
      reject(error);
    }
  }

  /** Settles the open job when it is over, unless a blocking call has done so before. */
  async #settleInTime(job: Job): Promise<void> {
    await this.#runner.ready();
    if (this.#jobs[0] !== job) return;
    this.#lastTurn = performance.now();
    this.#settle(job);
    this.#begin();
  }

  /** Settles the open job, which is the first one, and tells who awaits it. */
  #settle({ resolve, reject }: Job): void {
    try {
      this.#runner.settle();
      resolve();
    } catch (error) {
      reject(error);
    }
    this.#jobs.shift();
  }

  #awaitTurn(): void {
    if (this.#isTurnAwaited) return;
    this.#isTurnAwaited = true;
    setImmediate(() => {
      this.#isTurnAwaited = false;
      this.#lastTurn = performance.now();
      this.#begin();
    });
  }
}

/** More would take the memory of the machine rather than its cores. */
const mostThreads = 1024;

function checkThreads(threads: number): number {
  if (Number.isSafeInteger(threads) && threads > mostThreads) {
    throw new RangeError(`setThreads: there may be no more than ${mostThreads} threads; got ${threads}`);
  }
  if (Number.isSafeInteger(threads) && threads > 0) return threads;
  const got = typeof threads === 'number' ? threads : `a ${typeof threads}`;
  throw new RangeError(
    `setThreads: the number of threads must be a whole number, 1 or more; got ${got}; this machine has ${availableParallelism()} cores`,
  );
}

/** Nothing that a team owns keeps the process alive; what somebody waits for does. */
async function whileAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, longMs);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

/** The team of this process. */
export const team: Team = new Team();
