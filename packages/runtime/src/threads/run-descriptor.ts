// The run descriptor: shared words over which the caller hands runs to workers, and by which workers report. Offsets are in int32
// words. Words that different threads write often lie on different cache lines.
//
// A doorbell is a word that holds the number of the run that its workers may join. The caller rings it by writing that number and
// waking the workers that sleep on it. It holds `closed` while no run is open, and `stop` when the workers are to return.

/** words of a cache line of 64 bytes */
const line = 16;

/** The doorbell of workers 1, 2, … */
export const othersDoorbell = 0;
/** The doorbell of worker 0, which takes the caller's place in asynchronous runs. */
export const firstDoorbell: number = line;
/** Counts up when workers in reserve are to check whether they are members again; `stop` when they are to return. */
export const reserveDoorbell: number = 2 * line;

/** A doorbell while no run is open to it. Runs are numbered from 1. */
export const closed = 0;
/** A doorbell that makes its workers return. */
export const stop = -1;

/** How many workers sleep on a doorbell: the word behind it, on the same cache line. */
export function sleepersOf(doorbell: number): number {
  return doorbell + 1;
}

/** How many workers are inside a run. */
export const activeWord: number = 3 * line;
/** Not 0 while the caller sleeps until no worker is inside a run. */
export const closingWord: number = 4 * line;
/** The last run that worker 0 has finished, and the status with which it did. */
export const finishedRunWord: number = 5 * line;
export const finishedStatusWord: number = finishedRunWord + 1;

// What is run: written before a doorbell is rung, read by workers that are inside the run.
export const programWord: number = 6 * line;
export const controlWord: number = programWord + 1;
export const tableWord: number = programWord + 2;
export const scratchWord: number = programWord + 3;
export const scratchStrideWord: number = programWord + 4;
/** Not 0 while the caller expects runs to follow each other closely. */
export const isSoonWord: number = programWord + 5;
/** Threads with a number from this one on take part in no run. */
export const membersWord: number = programWord + 6;
/** The number of the latest run, and the number that it was when another engine last started threads: for the caller alone. */
export const runWord: number = programWord + 7;
export const seenRunWord: number = programWord + 8;

/** Who has written an error: 0 for no thread yet, `writingError` while one writes, then 1 + its number. */
export const errorThreadWord: number = 7 * line;
export const writingError = -1;
const errorLengthWord = errorThreadWord + 1;
const errorTextWord = errorThreadWord + 2;
const errorLines = 64;
/** The longest text of an error, in UTF-16 code units, one word each; a longer text is cut. */
export const errorTextLength: number = errorLines * line - 2;

/** The number by which the system knows a worker's thread, or `unknownThread`; 0 until the worker has started. */
export function nativeWord(thread: number): number {
  return errorThreadWord + errorLines * line + thread;
}

export const unknownThread = -1;

/** Makes all workers return, when the runs that they are in are over. */
export function stopWorkers(words: Int32Array): void {
  for (const doorbell of [firstDoorbell, othersDoorbell, reserveDoorbell]) {
    Atomics.store(words, doorbell, stop);
    Atomics.notify(words, doorbell);
  }
}

/** The length in words of a descriptor for a number of threads. */
export function descriptorWords(threads: number): number {
  return nativeWord(threads);
}

/** What a worker threw inside a run. */
export interface WorkerError {
  readonly thread: number;
  readonly message: string;
}

/** Reports what a thread threw. The first report counts; later ones are dropped. */
export function reportError(words: Int32Array, { thread, message }: WorkerError): void {
  if (Atomics.compareExchange(words, errorThreadWord, 0, writingError) !== 0) return;
  const length = Math.min(message.length, errorTextLength);
  for (let i = 0; i < length; i++) words[errorTextWord + i] = message.charCodeAt(i);
  words[errorLengthWord] = length;
  Atomics.store(words, errorThreadWord, 1 + thread); // publishes the text
}

/** The error that was reported first, if any was. */
export function reportedError(words: Int32Array): WorkerError | undefined {
  const thread = Atomics.load(words, errorThreadWord) - 1;
  if (thread < 0) return undefined;
  const text = words.subarray(errorTextWord, errorTextWord + words[errorLengthWord]!);
  return { thread, message: String.fromCharCode(...text) };
}
