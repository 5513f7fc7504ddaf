// All workers of a team, and the desk over which they are handed runs. One run is open at a time: opening writes what is run
// and rings; closing shuts the doors, then waits until nobody is inside. After that, no worker touches anything of the run.

import type { Worker } from 'node:worker_threads';
import type { Workspace } from '../memory/workspace.ts';
import {
  activeWord,
  closed,
  closingWord,
  controlWord,
  descriptorWords,
  finishedWord,
  firstDoorbell,
  nativeWord,
  othersDoorbell,
  outcomeWord,
  paceWord,
  programWord,
  scratchStrideWord,
  scratchWord,
  sleepersOf,
  sliceMilliseconds,
  stop,
  tableWord,
} from '../run/control.ts';
import type { Code } from '../run/program.ts';
import { roundMilliseconds } from '../run/timeout.ts';
import { type Complaint, WorkerGroup } from './worker-group.ts';

/** Who is called to a run: the worker in the caller's place, the others. */
export interface Call {
  readonly first: boolean;
  readonly others: boolean;
  /** whether the next run is expected soon */
  readonly isSoon: boolean;
}

export interface Death {
  readonly thread: number;
  readonly error: Error;
}

/** The numbers of runs come round again long after nobody remembers them. */
const runs = 2 ** 30;
const spinMilliseconds = 0.05;
const roundSlices = roundMilliseconds / sliceMilliseconds;

export class WorkerPool {
  readonly #threads: number;
  readonly #onDeath: (death: Death) => void;
  readonly #words: Int32Array<SharedArrayBuffer>;
  #first: WorkerGroup | undefined;
  #others: WorkerGroup | undefined;
  #run = 0;
  #called: Call = { first: false, others: false, isSoon: false };

  /** Workers for a team of `threads`; each crew is spawned when it is first called. */
  constructor(threads: number, onDeath: (death: Death) => void) {
    this.#threads = threads;
    this.#onDeath = onDeath;
    // Memory of its own: threads that end late find it where it was.
    this.#words = new Int32Array(new SharedArrayBuffer(4 * descriptorWords(threads)));
  }

  get workers(): readonly Worker[] {
    return this.#crews().flatMap((crew) => crew.workers);
  }

  /** Opens a run of program `id`. The control block is ready. */
  open(id: number, module: Code, table: number, workspace: Workspace, call: Call): void {
    const called = { ...call, others: call.others && this.#threads > 1 };
    if (called.first) this.#first ??= this.#spawn(firstDoorbell, [0]);
    if (called.others) this.#others ??= this.#spawn(othersDoorbell, range(1, this.#threads));
    const words = this.#words;
    words[programWord] = id;
    words[controlWord] = workspace.control;
    words[tableWord] = table;
    words[scratchWord] = workspace.scratch;
    words[scratchStrideWord] = workspace.scratchStride;
    Atomics.store(words, paceWord, call.isSoon ? 1 : 0);
    this.#run = (this.#run % runs) + 1;
    this.#called = called;
    if (called.first) this.#first?.inform(id, module);
    if (called.others) this.#others?.inform(id, module);
    if (called.first) this.#ring(firstDoorbell, this.#run);
    if (called.others) this.#ring(othersDoorbell, this.#run);
  }

  /** Lets no worker in any more and waits until all are out; gives up when `isInVain`, asked once a round, says so. */
  close(isInVain: () => boolean): boolean {
    const words = this.#words;
    if (this.#called.first) Atomics.store(words, firstDoorbell, closed);
    if (this.#called.others) Atomics.store(words, othersDoorbell, closed);
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
      if (active !== 0 && slice % roundSlices === 0 && isInVain()) break;
    }
    Atomics.store(words, closingWord, 0);
    return active === 0;
  }

  /** The system's numbers of the threads that are called to the open run. */
  get calledThreads(): readonly number[] {
    const called = [...(this.#called.first ? [0] : []), ...(this.#called.others ? range(1, this.#threads) : [])];
    return called.map((thread) => Atomics.load(this.#words, nativeWord(thread)));
  }

  /** Whether the worker in the caller's place has come so far as to listen to its bell. */
  get hasFirstStarted(): boolean {
    return Atomics.load(this.#words, nativeWord(0)) !== 0;
  }

  /** Keeps the worker in the caller's place out of the open run, unless it has started: the caller may take part then. */
  takeFirstPlace(): boolean {
    if (this.hasFirstStarted) return false;
    Atomics.store(this.#words, firstDoorbell, closed);
    // A worker says that it has started before it looks at its bell.
    if (!this.hasFirstStarted) return true;
    Atomics.store(this.#words, firstDoorbell, this.#run);
    return false;
  }

  /** Whether any worker has come so far as to listen to its bell. */
  get hasStarted(): boolean {
    return range(0, this.#threads).some((thread) => Atomics.load(this.#words, nativeWord(thread)) !== 0);
  }

  /** Whether none of the workers beside the caller sleeps. */
  get areOthersAwake(): boolean {
    return this.#others !== undefined && Atomics.load(this.#words, sleepersOf(othersDoorbell)) === 0;
  }

  /** The status with which the worker in the caller's place has finished the open run, if it has. */
  get outcome(): number | undefined {
    const words = this.#words;
    return Atomics.load(words, finishedWord) === this.#run ? words[outcomeWord] : undefined;
  }

  /** Blocks until the outcome may be known, or for a round. */
  waitForOutcome(): void {
    const seen = Atomics.load(this.#words, finishedWord);
    if (seen !== this.#run) Atomics.wait(this.#words, finishedWord, seen, roundMilliseconds);
  }

  /** Resolves when the outcome may be known. */
  async outcomeChange(): Promise<void> {
    const seen = Atomics.load(this.#words, finishedWord);
    if (seen === this.#run) return;
    if (typeof Atomics.waitAsync === 'function') await Atomics.waitAsync(this.#words, finishedWord, seen).value;
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Makes whoever awaits the outcome look again. */
  wake(): void {
    Atomics.notify(this.#words, finishedWord);
  }

  forget(id: number): void {
    for (const crew of this.#crews()) crew.forget(id);
  }

  complaint(): Complaint | undefined {
    for (const crew of this.#crews()) {
      const complaint = crew.complaint();
      if (complaint) return complaint;
    }
    return undefined;
  }

  /** Tells all workers to return, waits for them and ends their threads. No run is open. */
  async end(): Promise<void> {
    this.#ring(firstDoorbell, stop);
    this.#ring(othersDoorbell, stop);
    await Promise.all(this.#crews().map((crew) => crew.end()));
  }

  /** Ends the threads wherever they are. */
  async kill(): Promise<void> {
    this.wake();
    this.#ring(firstDoorbell, stop);
    this.#ring(othersDoorbell, stop);
    await Promise.all(this.#crews().map((crew) => crew.kill()));
  }

  #spawn(bell: number, threads: readonly number[]): WorkerGroup {
    const onDeath = (thread: number, error: Error) => this.#onDeath({ thread, error });
    return new WorkerGroup({ desk: this.#words, bell, threads, onDeath });
  }

  #crews(): readonly WorkerGroup[] {
    return [this.#first, this.#others].filter((crew) => crew !== undefined);
  }

  /** The bell is written before the sleepers are counted; a worker counts itself before it reads the bell. */
  #ring(bell: number, run: number): void {
    Atomics.store(this.#words, bell, run);
    if (Atomics.load(this.#words, sleepersOf(bell)) > 0) Atomics.notify(this.#words, bell);
  }
}

function range(begin: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, end - begin) }, (_, i) => begin + i);
}
