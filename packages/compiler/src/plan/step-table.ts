// The step table: what a run does, as numbers that the entry of every program reads. Places in it and behind it are byte
// offsets from its begin, so that it can lie anywhere; windows lie behind it. A list of phases is what a program does, or what a
// loop does in each of its rounds; a phase is some steps that run at the same time, or a loop.

import { threadOffset, threadStride } from '@treadle/runtime';

/** A kernel of a program. */
export interface TabledStep {
  /** its position in the program's table of functions */
  readonly func: number;
  readonly tiles: number;
  /** byte offset of its window: behind the table, or in a loop from where the thread's windows of that loop begin */
  readonly window: number;
  /** byte offset, from the same place, of the word that tells where its record lies, if it may refuse what it reads */
  readonly record?: number | undefined;
}

/** Phases that are run so many times. Each thread has the windows of their steps for itself, and writes them anew for each round. */
export interface TabledLoop {
  readonly rounds: number;
  /** how many rounds for each row of a run, where they depend on that */
  readonly perRow?: number | undefined;
  readonly phases: TabledPhases;
  /** byte offset of what the windows are made from, like that of a step's window */
  readonly window: number;
  /** byte offset of the windows in a thread's own memory */
  readonly own: number;
  /** pairs of byte offsets: of a word in the windows, and of the word in `window` that it is in all rounds */
  readonly fixed: readonly number[];
  /** words that change, each as `turn` says */
  readonly turns: readonly number[];
}

export type TabledPhases = readonly (readonly (TabledStep | TabledLoop)[])[];

/** Where a list of phases lies: its steps, one after the other, and its phases. */
export const list = { steps: 0, phases: 4, phasesEnd: 8 } as const;
/**
 * Byte offsets of the head: the first thread's place and the distance to the next one's (in the control block); how much of a
 * thread's own memory windows take; the list of phases.
 */
export const head = { place: 0, placeStride: 4, own: 8, list: 12 } as const;
const headWords = 6;
export const noRecord = -1;
/** A step in the table; `index` counts through all steps. */
export const stepRecord = { func: 0, tiles: 4, window: 8, index: 12, record: 16 } as const;
export const stepBytes = 20;
/** A phase: where its steps end, or which loop it is, and otherwise 0. */
export const phaseRecord = { stepsEnd: 0, loop: 4 } as const;
export const phaseBytes = 8;
/** A loop: the list of its phases, and what TabledLoop says, by where it begins and ends. */
export const loopRecord = {
  list: 0,
  rounds: 12,
  window: 16,
  own: 20,
  fixed: 24,
  fixedEnd: 28,
  turns: 32,
  turnsEnd: 36,
} as const;
const loopWords = 10;
/** A word of a window that is `first` in the first round, and in round i `from` + stride · ((i − 1) & mask): byte offsets like those of TabledLoop. */
export const turn = { at: 0, first: 4, from: 8, stride: 12, mask: 16 } as const;
export const turnBytes = 20;

export interface StepTable {
  readonly words: readonly number[];
  /** words that are so many times the rows of a run */
  readonly rounds: readonly { readonly word: number; readonly perRow: number }[];
}

/** Steps without tiles, and loops without steps, are left out. `own`: bytes of a thread's memory that windows take. */
export function stepTable(
  phases: TabledPhases,
  { isWatched = false, own = 0 }: { isWatched?: boolean; own?: number } = {},
): StepTable {
  const writer = new Writer();
  writer.list(phases, { at: head.list / 4, firstIndex: 0, isOutermost: true });
  const steps = stepsOf(phases);
  return writer.end([threadOffset(steps, 0), threadStride(steps, isWatched), own]);
}

/** A list of phases that is to be written. */
interface List {
  /** the word from which on it is said where the list lies */
  readonly at: number;
  /** the number of its first step */
  readonly firstIndex: number;
  /** whether windows lie behind the table */
  readonly isOutermost: boolean;
}

/** A phase that is written: where its steps end, or a loop that is still to be written. */
interface Written {
  readonly stepsEnd: number;
  readonly loop?: TabledLoop;
  readonly firstIndex: number;
}

class Writer {
  readonly #words = new Array<number>(headWords).fill(0);
  readonly #rounds: { word: number; perRow: number }[] = [];
  /** positions of words that count from the end of the table */
  readonly #behind: number[] = [];

  /** Writes the steps of a list, its phases, and then its loops. */
  list(phases: TabledPhases, { at, firstIndex, isOutermost }: List): void {
    const words = this.#words;
    const begin = 4 * words.length;
    const written: Written[] = [];
    let index = firstIndex;
    for (const phase of phases) {
      const before = words.length;
      const loops: Omit<Written, 'stepsEnd'>[] = [];
      for (const step of phase) {
        if (isLoop(step) && isBusy(step)) loops.push({ loop: step, firstIndex: index });
        if (!isLoop(step) && isBusy(step)) this.#step(step, index, isOutermost);
        index += stepsOf([[step]]);
      }
      const stepsEnd = 4 * words.length;
      if (words.length > before) written.push({ stepsEnd, firstIndex });
      for (const loop of loops) written.push({ stepsEnd, ...loop });
    }
    const first = words.length;
    for (const { stepsEnd } of written) words.push(stepsEnd, 0);
    [words[at], words[at + 1], words[at + 2]] = [begin, 4 * first, 4 * words.length];
    written.forEach(({ loop, firstIndex: number }, i) => {
      if (!loop) return;
      words[first + (phaseBytes * i + phaseRecord.loop) / 4] = 4 * words.length;
      this.#loop(loop, number, isOutermost);
    });
  }

  #step({ func, tiles, window, record }: TabledStep, index: number, isOutermost: boolean): void {
    const at = this.#words.length;
    if (isOutermost) this.#behind.push(at + stepRecord.window / 4);
    if (isOutermost && record !== undefined) this.#behind.push(at + stepRecord.record / 4);
    this.#words.push(func, tiles, window, index, record ?? noRecord);
  }

  #loop(
    { rounds, perRow, window, own, fixed, turns, phases }: TabledLoop,
    firstIndex: number,
    isOutermost: boolean,
  ): void {
    const at = this.#words.length;
    const fixedAt = 4 * (at + loopWords);
    const turnsAt = fixedAt + 4 * fixed.length;
    if (isOutermost) this.#behind.push(at + loopRecord.window / 4);
    if (perRow !== undefined) this.#rounds.push({ word: at + loopRecord.rounds / 4, perRow });
    const turnsEnd = turnsAt + 4 * turns.length;
    this.#words.push(0, 0, 0, rounds, window, own, fixedAt, turnsAt, turnsAt, turnsEnd, ...fixed, ...turns);
    this.list(phases, { at: at + loopRecord.list / 4, firstIndex, isOutermost: false });
  }

  /** `first`: the words of the head before the list. */
  end(first: readonly number[]): StepTable {
    const words = this.#words;
    for (const at of this.#behind) words[at]! += 4 * words.length;
    first.forEach((word, i) => {
      words[i] = word;
    });
    return { words, rounds: this.#rounds };
  }
}

function isLoop(step: TabledStep | TabledLoop): step is TabledLoop {
  return 'rounds' in step;
}

function isBusy(step: TabledStep | TabledLoop): boolean {
  return isLoop(step) ? step.phases.flat().some(isBusy) : step.tiles > 0;
}

/** How many steps there are, those of loops included. */
function stepsOf(phases: TabledPhases): number {
  return phases.flat().reduce((sum, step) => sum + (isLoop(step) ? stepsOf(step.phases) : 1), 0);
}
