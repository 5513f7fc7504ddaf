// The memory that a team works in: the control block, and scratch memory for each thread. Both are kept from run to run, and
// grow to the largest that a program needs. Every run begins with a cleared control block.
// Invariant: while a run is open, nothing here is allocated or freed.

import { clock, tickNanoseconds } from '../run/clock.ts';
import {
  abortOffset,
  controlBytes,
  doneOffset,
  logOffset,
  nextOffset,
  sliceMilliseconds,
  threadOffset,
  timeoutOffset,
} from '../run/control-block.ts';
import type { KernelSpan, Program } from '../run/program.ts';
import { pollMilliseconds } from '../run/timeout.ts';
import type { Block } from './allocator.ts';
import { memory } from './memory.ts';

const align = 64;
/** more tiles than any kernel has, so far from 2³¹ that threads may go on to count them up */
const noMoreTiles = 2 ** 30;
const noLog: readonly (readonly KernelSpan[])[] = [];
const noSpan: KernelSpan = { began: 0, ended: 0, tiles: 0 };

/** The control block and the scratch memory of a team. */
export class Workspace {
  readonly #threads: number;
  #control: Block | undefined;
  #scratch: Block | undefined;
  #scratchStride = 0;
  /** the clock when a run that is watched was prepared */
  #prepared = 0;

  constructor(threads: number) {
    this.#threads = threads;
  }

  get control(): number {
    return this.#control?.byteOffset ?? 0;
  }

  get scratch(): number {
    return this.#scratch?.byteOffset ?? 0;
  }

  /** Bytes from one thread's scratch to the next one's. */
  get scratchStride(): number {
    return this.#scratchStride;
  }

  /** Makes the workspace large enough for a run, and sets all counters to 0. Throws RangeError when the memory is full. */
  prepare({ kernelCount, scratchBytes, isWatched }: Program): void {
    const bytes = controlBytes(kernelCount, this.#threads, isWatched);
    if (!this.#control || this.#control.byteLength < bytes) {
      if (this.#control) memory.free(this.#control);
      this.#control = undefined;
      this.#control = memory.allocate(bytes);
    }
    if (this.#scratchStride < scratchBytes) {
      if (this.#scratch) memory.free(this.#scratch);
      this.#scratch = undefined;
      this.#scratchStride = 0;
      const stride = align * Math.ceil(scratchBytes / align);
      this.#scratch = memory.allocate(stride * this.#threads);
      this.#scratchStride = stride;
    }
    const { i32 } = memory;
    const first = this.#control.byteOffset / 4;
    i32.fill(0, first, first + bytes / 4);
    i32[first + timeoutOffset / 4] = pollMilliseconds / sliceMilliseconds;
    if (isWatched) this.#prepared = clock();
  }

  /** Makes every thread leave the run after its tile. Returns the kernels of which some tile was claimed before. */
  abort({ kernelCount }: Program): readonly number[] {
    Atomics.store(memory.i32, (this.control + abortOffset) / 4, 1);
    const begun: number[] = [];
    for (let kernel = 0; kernel < kernelCount; kernel++) {
      if (Atomics.exchange(memory.i32, (this.control + nextOffset(kernel)) / 4, noMoreTiles) > 0) begun.push(kernel);
    }
    return begun;
  }

  /** The kernel that a thread works at, or undefined while it works at none. */
  kernelOf({ kernelCount, isWatched }: Program, thread: number): number | undefined {
    const word = memory.i32[(this.control + threadOffset(kernelCount, thread, isWatched)) / 4] ?? 0;
    return word > 0 ? word - 1 : undefined;
  }

  /** How many tiles are finished, of all kernels. */
  tilesDone({ kernelCount }: Program): number {
    let tiles = 0;
    for (let kernel = 0; kernel < kernelCount; kernel++) {
      tiles += Atomics.load(memory.i32, (this.control + doneOffset(kernel)) / 4);
    }
    return tiles;
  }

  /** What each thread did at each kernel of the latest run; [thread][kernel], empty unless the program is watched. */
  logOf({ kernelCount, isWatched = false }: Program): readonly (readonly KernelSpan[])[] {
    if (!isWatched) return noLog;
    const { i32 } = memory;
    const time = (ticks = 0): number => tickNanoseconds * ((ticks - this.#prepared) | 0); // the clock may have started again at 0
    const spanOf = (thread: number, kernel: number): KernelSpan => {
      const log = (this.control + threadOffset(kernelCount, thread, isWatched) + logOffset(kernel)) / 4;
      const [began, ended, tiles = 0] = i32.subarray(log, log + 3);
      return tiles === 0 ? noSpan : { began: time(began), ended: time(ended), tiles };
    };
    return Array.from({ length: this.#threads }, (_, thread) =>
      Array.from({ length: kernelCount }, (_, kernel) => spanOf(thread, kernel)),
    );
  }

  /** Gives the memory back; the next run allocates it again. */
  release(): void {
    if (this.#control) memory.free(this.#control);
    if (this.#scratch) memory.free(this.#scratch);
    this.#control = undefined;
    this.#scratch = undefined;
    this.#scratchStride = 0;
  }
}
