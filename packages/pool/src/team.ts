// The team: who runs programs, on how many threads. `run` blocks and the caller works along as thread 0; `runAsync` leaves the
// event loop free and a worker takes the caller's place. Runs happen one at a time, in the order of the calls. Workers are
// spawned when first needed, and all of them anew after a failure; nobody outside this package knows how many there are.

import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { status } from './control.ts';
import { type Main, mainOf } from './main.ts';
import { memory } from './memory.ts';
import type { Program, RunOptions, Work } from './program.ts';
import { RunError } from './run-error.ts';
import { gainOf, Sharing } from './sharing.ts';
import { type Death, Staff } from './staff.ts';
import { Workspace } from './workspace.ts';

export interface TeamOptions {
  /** by default the cores that this process may use */
  readonly threads?: number;
  /** how long a claimed tile may take before its thread is taken for dead; by default 10 s */
  readonly patienceMs?: number;
}

/** A program on the caller's side: the number it goes by, and its entry. */
interface Known {
  readonly id: number;
  readonly main: Main;
  readonly work: Work | undefined;
  /** nanoseconds that so many threads save of it, awake; Infinity where nobody knows */
  gain: number;
  threads: number;
}

/** An asynchronous run: waiting for its turn, then open. */
interface Job {
  readonly program: Program;
  readonly table: number;
  readonly options: RunOptions;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How long survivors of a failure are waited for before they are ended by force. */
const graceMs = 200;
/** any time at all: a timer that only keeps the process alive */
const longMs = 2 ** 30;

export class Team {
  readonly #patienceMs: number;
  readonly #known = new WeakMap<Program, Known>();
  /** asynchronous runs in the order of the calls; the first one is open */
  readonly #jobs: Job[] = [];
  #lastJob: Promise<void> | undefined;
  #threads: number;
  #workspace: Workspace;
  #staff: Staff | undefined;
  #programs = 0;
  readonly #sharing = new Sharing();
  /** whether all threads are called to every run, for tests of what they do together; by default if that pays */
  isAlwaysShared = false;
  /** what ended a thread during the open asynchronous run */
  #death: Death | undefined;

  constructor({ threads = availableParallelism(), patienceMs = 10_000 }: TeamOptions = {}) {
    this.#threads = checkThreads(threads);
    this.#patienceMs = patienceMs;
    this.#workspace = new Workspace(threads, patienceMs);
  }

  /** How many threads compute. */
  threads(): number {
    return this.#threads;
  }

