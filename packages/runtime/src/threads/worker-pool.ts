// All workers of a team, and the run descriptor over which they are handed runs. One run is open at a time: `open` writes what is
// run and rings the doorbells; `close` stops further workers from joining, then waits until no worker is inside. After that, no
// worker touches anything of the run.
//
// Threads end only when the event loop has a turn. So a pool is resized, not replaced: surplus workers sleep in reserve, and are
// members again when the team grows. However often its size is set, it never has more workers than the largest size had.

import { host } from '#host';
import type { WorkerHandle } from '../host/host.ts';
import type { Workspace } from '../memory/workspace.ts';
import { sliceMilliseconds } from '../run/control-block.ts';
import type { Code } from '../run/program.ts';
import { pollMilliseconds } from '../run/timeout.ts';
import { mostThreads } from '../settings.ts';
import type { Priority } from './messages.ts';
import { announce, withdraw } from './other-engines.ts';
import {
  activeWord,
  closed,
  closingWord,
  controlWord,
  descriptorWords,
  finishedRunWord,
  finishedStatusWord,
  firstDoorbell,
  isSoonWord,
  membersWord,
  nativeWord,
  othersDoorbell,
  programWord,
  reportedError,
  reserveDoorbell,
  runWord,
  scratchStrideWord,
  scratchWord,
  sleepersOf,
  stop,
  stopWorkers,
  tableWord,
  type WorkerError,
} from './run-descriptor.ts';
import { WorkerGroup } from './worker-group.ts';

/** Which workers are called to a run. */
export interface Call {
  /** worker 0, in the caller's place */
  readonly first: boolean;
  /** workers 1, 2, … */
  readonly others: boolean;
  /** whether the next run is expected soon */
  readonly isSoon: boolean;
}

/** How a pool is made. */
export interface WorkerPoolOptions {
  /** how many threads the team has, the caller included */
  readonly threads: number;
  /** the priority of the workers */
  readonly priority: Priority;
  readonly onExit: (exit: WorkerExit) => void;
}

/** A thread that has ended though it was not told to. */
export interface WorkerExit {
  readonly thread: number;
  readonly error: Error;
}

/** The number of a run after which numbers start again at 1; by then no worker remembers the old ones. */
const runs = 2 ** 30;
const spinMilliseconds = 0.05;
/** for browsers that tell by a message only that a run is over, in case it comes too early */
const lookMs = 1;
const notIsolated =
  'threads share memory, which a web page may do only if its server sends Cross-Origin-Opener-Policy: same-origin and ' +
  'Cross-Origin-Embedder-Policy: require-corp';
const pollSlices = pollMilliseconds / sliceMilliseconds;

/** The workers of a team, for one run after the other. */
export class WorkerPool {
  readonly #onExit: (exit: WorkerExit) => void;
  readonly #priority: Priority;
  readonly #words: Int32Array<SharedArrayBuffer>;
  #first: WorkerGroup | undefined;
  /** one group for each time that the pool has grown */
  readonly #others: WorkerGroup[] = [];
  /** workers 1 … spawned − 1 have been spawned */
  #spawned = 1;
  #threads: number;
  #run = 0;
  #called: Call = { first: false, others: false, isSoon: false };
  /** ends the wait of the caller, where it cannot wait for a word */
  #look: () => void = () => {};

