// One run at a time, on all threads. In a blocking run the caller takes part as thread 0. In an open run worker 0 takes its
// place, and the caller settles the run when it is over. A failed run is settled when no thread can touch its memory any more,
// or when that memory has been put aside; the next run has new workers. The runner does not know in which order runs happen.
// Where the caller must not block, `ready` waits for all that `settle` would wait for.

import { host } from '#host';
import type { WorkerHandle } from '../host/host.ts';
import { Workspace } from '../memory/workspace.ts';
import type { Priority } from '../threads/messages.ts';
import { PoolSupervisor } from '../threads/pool-supervisor.ts';
import { WakePolicy } from '../threads/wake-policy.ts';
import type { WorkerExit, WorkerPool } from '../threads/worker-pool.ts';
import { status } from './control-block.ts';
import { LinkedProgram } from './linked-program.ts';
import type { Program, RunOptions, Table } from './program.ts';
import { type RunError, runErrorOf } from './run-error.ts';
import { runInSlices } from './slice.ts';
import { Timeout } from './timeout.ts';

/** A run on the workers alone. */
interface OpenRun {
  readonly linked: LinkedProgram;
  readonly table: number;
  readonly options: RunOptions;
  /** when it began, in milliseconds */
  readonly began: number;
  /** undefined where no worker can be started: the caller computes the run when it settles it */
  readonly pool: WorkerPool | undefined;
  /** the first thread that ended meanwhile */
  exit?: WorkerExit;
  failure?: Failure;
  /** whether no thread is inside any more, and all tiles are done; unknown where `settle` finds it out */
  isDone?: boolean;
  /** what the caller threw in its part of the run */
  thrown?: unknown;
}

/** A run that has failed: its error, and the end of its threads. */
interface Failure {
  readonly error: RunError;
  readonly gone: Promise<void>;
  areGone: boolean;
}

/** How often a blocking run that failed asks whether the threads have left by themselves, before it ends them. */
const gracePolls = 2;
/** For how many milliseconds an open run that failed waits for the end of its threads. */
const endMs = 2_000;

/** Runs programs one at a time, each on the threads for which that pays. */
export class Runner {
  readonly #timeoutMs: number;
  readonly #linked = new WeakMap<Program, LinkedProgram>();
  readonly #wakePolicy = new WakePolicy();
  readonly #supervisor: PoolSupervisor;
  #threads: number;
  #workspace: Workspace;
  #programs = 0;
  #open: OpenRun | undefined;
  /** whether all threads are called to every run, for tests of what they do together; by default if that pays */
  isAlwaysShared = false;

