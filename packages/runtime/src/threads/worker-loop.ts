// What a worker thread does from its start to its end: wait for its doorbell, join the run, leave it, wait again. It spins for a
// short while before it sleeps. It knows nothing of plans or tensors, only of programs by number.
// Invariant: a worker that wakes after a run has closed detects this before it touches any memory of the run.

import { host } from '#host';
import { abortOffset, status } from '../run/control-block.ts';
import type { WebAssemblyMemory } from '../webassembly.ts';
import type { InitMessage } from './messages.ts';
import {
  activeWord,
  closed,
  closingWord,
  controlWord,
  finishedRunWord,
  finishedStatusWord,
  membersWord,
  nativeWord,
  programWord,
  reportError,
  reserveDoorbell,
  scratchStrideWord,
  scratchWord,
  stop,
  tableWord,
  unknownThread,
} from './run-descriptor.ts';
import { SpinWait } from './spin-wait.ts';
import type { WorkerPrograms } from './worker-programs.ts';

/**
 * The loop of a worker; returns when its doorbell says `stop`. It yields when it wants the messages that were sent to it: the
 * number of the program that it cannot go on without, or undefined before it sleeps. The host then takes the messages in.
 */
export function* workerLoop(init: InitMessage, programs: WorkerPrograms): Generator<number | undefined, void> {
  const { descriptor: words, doorbell, thread } = init;
  if (init.priority === 'low') host.lowerPriority?.();
  Atomics.store(words, nativeWord(thread), host.nativeThread() || unknownThread);
  const wait = new SpinWait(words, doorbell);
  for (let run: number = closed; ; ) {
    let next = wait.spin(run);
    while (next === undefined) {
      yield undefined;
      next = wait.sleep(run) ?? wait.spin(run);
    }
    run = next;
    if (run === stop) return;
    Atomics.add(words, activeWord, 1);
    // The caller closes a run before it reads `active`: a worker that finds the run open here was counted.
    const isInside = Atomics.load(words, doorbell) === run && thread < words[membersWord]!;
    if (isInside && !programs.has(words[programWord]!)) yield words[programWord]!;
    const outcome = isInside ? join(init, programs) : status.done;
    Atomics.sub(words, activeWord, 1);
    if (Atomics.load(words, closingWord) !== 0) Atomics.notify(words, activeWord);
    if (isInside && thread === 0) {
      words[finishedStatusWord] = outcome;
      Atomics.store(words, finishedRunWord, run); // publishes the status
      Atomics.notify(words, finishedRunWord);
    }
    if (!isInside) waitInReserve(words, thread);
  }
}

/** Works in the open run. Whatever is thrown aborts the run for all threads. */
function join({ descriptor: words, memory, thread }: InitMessage, programs: WorkerPrograms): number {
  const control = words[controlWord]!;
  try {
    const main = programs.mainOf(words[programWord]!);
    const scratch = words[scratchWord]! + thread * words[scratchStrideWord]!;
    // The caller decides how long to wait for a tile of another thread; it aborts the run if necessary.
    for (;;) {
      const outcome = main(control, words[tableWord]!, scratch, thread);
      if (outcome !== status.stalled) return outcome;
    }
  } catch (error) {
    reportError(words, { thread, message: error instanceof Error ? error.message : String(error) });
    abort(memory, control);
    return status.aborted;
  }
}

function abort(memory: WebAssemblyMemory, control: number): void {
  Atomics.store(new Int32Array(memory.buffer), ((control >>> 0) + abortOffset) / 4, 1);
}

/** Sleeps while the worker is no member of the team, and is not to stop. No run wakes it here. */
function waitInReserve(words: Int32Array, thread: number): void {
  for (;;) {
    // The doorbell is read first: the caller changes the number of members, then rings.
    const seen = Atomics.load(words, reserveDoorbell);
    if (seen === stop || thread < Atomics.load(words, membersWord)) return;
    Atomics.wait(words, reserveDoorbell, seen);
  }
}
