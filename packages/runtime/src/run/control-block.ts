// The control block of a run: the words through which threads share out its tiles. The emitted function `main` works on it by
// address. Words that different threads write often lie on different cache lines. All words are int32; offsets are in bytes.

/** bytes of a cache line */
const line = 64;

/** What `main` returns. */
export const status = {
  done: 0,
  /** another thread has aborted the run */
  aborted: 1,
  /** a tile that another thread claimed was not finished for some time, or the thread is to pause; calling `main` again goes on */
  stalled: 2,
} as const;

/** Not 0 once a thread has aborted the run; all other threads then leave at the end of the phase. */
export const abortOffset = 0;
/** How many slices a thread waits without any progress before it returns that the run is stalled. */
export const timeoutOffset = 4;
/** How many threads sleep on a `done` word. */
export const waitersOffset: number = line;

const countersOffset = 2 * line;

/** How long a thread sleeps at a time before it checks whether the run was aborted. */
export const sliceMilliseconds = 10;

/** The next tile of a kernel that no thread has claimed. */
export function nextOffset(kernel: number): number {
  return countersOffset + line * kernel;
}

/** How many tiles of a kernel are finished. */
export function doneOffset(kernel: number): number {
  return nextOffset(kernel) + 4;
}

/**
 * The words of a thread: the first one is 1 + the kernel that it works at, 0 while it waits. In a program that is watched, its log
 * follows. Threads come after the counters of all kernels, each on cache lines of its own.
 */
export function threadOffset(kernelCount: number, thread: number, isWatched = false): number {
  return countersOffset + line * kernelCount + threadStride(kernelCount, isWatched) * thread;
}

/** Distance in bytes from the words of one thread to those of the next one. */
export function threadStride(kernelCount: number, isWatched = false): number {
  return isWatched ? line * Math.ceil(logOffset(kernelCount) / line) : line;
}

/** From the words of a thread to its log of a kernel: when it began, when it ended, and how many tiles it ran. */
export function logOffset(kernel: number): number {
  return line + 12 * kernel;
}

/** Bytes of the whole block. */
export function controlBytes(kernelCount: number, threads: number, isWatched = false): number {
  return threadOffset(kernelCount, threads, isWatched);
}