  constructor(threads: number, priority: Priority, timeoutMs: number) {
    this.#threads = threads;
    this.#timeoutMs = timeoutMs;
    this.#workspace = new Workspace(threads);
    const isIdle = (): boolean => !this.#open;
    this.#supervisor = new PoolSupervisor({
      threads,
      priority,
      isIdle,
      onExit: (pool, exit) => this.#onExit(pool, exit),
    });
  }

  get threads(): number {
    return this.#threads;
  }

  /** Sets how many threads compute. No run is open. Workers that are not needed any more end when the event loop has a turn. */
  set threads(threads: number) {
    if (threads === this.#threads) return;
    this.#threads = threads;
    this.#workspace.release();
    this.#workspace = new Workspace(threads);
    this.#supervisor.resize(threads);
  }

  get priority(): Priority {
    return this.#supervisor.priority;
  }

  /** Sets the priority of the workers. No run is open. */
  set priority(priority: Priority) {
    this.#supervisor.priority = priority;
  }

  get workers(): readonly WorkerHandle[] {
    return this.#supervisor.pool?.workers ?? [];
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** The program as the caller's thread runs it. Throws where it cannot be linked. */
  link(program: Program): LinkedProgram {
    let linked = this.#linked.get(program);
    if (!linked) {
      linked = new LinkedProgram(++this.#programs, program);
      this.#linked.set(program, linked);
    }
    if (linked.threads !== this.#threads) linked.estimate(this.#threads);
    return linked;
  }

  forget(program: Program): void {
    const linked = this.#linked.get(program);
    if (!linked) return;
    this.#linked.delete(program);
    this.#supervisor.pool?.forget(linked.id);
  }

  /** Runs the program, the caller as thread 0; returns when it is done. Throws a RunError. */
  run(program: Program, givenTable: Table, options: RunOptions): void {
    const table = addressOf(givenTable);
    const linked = this.link(program);
    this.#workspace.prepare(program);
    const isShared = host.canWait && this.#isShared(linked, options);
    const pool = isShared ? this.#call(linked, table, { first: false, others: true }) : undefined;
    this.#takePart({ linked, table, options, pool, began: linked.isTimed ? performance.now() : 0 });
  }

  /** The caller works in a run as thread 0 until it is done. */
  #takePart({ linked, table, options, pool, began }: OpenRun): void {
    const { program, main } = linked;
    const { control, scratch } = this.#workspace;
    const isTimedOut = this.#timeout(program, pool);
    let isDone = false;
    let thrown: unknown;
    try {
      let outcome: number;
      do outcome = main(control, table, scratch, 0);
      while (outcome === status.stalled && !isTimedOut());
      isDone = outcome === status.done && (pool?.close(isTimedOut) ?? true);
    } catch (error) {
      thrown = error;
    }
    if (!isDone) {
      const { areGone, gone, error } = this.#fail(program, pool, { thrown, gracePolls });
      options.fail?.(areGone ? undefined : gone);
      throw error;
    }
    this.#learn(linked, began);
    options.finish?.(this.#workspace.logOf(program));
  }

  /** Hands the program to the workers. */
  open(program: Program, givenTable: Table, options: RunOptions): void {
    const table = addressOf(givenTable);
    const linked = this.link(program);
    this.#workspace.prepare(program);
    const pool = this.#call(linked, table, { first: true, others: this.#isShared(linked, options) });
    this.#open = { linked, table, options, began: performance.now(), pool };
  }

  /** Resolves when the open run can be settled without a wait. */
  async ready(): Promise<void> {
    const open = this.#open;
    while (open && open === this.#open && !isOver(open)) await open.pool?.outcomeChange();
    if (!open || open !== this.#open) return;
    if (!host.canWait) await this.#finishWithoutWait(open);
    else if (open.pool && open.pool.outcome !== status.done && open.pool.hasFirstStarted) await this.#failOpen(open);
  }

  /** Does what `settle` would block for: waits for the workers to leave, or computes what they have left over. */
  async #finishWithoutWait(open: OpenRun): Promise<void> {
    const { linked, table, pool } = open;
    const isAlone = !pool || pool.takeFirstPlace();
    try {
      if (await pool?.closed(() => open.exit !== undefined && !isAlone)) open.isDone = pool?.outcome === status.done;
      const { control, scratch } = this.#workspace;
      if (isAlone) open.isDone = (await runInSlices(() => linked.main(control, table, scratch, 0))) === status.done;
    } catch (thrown) {
      open.thrown = thrown;
    }
    if (!open.isDone) await this.#failOpen(open);
  }

  async #failOpen(open: OpenRun): Promise<void> {
    open.failure = this.#fail(open.linked.program, open.pool, open);
    await within(endMs, open.failure.gone);
  }

  /** Blocks until the open run is over. */
  wait(): void {
    const open = this.#open;
    if (!open) return;
    const isTimedOut = this.#timeout(open.linked.program, open.pool);
    // No event comes while the event loop is blocked: that a thread has ended shows only in what the threads compute.
    while (!isOver(open)) {
      if (!open.pool?.hasFirstStarted) return; // the caller can take its place
      open.pool.waitForOutcome();
      if (!isOver(open) && isTimedOut()) return;
    }
  }

  /** Ends the open run, which is over or is given up. Throws what it failed with. */
  settle(): void {
    const open = this.#open;
    if (!open) throw new Error('internal: no run is open');
    this.#open = undefined;
    this.#supervisor.planShrink();
    const { linked, options, pool, began, exit } = open;
    if (host.canWait && (!pool || pool.takeFirstPlace())) {
      this.#takePart(open);
      if (exit) void this.#abandon();
      return;
    }
    if (!(open.isDone ?? this.#isClosed(open))) {
      const failure = open.failure ?? this.#fail(linked.program, pool, { ...open, gracePolls });
      options.fail?.(failure.areGone ? undefined : failure.gone);
      throw failure.error;
    }
    this.#learn(linked, began);
    options.finish?.(this.#workspace.logOf(linked.program));
    if (!host.canWait && exit) void this.#abandon();
  }

  /** Waits until all workers have left a run that is done. */
  #isClosed({ linked, pool }: OpenRun): boolean {
    return pool?.outcome === status.done && pool.close(this.#timeout(linked.program, pool));
  }

  /** Gives back the memory that is kept from run to run. */
  releaseWorkspace(): void {
    if (!this.#open) this.#workspace.release();
  }

  /** Ends the workers. No run is open. */
  async end(): Promise<void> {
    const ended = this.#supervisor.end();
    this.#workspace.release();
    await ended;
  }

  #isShared({ gain }: LinkedProgram, { parallel }: RunOptions): boolean {
    if (this.#threads === 1) return false;
    if (parallel !== undefined) return parallel;
    if (this.isAlwaysShared || gain === Number.POSITIVE_INFINITY) return true;
    return gain > 0 && this.#wakePolicy.pays(gain, this.#supervisor.pool?.areOthersAwake ?? false, performance.now());
  }

  /** Notes how long the run that began then has taken. */
  #learn(linked: LinkedProgram, began: number): void {
    if (!linked.isTimed) return;
    const ended = performance.now();
    if (linked.gain > 0) this.#wakePolicy.ended(ended);
    linked.learn(ended - began);
  }

  /** To be asked every `pollMilliseconds`: whether to give up waiting for the threads that were called. */
  #timeout(program: Program, pool: WorkerPool | undefined): () => boolean {
    let timeout: Timeout | undefined;
    return () => {
      timeout ??= new Timeout(this.#timeoutMs);
      return timeout.isOver(pool?.calledThreads ?? [], this.#workspace.tilesDone(program));
    };
  }

  /** Calls workers to a run; undefined where none can be started. */
  #call(
    { id, program }: LinkedProgram,
    table: number,
    who: { first: boolean; others: boolean },
  ): WorkerPool | undefined {
    const call = { ...who, isSoon: this.#wakePolicy.isSoon };
    return this.#supervisor.call(id, program.module, table, this.#workspace, call);
  }

  #onExit(pool: WorkerPool, exit: WorkerExit): void {
    if (this.#open?.pool === pool) {
      this.#open.exit ??= exit;
      pool.wake();
    } else {
      void this.#abandon();
    }
  }

  /** The error of a failed run. Its threads are ended, after `gracePolls` polls in which they may leave by themselves. */
  #fail(
    program: Program,
    pool: WorkerPool | undefined,
    { thrown, exit, gracePolls = 0 }: { thrown?: unknown; exit?: WorkerExit; gracePolls?: number },
  ): Failure {
    const reported = thrown === undefined ? pool?.error : { thread: 0, message: messageOf(thrown) };
    const thread = reported?.thread ?? exit?.thread ?? this.#threadInside(program);
    const kernel = thread === undefined ? undefined : this.#workspace.kernelOf(program, thread);
    const error = runErrorOf({
      thread,
      kernel,
      kernelName: kernel === undefined ? undefined : program.names[kernel],
      reason: reported?.message ?? (exit ? messageOf(exit.error) : 'it does not respond'),
      begun: this.#workspace.abort(program),
      cause: thrown ?? exit?.error,
    });
    let polls = 0;
    const haveLeft = host.canWait && gracePolls > 0 && (pool?.close(() => ++polls >= gracePolls) ?? true);
    const failure: Failure = { error, gone: this.#abandon(), areGone: haveLeft };
    void failure.gone.then(() => {
      failure.areGone = true;
    });
    return failure;
  }

  /** The thread that is still at a kernel though all should have left, workers before the caller. */
  #threadInside(program: Program): number | undefined {
    for (let thread = this.#threads - 1; thread >= 0; thread--) {
      if (this.#workspace.kernelOf(program, thread) !== undefined) return thread;
    }
    return undefined;
  }

  /** Ends the threads by force. Resolves when they are gone and the workspace, which they might have touched, is given back. */
  async #abandon(): Promise<void> {
    const pool = this.#supervisor.detach();
    if (!pool) return;
    const workspace = this.#workspace;
    this.#workspace = new Workspace(this.#threads);
    await pool.kill();
    workspace.release();
  }
}

function addressOf(table: Table): number {
  return typeof table === 'number' ? table : table.table();
}

function isOver({ pool, exit, failure }: OpenRun): boolean {
  return pool === undefined || pool.outcome !== undefined || exit !== undefined || failure !== undefined;
}

/** Resolves with the promise, or after this number of milliseconds. */
async function within(milliseconds: number, promise: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
