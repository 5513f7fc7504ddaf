// One run at a time, on all threads: in a blocking run the caller takes part as thread 0; in an open one a worker takes its
// place, and the caller settles the run when it is over. Workers are spawned when first needed, and all of them anew after a
// failure. A failed run is settled when no thread can touch its memory any more, or when that memory has been put aside. It
// knows nothing of an order of runs.

import type { Worker } from 'node:worker_threads';
import { memory } from '../memory/memory.ts';
import { Workspace } from '../memory/workspace.ts';
import { instantiate, type Main } from '../threads/instantiate.ts';
import { costOf, gainOf, WakePolicy } from '../threads/wake-policy.ts';
import { type Death, WorkerPool } from '../threads/worker-pool.ts';
import { status } from './control.ts';
import type { Program, RunOptions } from './program.ts';
import { RunError } from './run-error.ts';
import { Timeout } from './timeout.ts';

/** A program on the caller's side: the number it goes by, its entry, and what it is expected to take. */
export interface Known {
  readonly id: number;
  readonly program: Program;
  readonly main: Main;
  /** how many threads the figures below are for */
  threads: number;
  /** nanoseconds that all threads save of it when they are awake; Infinity where nothing is known */
  gain: number;
  /** nanoseconds that a run takes: at first what its work says, then what runs took; Infinity where nothing is known */
  expected: number;
}

/** A run on the workers alone. */
interface OpenRun {
  readonly known: Known;
  readonly table: number;
  readonly options: RunOptions;
  readonly began: number;
  /** undefined where no worker can be started: the caller computes the run when it settles it */
  readonly staff: WorkerPool | undefined;
  /** what ended a thread meanwhile */
  death?: Death;
  failure?: Failure;
}

/** A run that has failed: its error, and the end of its threads. */
interface Failure {
  readonly error: RunError;
  readonly gone: Promise<void>;
  areGone: boolean;
}

/** For how many rounds a blocking run that failed waits for threads to leave by themselves. */
const graceRounds = 2;
/** How long an open run that failed waits for the end of its threads. */
const endMs = 2_000;
/** How much the latest run counts in what the next one is expected to take: little, so that one interruption changes nothing. */
const weightOfLatest = 1 / 4;
/** So many times workers may fail before any of them has started; then none can be started here. */
const mostFailedStarts = 2;

export class Runner {
  readonly #patienceMs: number;
  readonly #known = new WeakMap<Program, Known>();
  readonly #sharing = new WakePolicy();
  #threads: number;
  #workspace: Workspace;
  #staff: WorkerPool | undefined;
  #programs = 0;
  #failedStarts = 0;
  #open: OpenRun | undefined;
  /** whether all threads are called to every run, for tests of what they do together; by default if that pays */
  isAlwaysShared = false;

  constructor(threads: number, patienceMs: number) {
    this.#threads = threads;
    this.#patienceMs = patienceMs;
    this.#workspace = new Workspace(threads);
  }

  get threads(): number {
    return this.#threads;
  }

