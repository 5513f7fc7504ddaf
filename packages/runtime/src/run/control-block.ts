// Where the words lie through which threads agree. Two areas that threads share: the control block of a run, which the emitted
// `main` works on by address, and the desk, on which JavaScript hands runs to workers. Words that different threads write often
// lie on different cache lines. All are int32; offsets of the control block are in bytes, those of the desk in words.

/** bytes of a cache line, and words */
const line = 64;
const lineWords = line / 4;

/** What `main` returns. */
export const status = {
  done: 0,
  /** another thread gave up */
  aborted: 1,
  /** a tile that a thread claimed was not finished for some time; entering `main` again goes on waiting */
  stalled: 2,
} as const;

/** Control block: not 0 once a thread has given up; everybody else then leaves at the end of the phase. */
export const abortOffset = 0;
/** Control block: how many slices a thread waits without any progress before it returns that the run is stalled. */
export const timeoutOffset = 4;
/** Control block: how many threads sleep on a `done` word. */
export const waitersOffset: number = line;

const countersOffset = 2 * line;

/** How long a thread sleeps at a stretch before it looks whether the run was aborted. */
export const sliceMilliseconds = 10;

/** Control block: the next tile of a step that nobody has claimed. */
export function nextOffset(step: number): number {
  return countersOffset + line * step;
}

/** Control block: how many tiles of a step are finished. */
export function doneOffset(step: number): number {
  return nextOffset(step) + 4;
}

/**
 * Control block: 1 + the step that a thread works at, 0 while it waits. Follows the counters of all steps, a line a thread,
 * behind which a thread of a program that is watched has its log.
 */
export function placeOffset(steps: number, thread: number, isWatched = false): number {
  return countersOffset + line * steps + placeStride(steps, isWatched) * thread;
}

/** Distance in bytes from one thread's place to the next one's. */
export function placeStride(steps: number, isWatched = false): number {
  return isWatched ? line * Math.ceil(logOffset(steps) / line) : line;
}

/** From a thread's place to its log of a step: when it began, when it ended, and how many tiles it ran. */
export function logOffset(step: number): number {
  return line + 12 * step;
}

export function controlBytes(steps: number, threads: number, isWatched = false): number {
  return placeOffset(steps, threads, isWatched);
}

// Words of the desk.

/** The run that workers 1, 2, … may join; `closed`, or `stop`. */
export const othersDoorbell = 0;
/** The run that the worker in the caller's place may join. */
export const firstDoorbell: number = lineWords;
/** How many workers are inside a run. */
export const activeWord: number = 2 * lineWords;
/** Not 0 while the caller sleeps until nobody is inside. */
export const closingWord: number = 3 * lineWords;
/** The last run that the worker in the caller's place has finished, and with which status. */
export const finishedWord: number = 4 * lineWords;
export const outcomeWord: number = finishedWord + 1;

// What is run; written before a bell is rung, read by workers that are inside.
export const programWord: number = 5 * lineWords;
export const controlWord: number = programWord + 1;
export const tableWord: number = programWord + 2;
export const scratchWord: number = programWord + 3;
export const scratchStrideWord: number = programWord + 4;
/** Not 0 while the caller expects runs to follow each other closely. */
export const paceWord: number = programWord + 5;

/** How many workers sleep on a bell: the word behind it, which it shares a line with. */
export function sleepersOf(bell: number): number {
  return bell + 1;
}

/** A bell while no run is open to it. Runs are numbered from 1. */
export const closed = 0;
/** A bell that ends its workers. */
export const stop = -1;

/** The number by which the system knows a worker's thread, or `unknownThread`; 0 until it has started. */
export function nativeWord(thread: number): number {
  return 6 * lineWords + thread;
}

export const unknownThread = -1;

export function descriptorWords(threads: number): number {
  return nativeWord(threads);
}
