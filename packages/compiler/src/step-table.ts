// The step table: what a run does, as numbers that the entry of every program reads. Places in it and behind it are byte
// offsets from its begin, so that it can lie anywhere; windows lie behind it. A list of phases is what a program does, or what a
// loop does in each of its rounds; a phase is some steps that run at the same time, or a loop.

import { placeOffset, placeStride } from '@treadle/pool';

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
  const rounds: { word: number; perRow: number }[] = [];
  const words = new Array<number>(headWords).fill(0);
  /** positions of words that count from the end of the table */
  const behind: number[] = [];
  let index = 0;
  const isBusy = (step: TabledStep | TabledLoop): boolean =>
    'tiles' in step ? step.tiles > 0 : step.phases.some((phase) => phase.some(isBusy));
  /** Writes a list behind what there is, and where it lies at `at`. */
  const writeList = (from: TabledPhases, at: number, isOutermost: boolean): void => {
    const steps = words.length;
    const ends: { stepsEnd: number; loop: TabledLoop | undefined; firstIndex: number }[] = [];
    for (const phase of from) {
      const before = words.length;
      const loops: { loop: TabledLoop; firstIndex: number }[] = [];
      for (const step of phase) {
        if (!('tiles' in step)) {
          if (isBusy(step)) loops.push({ loop: step, firstIndex: index });
          index += stepsOf(step.phases);
          continue;
        }
        const { func, tiles, window, record } = step;
        if (tiles > 0) {
          if (isOutermost) behind.push(words.length + stepRecord.window / 4);
          if (isOutermost && record !== undefined) behind.push(words.length + stepRecord.record / 4);
          words.push(func, tiles, window, index, record ?? noRecord);
        }
        index++;
      }
      const stepsEnd = 4 * words.length;
      if (words.length > before) ends.push({ stepsEnd, loop: undefined, firstIndex: 0 });
      for (const one of loops) ends.push({ stepsEnd, ...one });
    }
    const begin = words.length;
    for (const { stepsEnd } of ends) words.push(stepsEnd, 0);
    [words[at], words[at + 1], words[at + 2]] = [4 * steps, 4 * begin, 4 * words.length];
    ends.forEach(({ loop, firstIndex }, i) => {
      if (!loop) return;
      words[begin + (phaseBytes * i + phaseRecord.loop) / 4] = 4 * words.length;
      const after = index;
      index = firstIndex;
      writeLoop(loop, isOutermost);
      index = after;
    });
  };
  const writeLoop = (loop: TabledLoop, isOutermost: boolean): void => {
    const at = words.length;
    const fixed = 4 * (at + loopWords);
    const turns = fixed + 4 * loop.fixed.length;
    const end = turns + 4 * loop.turns.length;
    if (isOutermost) behind.push(at + loopRecord.window / 4);
    if (loop.perRow !== undefined) rounds.push({ word: at + loopRecord.rounds / 4, perRow: loop.perRow });
    words.push(0, 0, 0, loop.rounds, loop.window, loop.own, fixed, turns, turns, end, ...loop.fixed, ...loop.turns);
    writeList(loop.phases, at + loopRecord.list / 4, false);
  };
  writeList(phases, head.list / 4, true);
  for (const at of behind) words[at]! += 4 * words.length;
  [words[0], words[1], words[2]] = [placeOffset(index, 0), placeStride(index, isWatched), own];
  return { words, rounds };
}

/** How many steps there are, those of loops included. */
function stepsOf(phases: TabledPhases): number {
  return phases.flat().reduce((sum, step) => sum + ('tiles' in step ? 1 : stepsOf(step.phases)), 0);
}
