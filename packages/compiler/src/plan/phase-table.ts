// The phase table: what a run does, as int32 words that the entry function of every program reads. All references in it are byte offsets
// from its begin, so it can lie anywhere; the address lists follow it. A phase list is what a program does, or a loop in each iteration. A
// phase is some kernels that run at the same time, or one loop.

import { threadOffset, threadStride } from '@treadle/runtime';

/** A kernel of a program. */
export interface TabledKernel {
  /** its position in the program's table of functions */
  readonly func: number;
  readonly tiles: number;
  /** byte offset of its address list: from the end of the table, or in a loop from the begin of the thread's address lists of that loop */
  readonly addressList: number;
  /** byte offset, from the same begin, of the word with the address of its refusal record, if it may refuse what it reads */
  readonly record?: number | undefined;
}

/** A loop. Each thread has address lists of its own for the kernels, and writes them in each iteration. */
export interface TabledLoop {
  readonly iterations: number;
  /** iterations for each row of a run, where they depend on the rows */
  readonly perRow?: number | undefined;
  readonly phases: TabledPhases;
  /** byte offset of the words from which the address lists are written; counted like that of a kernel's address list */
  readonly addressList: number;
  /** byte offset of the kernels' address lists in a thread's own memory */
  readonly threadOffset: number;
  /** pairs of byte offsets: of a word in the address lists, and of the word of `addressList` that it equals in all iterations */
  readonly fixed: readonly number[];
  /** words that change between iterations, each in the form of `changingWord` */
  readonly changing: readonly number[];
}

/** The phases of a program or loop, each with its kernels. */
export type TabledPhases = readonly (readonly (TabledKernel | TabledLoop)[])[];

/** A phase list: byte offsets of its kernels, which follow each other, and of its phases. */
export const phaseList = { kernels: 0, phases: 4, phasesEnd: 8 } as const;
/**
 * The head of the table. `progress` is the byte offset, in the control block, of the word in which the first thread says at which kernel
 * it works, and `progressStride` the distance to the next thread's word; `threadBytes` is what address lists take in a thread's own memory.
 */
export const head = { progress: 0, progressStride: 4, threadBytes: 8, list: 12 } as const;
const headWords = 6;
/** The record of a kernel that refuses nothing. */
export const noRecord = -1;
/** A kernel in the table. `index` counts through all kernels of the program. */
export const kernelRecord = { func: 0, tiles: 4, addressList: 8, index: 12, record: 16 } as const;
/** The bytes of a kernel, of a phase, and of a word that changes between iterations. */
export const kernelRecordBytes = 20;
/** A phase: where its kernels end; and the loop that it is, or 0. */
export const phaseRecord = { kernelsEnd: 0, loop: 4 } as const;
export const phaseBytes = 8;
/** A loop: its phase list, and the fields of TabledLoop. */
export const loopRecord = {
  list: 0,
  iterations: 12,
  addressList: 16,
  threadOffset: 20,
  fixed: 24,
  fixedEnd: 28,
  changing: 32,
  changingEnd: 36,
} as const;
const loopWords = 10;
/**
 * A word of an address list that is `first` in iteration 0, and `from` + stride · ((i − 1) & mask) in iteration i. `at`, `first`, `from`
 * are byte offsets of words.
 */
export const changingWord = { at: 0, first: 4, from: 8, stride: 12, mask: 16 } as const;
export const changingWordBytes = 20;

/** A phase table, without the address lists. */
export interface PhaseTable {
  readonly words: readonly number[];
  /** words to be set to `perRow` · rows when a run is bound */
  readonly iterationWords: readonly { readonly word: number; readonly perRow: number }[];
}

/** Writes a phase table. Kernels without tiles and loops without kernels are left out. */
export function phaseTable(
  phases: TabledPhases,
  { isWatched = false, threadBytes = 0 }: { isWatched?: boolean; threadBytes?: number } = {},
): PhaseTable {
  const writer = new Writer();
  writer.list(phases, { at: head.list / 4, firstIndex: 0, isOutermost: true });
  const kernels = countKernels(phases);
  return writer.end([threadOffset(kernels, 0), threadStride(kernels, isWatched), threadBytes]);
}