  /** Sets how many threads compute, once the runs under way are finished. */
  setThreads(threads: number): void {
    checkThreads(threads);
    this.finish();
    if (threads === this.#threads) return;
    this.#dismiss()?.end();
    this.#workspace.release();
    this.#threads = threads;
    this.#workspace = new Workspace(threads, this.#patienceMs);
  }

  /** The worker threads that there are at the moment, for tests and diagnoses. */
  get workers(): readonly Worker[] {
    return this.#staff?.workers ?? [];
  }

  /**
   * Runs a program over the base addresses at `table`; returns when it is done. Throws a RunError that names the thread and
   * the step when one of them fails; the next run has a new team.
   */
  run(program: Program, table: number, { parallel, prepare, finish }: RunOptions = {}): void {
    this.finish();
    prepare?.();
    const known = this.#know(program);
    const { id, main } = known;
    const workspace = this.#workspace;
    workspace.prepare(program);
    let outcome: number = status.done;
    let thrown: unknown;
    const isShared = this.#threads > 1 && (parallel ?? this.#pays(known));
    const staff = isShared ? this.#hire() : undefined;
    staff?.open(id, program.module, table, workspace, { first: false, others: true, isSoon: this.#sharing.isSoon });
    try {
      outcome = main(workspace.control, table, workspace.scratch, 0);
    } catch (error) {
      thrown = error;
      outcome = status.aborted;
      workspace.abort();
    }
    const closed = staff?.close(outcome === status.done ? this.#patienceMs : graceMs) ?? true;
    if (outcome !== status.done || !closed) throw this.#fail(program, thrown);
    finish?.(this.#workspace.logOf(program));
    if (known.gain > 0) this.#sharing.ended(performance.now());
  }

  /** The same with the event loop free; runs that are asked for meanwhile wait for their turn. */
  runAsync(program: Program, table: number, options: RunOptions = {}): Promise<void> {
    const done = new Promise<void>((resolve, reject) => {
      this.#jobs.push({ program, table, options, resolve, reject });
      if (this.#jobs.length === 1) this.#begin();
    });
    this.#lastJob = done;
    return whileAlive(done);
  }

  /** Drops what is kept for a program that will not run again. */
  forget(program: Program): void {
    const known = this.#known.get(program);
    if (!known) return;
    this.#known.delete(program);
    this.#staff?.forget(known.id);
  }

  /** Ends the team once the runs under way are finished; the next run starts a new one. */
  async shutdown(): Promise<void> {
    while (this.#jobs.length > 0) await Promise.allSettled([this.#lastJob]);
    const staff = this.#dismiss();
    this.#workspace.release();
    if (staff) await whileAlive(staff.end());
  }

  #pays(known: Known): boolean {
    if (known.threads !== this.#threads) {
      known.threads = this.#threads;
      known.gain = known.work ? gainOf(known.work, this.#threads) : Number.POSITIVE_INFINITY;
    }
    const { gain } = known;
    if (this.isAlwaysShared || gain === Number.POSITIVE_INFINITY) return true;
    return gain > 0 && this.#sharing.pays(gain, this.#staff?.areOthersAwake ?? false, performance.now());
  }

  #know(program: Program): Known {
    let known = this.#known.get(program);
    if (!known) {
      const { module, work } = program;
      known = { id: ++this.#programs, main: mainOf(module, memory.wasm), work, gain: 0, threads: 1 };
      this.#known.set(program, known);
    }
    return known;
  }

  #hire(): Staff {
    if (!this.#staff) {
      const staff: Staff = new Staff(this.#threads, (death) => this.#onDeath(staff, death));
      this.#staff = staff;
    }
    return this.#staff;
  }

  #dismiss(): Staff | undefined {
    const staff = this.#staff;
    this.#staff = undefined;
    return staff;
  }

  /** Opens the first job; one that cannot be opened is rejected, and the next one is first. */
  #begin(): void {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      const { program, table, options, reject } = job;
      try {
        options.prepare?.();
        const known = this.#know(program);
        this.#workspace.prepare(program);
        this.#death = undefined;
        const staff = this.#hire();
        const isShared = this.#threads > 1 && (options.parallel ?? this.#pays(known));
        staff.open(known.id, program.module, table, this.#workspace, {
          first: true,
          others: isShared,
          isSoon: this.#sharing.isSoon,
        });
        this.#watch(job, staff);
        return;
      } catch (error) {
        this.#jobs.shift();
        reject(error);
      }
    }
  }

  /** Settles the open job when it is finished, unless a blocking call has done so before. */
  async #watch(job: Job, staff: Staff): Promise<void> {
    while (this.#jobs[0] === job) {
      if (staff.outcome !== undefined || this.#death) this.#settle(job, staff);
      else await staff.outcomeChange();
    }
  }

  /** Closes the open job, tells whoever awaits it, and begins the next one. */
  #settle({ program, options, resolve, reject }: Job, staff: Staff): void {
    const isDone = staff.outcome === status.done;
    if (!isDone) this.#workspace.abort();
    const closed = staff.close(isDone ? this.#patienceMs : graceMs);
    try {
      if (!isDone || !closed) throw this.#fail(program);
      options.finish?.(this.#workspace.logOf(program));
      this.#sharing.ended(performance.now());
      resolve();
    } catch (error) {
      reject(error);
    }
    this.#jobs.shift();
    this.#begin();
  }

  /** Blocks until all asynchronous runs are finished: what they write can be read then. */
  finish(): void {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      const staff = this.#hire();
      let tiles = -1;
      let patienceEnd = 0;
      // Nobody hears of a dead thread while the event loop is blocked: what tells is that no tile gets done.
      while (staff.outcome === undefined && !this.#death) {
        const done = this.#workspace.tilesDone(job.program);
        const now = performance.now();
        if (done !== tiles) patienceEnd = now + this.#patienceMs;
        else if (now > patienceEnd) break;
        tiles = done;
        staff.waitForOutcome();
      }
      this.#settle(job, staff);
    }
  }

  #onDeath(staff: Staff, death: Death): void {
    if (staff !== this.#staff) return;
    if (this.#jobs.length > 0) {
      this.#death ??= death;
      staff.wake();
    } else {
      this.#abandon();
    }
  }

  /** What went wrong in a run that is closed, as an error; ends the team, so that the next run has a new one. */
  #fail(program: Program, thrown?: unknown): Error {
    const complaint = thrown === undefined ? this.#staff?.complaint() : { thread: 0, message: messageOf(thrown) };
    const death = this.#death;
    const stuck = this.#threadInside(program);
    const thread = complaint?.thread ?? death?.thread ?? stuck;
    const reason = complaint?.message ?? (death ? messageOf(death.error) : 'it does not respond');
    const step = thread === undefined ? undefined : this.#workspace.stepOf(program, thread);
    const place = step === undefined ? 'between steps' : `in step ${step} (${program.names[step] ?? 'unnamed'})`;
    const who = thread === undefined ? 'a thread' : `thread ${thread}`;
    const begun = this.#workspace.begun(program);
    this.#abandon();
    return new RunError(`team: ${who} failed ${place}; ${reason}`, begun, { cause: thrown ?? death?.error });
  }

  /** The thread that is still at a step though everybody should have left, workers before the caller. */
  #threadInside(program: Program): number | undefined {
    for (let thread = this.#threads - 1; thread >= 0; thread--) {
      if (this.#workspace.stepOf(program, thread) !== undefined) return thread;
    }
    return undefined;
  }

  /** Ends the threads by force. Their memory is given back once they can no longer touch it. */
  #abandon(): void {
    const staff = this.#dismiss();
    if (!staff) return;
    const workspace = this.#workspace;
    this.#workspace = new Workspace(this.#threads, this.#patienceMs);
    this.#death = undefined;
    staff.kill().then(() => workspace.release());
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

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
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
