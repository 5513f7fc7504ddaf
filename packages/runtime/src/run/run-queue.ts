// The queue of asynchronous runs: they happen one at a time, in the order of the calls, and the event loop stays free. The caller
// computes runs that are expected to be short, with a turn of the event loop after every few milliseconds; longer runs are handed
// to the workers.
// Invariant: only the job at the head of the queue may be open.

import { host } from '#host';
import type { Program, RunOptions, Table } from './program.ts';
import type { Runner } from './runner.ts';

/** A run, as it was asked for. */
interface RunRequest {
  readonly program: Program;
  readonly table: Table;
  readonly options: RunOptions;
}

/** What is in the queue: a run, or an action between runs. */
interface Job {
  readonly what: RunRequest | (() => void);
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Runs that are expected to take longer than this many nanoseconds leave the caller's thread. */
const longestNanoseconds = 2e6;
/** The same where the caller must not block: workers compute what takes longer than calling them. */
const longestWithoutWait = 1e5;
/** For how many milliseconds the caller computes before the event loop has a turn. */
const turnMs = 2;
/** any long time: the timer only keeps the process alive */
const longMs = 2 ** 30;

/** The asynchronous runs of a team that are not done yet. */
export class RunQueue {
  readonly #runner: Runner;
  readonly #jobs: Job[] = [];
  #lastJob: Promise<void> | undefined;
  /** when the event loop was last seen to turn */
  #lastTurn = Number.NEGATIVE_INFINITY;
  #isTurnAwaited = false;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  get isEmpty(): boolean {
    return this.#jobs.length === 0;
  }

  /**
   * Whether a run of the program, added now, would be computed by the caller at once: the queue is empty and the run is short.
   */
  isFreeFor(program: Program): boolean {
    return (
      this.isEmpty &&
      this.#runner.link(program).expected <= longestHere() &&
      performance.now() - this.#lastTurn <= turnMs
    );
  }

  /** Adds a run, or an action between runs. Resolves when it is done; rejects with what it throws. */
  add(what: RunRequest | (() => void)): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#jobs.push({ what, resolve, reject });
      if (this.#jobs.length === 1) this.#proceed();
    });
    this.#lastJob = done;
    return this.isEmpty ? done : whileAlive(done);
  }

  /** Blocks until the queue is empty. Throws an Error where the caller must not block and there is something to wait for. */
  finish(): void {
    if (!host.canWait && !this.isEmpty) throw new Error(mustNotWait);
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

  /** Resolves when the queue is empty. */
  async emptied(): Promise<void> {
    while (!this.isEmpty) await Promise.allSettled([this.#lastJob]);
  }

  /** Does jobs from the head of the queue until one is open or the event loop is to have a turn. */
  #proceed(): void {
    for (let job = this.#jobs[0]; job && !this.#runner.isOpen; job = this.#jobs[0]) {
      if (!isReady(job)) return this.#awaitTurn();
      if (this.#isLong(job)) {
        this.#open(job);
      } else {
        if (performance.now() - this.#lastTurn > turnMs) return this.#awaitTurn();
        this.#jobs.shift();
        this.#do(job);
      }
    }
  }

  /** A job whose program cannot be linked counts as short: it fails at once. */
  #isLong({ what }: Job): boolean {
    if (typeof what === 'function') return false;
    try {
      return this.#runner.link(what.program).expected > longestHere();
    } catch {
      return false;
    }
  }

  #do({ what, resolve, reject }: Job): void {
    try {
      if (typeof what === 'function') what();
      else this.#runner.run(what.program, what.table, what.options);
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
      this.#runner.open(what.program, what.table, what.options);
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
    this.#proceed();
  }

  /** Settles the open job, which is the first one, and its promise. */
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
    host.afterTurn(() => {
      this.#isTurnAwaited = false;
      this.#lastTurn = performance.now();
      this.#proceed();
    });
  }
}

/** What to say where the caller would have to wait. */
const mustNotWait =
  'read: a value must be computed before it is read at once, because the thread of a web page must not wait; got one that is ' +
  'not computed yet; use `await t.read()`, or run this code in a web worker';

function longestHere(): number {
  return host.canWait ? longestNanoseconds : longestWithoutWait;
}

/** A job whose `isReady` throws counts as ready: it fails when it is done. */
function isReady({ what }: Job): boolean {
  if (typeof what === 'function') return true;
  try {
    return what.options.isReady?.() ?? true;
  } catch {
    return true;
  }
}

/** Keeps the process alive until the promise settles: nothing else that a team owns does. */
export async function whileAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, longMs);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}
