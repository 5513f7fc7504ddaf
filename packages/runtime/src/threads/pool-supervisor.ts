// Keeps a team supplied with workers: it starts a pool when a run first calls workers, starts a new one after a failure, and
// ends one that has become too large. Where the host cannot start threads it warns once and calls no workers any more. It does
// not know what is run, nor when.

import { host } from '#host';
import type { Workspace } from '../memory/workspace.ts';
import type { Code } from '../run/program.ts';
import type { Priority } from './messages.ts';
import { type Call, type WorkerExit, WorkerPool } from './worker-pool.ts';

/** When this number of threads has ended before any worker started, the host is taken to be unable to start any. */
const mostFailedStarts = 2;

/** What a supervisor needs to know of its team. */
export interface PoolSupervisorOptions {
  /** how many threads the team has, the caller included */
  readonly threads: number;
  /** the priority of the workers */
  readonly priority: Priority;
  /** whether no run is open */
  readonly isIdle: () => boolean;
  /** called when a thread of the current pool has ended though it was not told to */
  readonly onExit: (pool: WorkerPool, exit: WorkerExit) => void;
}

/** The pool of a team, across failures and changes of size. */
export class PoolSupervisor {
  readonly #isIdle: () => boolean;
  readonly #onExit: (pool: WorkerPool, exit: WorkerExit) => void;
  #threads: number;
  #priority: Priority;
  #pool: WorkerPool | undefined;
  #failedStarts = 0;
  #isShrinkPlanned = false;
  /** the end of the pools before */
  #ending: Promise<unknown> = Promise.resolve();

  constructor({ threads, priority, isIdle, onExit }: PoolSupervisorOptions) {
    this.#threads = threads;
    this.#priority = priority;
    this.#isIdle = isIdle;
    this.#onExit = onExit;
  }

  /** The current pool, if workers have been called. */
  get pool(): WorkerPool | undefined {
    return this.#pool;
  }

  get priority(): Priority {
    return this.#priority;
  }

  /** Sets the priority of the workers. No run is open. A thread cannot raise its own, so the next run starts a new pool. */
  set priority(priority: Priority) {
    if (priority === this.#priority) return;
    this.#priority = priority;
    void this.#end();
  }

  /** Sets how many threads the team has. No run is open. */
  resize(threads: number): void {
    this.#threads = threads;
    this.#dropRetired();
    this.#pool?.resize(threads);
    this.planShrink();
  }

  /** Calls workers to a run of program `id`; undefined where none can be started. */
  call(id: number, code: Code, table: number, workspace: Workspace, call: Call): WorkerPool | undefined {
    if (this.#failedStarts >= mostFailedStarts) return undefined;
    try {
      this.#dropRetired();
      this.#pool ??= this.#start();
      this.#pool.open(id, code, table, workspace, call);
      return this.#pool;
    } catch (error) {
      this.#failedStarts = mostFailedStarts;
      warnOfOneThread(error);
      void this.detach()?.kill(); // no worker was told of the run
      return undefined;
    }
  }

  /** Tells all workers to return and waits until their threads have ended. No run is open; the next one starts a new pool. */
  async end(): Promise<void> {
    await this.#end();
  }

  /** Ends the current pool. Resolves when it and those that were told to end before are gone. */
  #end(): Promise<unknown> {
    this.#ending = Promise.all([this.#ending, this.detach()?.end()]);
    return this.#ending;
  }

  /** Forgets a pool whose threads another engine has ended. */
  #dropRetired(): void {
    if (this.#pool?.isRetired) void this.#end();
  }

  /** Gives the current pool out of hand; the next run starts a new one. */
  detach(): WorkerPool | undefined {
    const pool = this.#pool;
    this.#pool = undefined;
    return pool;
  }

  /**
   * Ends a pool that has more workers than are needed, after a turn of the event loop, unless a run is open then; the next run
   * starts a smaller one. One pool ends at a time.
   */
  planShrink(): void {
    if (this.#isShrinkPlanned || !this.#pool?.hasSurplus) return;
    this.#isShrinkPlanned = true;
    host.afterTurn(() => void this.#shrink());
  }

  async #shrink(): Promise<void> {
    if (this.#isIdle() && this.#pool?.hasSurplus) await this.#end();
    this.#isShrinkPlanned = false;
    if (this.#isIdle()) this.planShrink();
  }

  #start(): WorkerPool {
    const pool: WorkerPool = new WorkerPool({
      threads: this.#threads,
      priority: this.#priority,
      onExit: (exit) => this.#noteExit(pool, exit),
    });
    return pool;
  }

  #noteExit(pool: WorkerPool, exit: WorkerExit): void {
    if (pool !== this.#pool) return;
    if (pool.hasStarted) this.#failedStarts = 0;
    else if (!wasTerminated(exit) && ++this.#failedStarts === mostFailedStarts) warnOfOneThread(exit.error);
    this.#onExit(pool, exit);
  }
}

/** Whether a thread was ended from outside, rather than failed by itself: then the error tells the exit code only. */
function wasTerminated({ error }: WorkerExit): boolean {
  return error.message.startsWith('worker exited with code');
}

function warnOfOneThread(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  host.warn(`worker threads cannot be started (${reason}); one thread does all the work`, { type: 'Treadle' });
}