  /** Sets how many threads compute. No run is open. */
  set threads(threads: number) {
    if (threads === this.#threads) return;
    void this.end();
    this.#threads = threads;
    this.#workspace = new Workspace(threads);
  }

  get workers(): readonly Worker[] {
    return this.#staff?.workers ?? [];
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  know(program: Program): Known {
    let known = this.#known.get(program);
    if (!known) {
      const main = instantiate(program.module, memory.wasm);
      known = { id: ++this.#programs, program, main, gain: 0, expected: 0, threads: 0 };
      this.#known.set(program, known);
    }
    if (known.threads !== this.#threads) {
      const { work } = program;
      known.threads = this.#threads;
      known.gain = work ? gainOf(work, this.#threads) : Number.POSITIVE_INFINITY;
      known.expected = work ? costOf(work) - known.gain : Number.POSITIVE_INFINITY;
    }
    return known;
  }

  forget(program: Program): void {
    const known = this.#known.get(program);
    if (!known) return;
    this.#known.delete(program);
    this.#staff?.forget(known.id);
  }

  /** Runs what is prepared, the caller as thread 0; returns when it is done. Throws a RunError. */
  compute(known: Known, table: number, options: RunOptions): void {
    this.#workspace.prepare(known.program);
    const staff = this.#isShared(known, options) ? this.#call(known, table, { first: false, others: true }) : undefined;
    this.#takePart({ known, table, options, staff, began: isTimed(known) ? performance.now() : 0 });
  }

  /** The caller works in a run as thread 0 until it is done. */
  #takePart({ known, table, options, staff, began }: OpenRun): void {
    const { program, main } = known;
    const { control, scratch } = this.#workspace;
    const isInVain = this.#patience(program, staff);
    let isDone = false;
    let thrown: unknown;
    try {
      let outcome: number;
      do outcome = main(control, table, scratch, 0);
      while (outcome === status.stalled && !isInVain());
      isDone = outcome === status.done && (staff?.close(isInVain) ?? true);
    } catch (error) {
      thrown = error;
    }
    if (!isDone) {
      const { areGone, gone, error } = this.#fail(program, staff, { thrown, graceRounds });
      options.fail?.(areGone ? undefined : gone);
      throw error;
    }
    this.#learn(known, began);
    options.finish?.(this.#workspace.logOf(program));
  }

  /** Hands what is prepared to the workers. */
  open(known: Known, table: number, options: RunOptions): void {
    this.#workspace.prepare(known.program);
    const staff = this.#call(known, table, { first: true, others: this.#isShared(known, options) });
    this.#open = { known, table, options, began: performance.now(), staff };
  }

  /** Resolves when the open run can be settled without a wait. */
  async ready(): Promise<void> {
    const open = this.#open;
    while (open && open === this.#open && !isOver(open)) await open.staff?.outcomeChange();
    if (!open || open !== this.#open || !open.staff || open.staff.outcome === status.done) return;
    if (!open.staff.hasFirstStarted) return;
    open.failure = this.#fail(open.known.program, open.staff, open);
    await within(endMs, open.failure.gone);
  }

  /** Blocks until the open run is over. */
  wait(): void {
    const open = this.#open;
    if (!open) return;
    const isInVain = this.#patience(open.known.program, open.staff);
    // Events do not come while the event loop is blocked: that a thread has ended shows in what the threads do.
    while (!isOver(open)) {
      if (!open.staff?.hasFirstStarted) return; // the caller can take its place
      open.staff.waitForOutcome();
      if (!isOver(open) && isInVain()) return;
    }
  }

  /** Ends the open run, which is over or is given up. Throws what it failed with. */
  settle(): void {
    const open = this.#open;
    if (!open) throw new Error('internal: no run is open');
    this.#open = undefined;
    const { known, options, staff, began, death } = open;
    if (!staff || staff.takeFirstPlace()) {
      this.#takePart(open);
      if (death) void this.#abandon();
      return;
    }
    const isDone = staff.outcome === status.done && staff.close(this.#patience(known.program, staff));
    if (!isDone) {
      const failure = open.failure ?? this.#fail(known.program, staff, { ...open, graceRounds });
      options.fail?.(failure.areGone ? undefined : failure.gone);
      throw failure.error;
    }
    this.#learn(known, began);
    options.finish?.(this.#workspace.logOf(known.program));
  }

  /** Gives back the memory that is kept from run to run. */
  rest(): void {
    if (!this.#open) this.#workspace.release();
  }

  /** Ends the workers. No run is open. */
  async end(): Promise<void> {
    const staff = this.#dismiss();
    this.#workspace.release();
    await staff?.end();
  }

  #isShared({ gain }: Known, { parallel }: RunOptions): boolean {
    if (this.#threads === 1) return false;
    if (parallel !== undefined) return parallel;
    if (this.isAlwaysShared || gain === Number.POSITIVE_INFINITY) return true;
    return gain > 0 && this.#sharing.pays(gain, this.#staff?.areOthersAwake ?? false, performance.now());
  }

  /** Keeps what the run that began then has taken. */
  #learn(known: Known, began: number): void {
    if (!isTimed(known)) return;
    const ended = performance.now();
    if (known.gain > 0) this.#sharing.ended(ended);
    if (known.program.work) known.expected += weightOfLatest * (1e6 * (ended - began) - known.expected);
  }

  /** To be asked once a round: whether it is in vain to wait for the threads that were called. */
  #patience(program: Program, staff: WorkerPool | undefined): () => boolean {
    let patience: Timeout | undefined;
    return () => {
      patience ??= new Timeout(this.#patienceMs);
      return patience.isSpent(staff?.calledThreads ?? [], this.#workspace.tilesDone(program));
    };
  }

  /** Calls workers to a run; undefined where none can be started. */
  #call({ id, program }: Known, table: number, who: { first: boolean; others: boolean }): WorkerPool | undefined {
    if (this.#failedStarts >= mostFailedStarts) return undefined;
    const staff = this.#hire();
    try {
      staff.open(id, program.module, table, this.#workspace, { ...who, isSoon: this.#sharing.isSoon });
      return staff;
    } catch (error) {
      this.#failedStarts = mostFailedStarts;
      this.#warn(error);
      this.#abandon();
      this.#workspace.prepare(program);
      return undefined;
    }
  }

  #hire(): WorkerPool {
    if (!this.#staff) {
      const staff: WorkerPool = new WorkerPool(this.#threads, (death) => this.#onDeath(staff, death));
      this.#staff = staff;
    }
    return this.#staff;
  }

  #dismiss(): WorkerPool | undefined {
    const staff = this.#staff;
    this.#staff = undefined;
    return staff;
  }

  #onDeath(staff: WorkerPool, death: Death): void {
    if (staff !== this.#staff) return;
    if (staff.hasStarted) this.#failedStarts = 0;
    else if (!wasEnded(death) && ++this.#failedStarts === mostFailedStarts) this.#warn(death.error);
    if (this.#open?.staff === staff) {
      this.#open.death ??= death;
      staff.wake();
    } else {
      this.#abandon();
    }
  }

  #warn(error: unknown): void {
    process.emitWarning(
      `worker threads cannot be started (${messageOf(error)}); one thread does all the work`,
      'Treadle',
    );
  }

  /** What went wrong in a run; its threads are ended, after some rounds in which they may leave by themselves. */
  #fail(
    program: Program,
    staff: WorkerPool | undefined,
    { thrown, death, graceRounds = 0 }: { thrown?: unknown; death?: Death; graceRounds?: number },
  ): Failure {
    const complaint = thrown === undefined ? staff?.complaint() : { thread: 0, message: messageOf(thrown) };
    const thread = complaint?.thread ?? death?.thread ?? this.#threadInside(program);
    const reason = complaint?.message ?? (death ? messageOf(death.error) : 'it does not respond');
    const step = thread === undefined ? undefined : this.#workspace.stepOf(program, thread);
    const place = step === undefined ? 'between steps' : `in step ${step} (${program.names[step] ?? 'unnamed'})`;
    const who = thread === undefined ? 'a thread' : `thread ${thread}`;
    const begun = this.#workspace.abort(program);
    let rounds = 0;
    const haveLeft = graceRounds > 0 && (staff?.close(() => ++rounds >= graceRounds) ?? true);
    const cause = thrown ?? death?.error;
    const error = new RunError(`team: ${who} failed ${place}; ${reason}`, begun, { cause });
    const failure: Failure = { error, gone: this.#abandon(), areGone: haveLeft };
    failure.gone.then(() => {
      failure.areGone = true;
    });
    return failure;
  }

  /** The thread that is still at a step though all should have left, workers before the caller. */
  #threadInside(program: Program): number | undefined {
    for (let thread = this.#threads - 1; thread >= 0; thread--) {
      if (this.#workspace.stepOf(program, thread) !== undefined) return thread;
    }
    return undefined;
  }

  /** Ends the threads by force; resolves when they are gone, and what they might have touched of the workspace is given back. */
  async #abandon(): Promise<void> {
    const staff = this.#dismiss();
    if (!staff) return;
    const workspace = this.#workspace;
    this.#workspace = new Workspace(this.#threads);
    await staff.kill();
    workspace.release();
  }
}

/** Runs that are much shorter than what leaves the caller's thread take no part in measuring how long they take. */
function isTimed({ gain, expected }: Known): boolean {
  return gain > 0 || expected > 100_000;
}

function isOver({ staff, death, failure }: OpenRun): boolean {
  return staff === undefined || staff.outcome !== undefined || death !== undefined || failure !== undefined;
}

/** Resolves with the promise, or after so many milliseconds. */
async function within(milliseconds: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

/** Whether somebody ended the thread, rather than that it could not go on: then piscina says no more than the exit code. */
function wasEnded({ error }: Death): boolean {
  return error.message.startsWith('worker exited with code');
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
