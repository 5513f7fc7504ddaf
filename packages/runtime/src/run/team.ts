// The team of threads, as the compiler uses it: `run` blocks; `runAsync` leaves the event loop free. Runs happen one at a time,
// in the order of the calls. How a run is shared out is in runner.ts, how runs wait for each other in run-queue.ts.

import { host } from '#host';
import type { WorkerHandle } from '../host/host.ts';
import { mostThreads, prioritySetting, threadsSetting } from '../settings.ts';
import type { Priority } from '../threads/messages.ts';
import type { Program, RunOptions, Table } from './program.ts';
import { RunQueue, whileAlive } from './run-queue.ts';
import { Runner } from './runner.ts';

/** How a team is made. */
export interface TeamOptions {
  /** how many threads compute; by default TREADLE_THREADS, or as many as the cores that this process may use */
  readonly threads?: number;
  /** the priority of the workers; by default TREADLE_PRIORITY, or 'normal' */
  readonly priority?: Priority;
  /**
   * for how many milliseconds the threads that a run waits for may compute nothing at all, before the run fails; 10,000 by
   * default
   */
  readonly timeoutMs?: number;
}

/** A team of threads that runs programs. */
export class Team {
  #options: TeamOptions;
  #made: { readonly runner: Runner; readonly queue: RunQueue } | undefined;

  constructor(options: TeamOptions = {}) {
    if (options.threads !== undefined) checkThreads(options.threads);
    this.#options = options;
  }

  get #runner(): Runner {
    return (this.#made ?? this.#make()).runner;
  }

  get #queue(): RunQueue {
    return (this.#made ?? this.#make()).queue;
  }

  /** Settings are read when the team is first used, so that a program may make them itself. */
  #make(): { readonly runner: Runner; readonly queue: RunQueue } {
    const {
      threads = threadsSetting() ?? host.cores(),
      priority = prioritySetting(),
      timeoutMs = 10_000,
    } = this.#options;
    const runner = new Runner(threads, priority, timeoutMs);
    this.#made = { runner, queue: new RunQueue(runner) };
    return this.#made;
  }

  /** How many threads compute. */
  threads(): number {
    return this.#runner.threads;
  }

  /**
   * Sets how many threads compute, and with which priority (as before by default), after the runs under way are finished.
   * RangeError unless the number is a whole one, 1 … 1024.
   */
  setThreads(threads: number, priority: Priority | undefined = this.#options.priority): void {
    checkThreads(threads);
    this.#options = { ...this.#options, threads, ...(priority && { priority }) };
    if (!this.#made) return;
    const { runner, queue } = this.#made;
    queue.finish();
    runner.threads = threads;
    if (priority) runner.priority = priority;
  }

  /** The worker threads that exist at the moment, for tests and diagnosis. */
  get workers(): readonly WorkerHandle[] {
    return this.#runner.workers;
  }

  set isAlwaysShared(isAlwaysShared: boolean) {
    this.#runner.isAlwaysShared = isAlwaysShared;
  }

  /** Whether a run is under way on the workers: blocks of memory must stay where they are. */
  get isRunning(): boolean {
    return this.#runner.isOpen;
  }

  /** Whether an asynchronous run of the program would be computed by the caller at once: no run waits, and it is short. */
  isFreeFor(program: Program): boolean {
    return this.#queue.isFreeFor(program);
  }

  /**
   * Runs a program over a table of base addresses; returns when it is done. Throws a RunError that names the thread and
   * the kernel when one of them fails; the next run has new threads.
   */
  run(program: Program, table: Table, options: RunOptions = {}): void {
    this.finish();
    this.#runner.run(program, table, options);
  }

  /** The same with the event loop free; later runs wait in a queue until this one is done. */
  runAsync(program: Program, table: Table, options: RunOptions = {}): Promise<void> {
    return this.#queue.add({ program, table, options });
  }

  /** Calls `act` when all runs that were asked for before are done, and before any later one begins. */
  between(act: () => void): Promise<void> {
    return this.#queue.add(act);
  }

  /** Drops what is kept for a program that will not run again. */
  forget(program: Program): void {
    this.#runner.forget(program);
  }

  /** Blocks until all asynchronous runs are finished: what they write can be read then. */
  finish(): void {
    this.#queue.finish();
  }

  /** Gives back the memory that is kept between runs; the next run allocates it again. */
  releaseWorkspace(): void {
    this.#runner.releaseWorkspace();
  }

  /** Ends the threads after the runs under way are finished; the next run starts new ones. */
  async shutdown(): Promise<void> {
    await this.#queue.emptied();
    await whileAlive(this.#runner.end());
  }
}

function checkThreads(threads: number): number {
  if (Number.isSafeInteger(threads) && threads > mostThreads) {
    throw new RangeError(`setThreads: there may be no more than ${mostThreads} threads; got ${threads}`);
  }
  if (Number.isSafeInteger(threads) && threads > 0) return threads;
  const got = typeof threads === 'number' ? threads : `a ${typeof threads}`;
  throw new RangeError(
    `setThreads: the number of threads must be a whole number, 1 or more; got ${got}; this machine has ${host.cores()} cores`,
  );
}

/** The team of this process. */
export const team: Team = new Team();
