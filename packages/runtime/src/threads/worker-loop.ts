// What a worker does all its life, as one long piscina task: wait for a bell, join the run, leave, wait again. It spins for a
// short while before it sleeps. It knows nothing of plans or tensors, only of programs by number; and whoever comes too late
// to a run sees so before it touches anything.

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import {
  abortOffset,
  activeWord,
  closed,
  closingWord,
  controlWord,
  finishedWord,
  nativeWord,
  outcomeWord,
  programWord,
  scratchStrideWord,
  scratchWord,
  status,
  stop,
  tableWord,
  unknownThread,
} from '../run/control.ts';
import type { Code } from '../run/program.ts';
import { nativeThread } from '../run/timeout.ts';
import type { WebAssemblyMemory } from '../webassembly.ts';
import { instantiate, type Main } from './instantiate.ts';
import { SpinWait } from './spin-wait.ts';

/** What a worker is given when it starts. */
export interface Post {
  readonly memory: WebAssemblyMemory;
  readonly desk: Int32Array<SharedArrayBuffer>;
  /** the bell it listens to: a word of the desk */
  readonly bell: number;
  readonly thread: number;
  /** brings programs; takes back the message of whatever was thrown inside a run */
  readonly port: MessagePort;
}

/** A program to know or, without a module, to forget. */
export interface Delivery {
  readonly id: number;
  readonly module?: Code;
}

/** What was delivered; it is instantiated when it first runs. */
interface Known {
  readonly module: Code;
  main?: Main;
}

export default function serve(post: Post): void {
  const words = post.desk;
  Atomics.store(words, nativeWord(post.thread), nativeThread() || unknownThread);
  const programs = new Map<number, Known>();
  const ear = new SpinWait(words, post.bell, () => receive(post.port, programs));
  for (let run: number = closed; ; ) {
    run = ear.nextRun(run);
    if (run === stop) return;
    Atomics.add(words, activeWord, 1);
    // The caller closes a run before it reads `active`: whoever still sees it open here was counted.
    const open = Atomics.load(words, post.bell) === run;
    const outcome = open ? join(words, post, programs) : status.done;
    Atomics.sub(words, activeWord, 1);
    if (Atomics.load(words, closingWord) !== 0) Atomics.notify(words, activeWord);
    if (open && post.thread === 0) {
      words[outcomeWord] = outcome;
      Atomics.store(words, finishedWord, run); // publishes the status
      Atomics.notify(words, finishedWord);
    }
  }
}

/** Works in the open run. Whatever is thrown aborts the run for all. */
function join(words: Int32Array, { memory, port, thread }: Post, programs: Map<number, Known>): number {
  const control = words[controlWord]!;
  try {
    const id = words[programWord]!;
    if (!programs.has(id)) receive(port, programs);
    const known = programs.get(id);
    if (!known) throw new Error(`internal: program ${id} was not delivered`);
    known.main ??= instantiate(known.module, memory);
    const scratch = words[scratchWord]! + thread * words[scratchStrideWord]!;
    // How long to wait for a tile of another thread is for the caller to decide, who aborts the run if need be.
    for (;;) {
      const outcome = known.main(control, words[tableWord]!, scratch, thread);
      if (outcome !== status.stalled) return outcome;
    }
  } catch (error) {
    port.postMessage(error instanceof Error ? error.message : String(error));
    Atomics.store(new Int32Array(memory.buffer), ((control >>> 0) + abortOffset) / 4, 1);
    return status.aborted;
  }
}

/** Takes in what the caller has sent; it sends a program before it rings for it. */
function receive(port: MessagePort, programs: Map<number, Known>): void {
  for (let post = receiveMessageOnPort(port); post; post = receiveMessageOnPort(port)) {
    const { id, module }: Delivery = post.message;
    if (module) programs.set(id, { module });
    else programs.delete(id);
  }
}

// For piscina's `require`. Without this name Node makes a facade of the module for whoever requires it, and aborts the process
// when a thread is ended just then.
export { serve as 'module.exports' };