  /** Workers for a team, which are spawned when they are first called. */
  constructor({ threads, priority, onExit }: WorkerPoolOptions) {
    if (typeof SharedArrayBuffer === 'undefined') throw new Error(notIsolated);
    this.#onExit = onExit;
    this.#priority = priority;
    // A buffer of its own: threads that end late still find it, whatever has become of the shared memory.
    this.#words = new Int32Array(new SharedArrayBuffer(4 * descriptorWords(mostThreads)));
    this.#threads = threads;
    this.#words[membersWord] = threads;
    announce(this.#words);
  }

  /** Whether another engine has ended the threads. No run is open; none can be opened any more. */
  get isRetired(): boolean {
    return Atomics.load(this.#words, reserveDoorbell) === stop;
  }

  get workers(): readonly WorkerHandle[] {
    return this.#groups().flatMap((group) => group.workers);
  }

  /** Sets how many threads the team has. No run is open. */
  resize(threads: number): void {
    const words = this.#words;
    const isGrown = threads > this.#threads;
    this.#threads = threads;
    Atomics.store(words, membersWord, threads);
    if (!isGrown) return;
    Atomics.add(words, reserveDoorbell, 1);
    Atomics.notify(words, reserveDoorbell);
  }

  /** Whether there are workers that the team has no use for. */
  get hasSurplus(): boolean {
    return this.#spawned > this.#threads;
  }

  /** Opens a run of program `id`. The control block is ready. Throws where workers cannot be spawned. */
  open(id: number, code: Code, table: number, workspace: Workspace, call: Call): void {
    const called = { ...call, others: call.others && this.#threads > 1 };
    if (called.first) this.#first ??= this.#spawn(firstDoorbell, [0]);
    if (called.others && this.#spawned < this.#threads) this.#grow();
    const words = this.#words;
    words[programWord] = id;
    words[controlWord] = workspace.control;
    words[tableWord] = table;
    words[scratchWord] = workspace.scratch;
    words[scratchStrideWord] = workspace.scratchStride;
    Atomics.store(words, isSoonWord, call.isSoon ? 1 : 0);
    this.#run = (this.#run % runs) + 1;
    words[runWord] = this.#run;
    this.#called = called;
    if (called.first) this.#first?.send(id, code);
    if (called.others) for (const group of this.#others) group.send(id, code);
    if (called.first) this.#ring(firstDoorbell, this.#run);
    if (called.others) this.#ring(othersDoorbell, this.#run);
  }

  /**
   * Lets no further worker join and waits until all have left. Returns false when it gives up, because `isTimedOut`, asked every
   * `pollMilliseconds`, said so.
   */
  close(isTimedOut: () => boolean): boolean {
    const words = this.#words;
    this.#closeDoorbells();
    if (Atomics.load(words, activeWord) === 0) return true;
    const spinEnd = performance.now() + spinMilliseconds;
    do {
      for (let i = 0; i < 64; i++) if (Atomics.load(words, activeWord) === 0) return true;
    } while (performance.now() < spinEnd);
    Atomics.store(words, closingWord, 1);
    let active = Atomics.load(words, activeWord);
    for (let slice = 1; active !== 0; slice++) {
      Atomics.wait(words, activeWord, active, sliceMilliseconds);
      active = Atomics.load(words, activeWord);
      if (active !== 0 && slice % pollSlices === 0 && isTimedOut()) break;
    }
    Atomics.store(words, closingWord, 0);
    return active === 0;
  }

  /** The same without blocking. It gives up when `isGivenUp`, asked after each `wake`, says so. */
  async closed(isGivenUp: () => boolean): Promise<boolean> {
    const words = this.#words;
    this.#closeDoorbells();
    Atomics.store(words, closingWord, 1);
    let active = Atomics.load(words, activeWord);
    for (; active !== 0 && !isGivenUp(); active = Atomics.load(words, activeWord))
      await this.#change(activeWord, active);
    Atomics.store(words, closingWord, 0);
    return active === 0;
  }

  #closeDoorbells(): void {
    if (this.#called.first) Atomics.store(this.#words, firstDoorbell, closed);
    if (this.#called.others) Atomics.store(this.#words, othersDoorbell, closed);
  }

  /** The system's numbers of the threads that are called to the open run. */
  get calledThreads(): readonly number[] {
    const called = [...(this.#called.first ? [0] : []), ...(this.#called.others ? range(1, this.#threads) : [])];
    return called.map((thread) => Atomics.load(this.#words, nativeWord(thread)));
  }

  /** Whether worker 0 has started and looks at its doorbell. */
  get hasFirstStarted(): boolean {
    return this.#hasStarted(0);
  }

  /** Keeps worker 0 out of the open run, so that the caller may take part in its place. False when the worker has started. */
  takeFirstPlace(): boolean {
    if (this.hasFirstStarted) return false;
    Atomics.store(this.#words, firstDoorbell, closed);
    // A worker reports that it has started before it looks at its doorbell.
    if (!this.hasFirstStarted) return true;
    Atomics.store(this.#words, firstDoorbell, this.#run);
    return false;
  }

  /** Whether any worker has started. */
  get hasStarted(): boolean {
    return range(0, this.#spawned).some((thread) => this.#hasStarted(thread));
  }

  /** Whether workers 1, 2, … are all awake. */
  get areOthersAwake(): boolean {
    return this.#others.length > 0 && Atomics.load(this.#words, sleepersOf(othersDoorbell)) === 0;
  }

  /** The status with which worker 0 has finished the open run; undefined before. */
  get outcome(): number | undefined {
    const words = this.#words;
    return Atomics.load(words, finishedRunWord) === this.#run ? words[finishedStatusWord] : undefined;
  }

  /** Blocks until the outcome may be known, for `pollMilliseconds` at most. */
  waitForOutcome(): void {
    const seen = Atomics.load(this.#words, finishedRunWord);
    if (seen !== this.#run) Atomics.wait(this.#words, finishedRunWord, seen, pollMilliseconds);
  }

  /** Resolves when the outcome may be known. */
  async outcomeChange(): Promise<void> {
    const seen = Atomics.load(this.#words, finishedRunWord);
    if (seen !== this.#run) await this.#change(finishedRunWord, seen);
  }

  /** Resolves when a word may have changed. */
  async #change(word: number, seen: number): Promise<void> {
    if (typeof Atomics.waitAsync === 'function') {
      await Atomics.waitAsync(this.#words, word, seen).value;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#look = resolve;
      setTimeout(resolve, lookMs);
    });
  }

  /** Resolves every `outcomeChange`, so that the code that awaits it checks the outcome again. */
  wake(): void {
    Atomics.notify(this.#words, finishedRunWord);
    Atomics.notify(this.#words, activeWord);
    this.#look();
  }

  forget(id: number): void {
    for (const group of this.#groups()) group.forget(id);
  }

  /** What a worker threw first, if one has thrown. */
  get error(): WorkerError | undefined {
    return reportedError(this.#words);
  }

  /** Tells all workers to return, waits for them and ends their threads. No run is open. */
  async end(): Promise<void> {
    this.#stop();
    await Promise.all(this.#groups().map((group) => group.end()));
  }

  /** Ends the threads wherever they are. */
  async kill(): Promise<void> {
    this.wake();
    this.#stop();
    await Promise.all(this.#groups().map((group) => group.kill()));
    // Deno says that a thread has ended, and ends it up to two seconds later.
    while (this.#hasThreads()) await new Promise((resolve) => setTimeout(resolve, lookMs));
  }

  /** Whether one of its threads still exists, as far as the host can tell. */
  #hasThreads(): boolean {
    return range(0, this.#spawned).some((thread) => {
      const native = Atomics.load(this.#words, nativeWord(thread));
      return native > 0 && host.computedBy(native) !== undefined;
    });
  }

  #stop(): void {
    withdraw(this.#words);
    stopWorkers(this.#words);
  }

  #grow(): void {
    this.#others.push(this.#spawn(othersDoorbell, range(this.#spawned, this.#threads)));
    this.#spawned = this.#threads;
  }

  #spawn(doorbell: number, threads: readonly number[]): WorkerGroup {
    const onExit = (thread: number, error: Error) => this.#onExit({ thread, error });
    const onIdle = (): void => this.#look();
    return new WorkerGroup({ descriptor: this.#words, doorbell, threads, priority: this.#priority, onExit, onIdle });
  }

  #groups(): readonly WorkerGroup[] {
    return this.#first ? [this.#first, ...this.#others] : this.#others;
  }

  #hasStarted(thread: number): boolean {
    return Atomics.load(this.#words, nativeWord(thread)) !== 0;
  }

  /** The doorbell is written before the sleepers are counted; a worker counts itself before it reads the doorbell. */
  #ring(doorbell: number, run: number): void {
    Atomics.store(this.#words, doorbell, run);
    if (Atomics.load(this.#words, sleepersOf(doorbell)) > 0) Atomics.notify(this.#words, doorbell);
  }
}

function range(begin: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, end - begin) }, (_, i) => begin + i);
}