/** A phase list that is to be written. */
interface PhaseListToWrite {
  /** the first of the words that say where the list lies */
  readonly at: number;
  /** the index of its first kernel */
  readonly firstIndex: number;
  /** whether address lists follow the table, instead of lying in a thread's memory */
  readonly isOutermost: boolean;
}

/** A phase whose kernels are written, and whose loop, if it is one, is still to be written. */
interface WrittenPhase {
  readonly kernelsEnd: number;
  readonly loop?: TabledLoop;
  readonly firstIndex: number;
}

class Writer {
  readonly #words = new Array<number>(headWords).fill(0);
  readonly #iterationWords: { word: number; perRow: number }[] = [];
  /** positions of words that count from the end of the table, which is known last */
  readonly #behind: number[] = [];

  /** Writes the kernels of a list, its phases, and then its loops. */
  list(phases: TabledPhases, { at, firstIndex, isOutermost }: PhaseListToWrite): void {
    const words = this.#words;
    const begin = 4 * words.length;
    const written: WrittenPhase[] = [];
    let index = firstIndex;
    for (const phase of phases) {
      const before = words.length;
      const loops: Omit<WrittenPhase, 'kernelsEnd'>[] = [];
      for (const one of phase) {
        if (isLoop(one) && isBusy(one)) loops.push({ loop: one, firstIndex: index });
        if (!isLoop(one) && isBusy(one)) this.#kernel(one, index, isOutermost);
        index += countKernels([[one]]);
      }
      const kernelsEnd = 4 * words.length;
      if (words.length > before) written.push({ kernelsEnd, firstIndex });
      for (const loop of loops) written.push({ kernelsEnd, ...loop });
    }
    const first = words.length;
    for (const { kernelsEnd } of written) words.push(kernelsEnd, 0);
    [words[at], words[at + 1], words[at + 2]] = [begin, 4 * first, 4 * words.length];
    written.forEach(({ loop, firstIndex: number }, i) => {
      if (!loop) return;
      words[first + (phaseBytes * i + phaseRecord.loop) / 4] = 4 * words.length;
      this.#loop(loop, number, isOutermost);
    });
  }

  #kernel({ func, tiles, addressList, record }: TabledKernel, index: number, isOutermost: boolean): void {
    const at = this.#words.length;
    if (isOutermost) this.#behind.push(at + kernelRecord.addressList / 4);
    if (isOutermost && record !== undefined) this.#behind.push(at + kernelRecord.record / 4);
    this.#words.push(func, tiles, addressList, index, record ?? noRecord);
  }

  #loop(
    { iterations, perRow, addressList, threadOffset, fixed, changing, phases }: TabledLoop,
    firstIndex: number,
    isOutermost: boolean,
  ): void {
    const at = this.#words.length;
    const fixedAt = 4 * (at + loopWords);
    const changingAt = fixedAt + 4 * fixed.length;
    if (isOutermost) this.#behind.push(at + loopRecord.addressList / 4);
    if (perRow !== undefined) this.#iterationWords.push({ word: at + loopRecord.iterations / 4, perRow });
    const changingEnd = changingAt + 4 * changing.length;
    this.#words.push(
      0,
      0,
      0,
      iterations,
      addressList,
      threadOffset,
      fixedAt,
      changingAt,
      changingAt,
      changingEnd,
      ...fixed,
      ...changing,
    );
    this.list(phases, { at: at + loopRecord.list / 4, firstIndex, isOutermost: false });
  }

  /** `first`: the words of the head before the list. */
  end(first: readonly number[]): PhaseTable {
    const words = this.#words;
    for (const at of this.#behind) words[at]! += 4 * words.length;
    first.forEach((word, i) => {
      words[i] = word;
    });
    return { words, iterationWords: this.#iterationWords };
  }
}

function isLoop(one: TabledKernel | TabledLoop): one is TabledLoop {
  return 'iterations' in one;
}

function isBusy(one: TabledKernel | TabledLoop): boolean {
  return isLoop(one) ? one.phases.flat().some(isBusy) : one.tiles > 0;
}

/** The number of kernels, those of loops included. */
function countKernels(phases: TabledPhases): number {
  return phases.flat().reduce((sum, one) => sum + (isLoop(one) ? countKernels(one.phases) : 1), 0);
}
