// The step table: what a run does, as numbers that the entry of every program reads. Places in it and behind it are byte
// offsets from its begin, so that it can lie anywhere; windows lie behind it.

import { placeOffset, placeStride } from '@treadle/pool';

/** A kernel of a program. */
export interface TabledStep {
  /** its position in the program's table of functions */
  readonly func: number;
  readonly tiles: number;
  /** byte offset of its window behind the table */
  readonly window: number;
  /** byte offset behind the table of the word that tells where its record lies, if it may refuse what it reads */
  readonly record?: number | undefined;
}

/** Byte offsets of the head: the first thread's place and the distance to the next one's (in the control block); where phases begin and end. */
export const head = { place: 0, placeStride: 4, phases: 8, phasesEnd: 12 } as const;
/** Where the first step lies. */
export const stepsOffset = 16;
/** A step in the table; `index` counts through all steps, `record` is 0 where there is none. */
export const stepRecord = { func: 0, tiles: 4, window: 8, index: 12, record: 16 } as const;
export const stepBytes = 20;

/** The words of the table: its head, the steps that have tiles, and for each phase where its steps end. */
export function stepTable(
  phases: readonly (readonly TabledStep[])[],
  { isWatched = false }: { isWatched?: boolean } = {},
): readonly number[] {
  const steps: number[] = [];
  const ends: number[] = [];
  let index = 0;
  for (const phase of phases) {
    const before = steps.length;
    for (const { func, tiles, window, record = -1 } of phase) {
      if (tiles > 0) steps.push(func, tiles, window, index, record);
      index++;
    }
    if (steps.length > before) ends.push(stepsOffset + 4 * steps.length);
  }
  const phasesBegin = stepsOffset + 4 * steps.length;
  const phasesEnd = phasesBegin + 4 * ends.length;
  for (let at = 0; at < steps.length; at += stepBytes / 4) {
    steps[at + stepRecord.window / 4]! += phasesEnd;
    const record = at + stepRecord.record / 4;
    steps[record] = steps[record]! < 0 ? 0 : steps[record]! + phasesEnd;
  }
  return [placeOffset(index, 0), placeStride(index, isWatched), phasesBegin, phasesEnd, ...steps, ...ends];
}
