// Workers that were spawned together and listen to one doorbell. It knows which programs they have been sent, not what is run
// when.

import { host } from '#host';
import type { ThreadGroup, WorkerHandle } from '../host/host.ts';
import { memory } from '../memory/memory.ts';
import type { Code } from '../run/program.ts';
import type { Priority } from './messages.ts';

/** Which workers a group consists of. */
export interface WorkerGroupOptions {
  /** the run descriptor of the pool */
  readonly descriptor: Int32Array<SharedArrayBuffer>;
  /** the word of the descriptor that its workers listen to */
  readonly doorbell: number;
  /** the numbers of its threads */
  readonly threads: readonly number[];
  /** the priority of its threads */
  readonly priority: Priority;
  /** called when a thread has ended that was not told to */
  readonly onExit: (thread: number, error: Error) => void;
  /** called when a worker has left a run, where the host tells so */
  readonly onIdle: () => void;
}

/** Workers that share a doorbell. */
export class WorkerGroup {
  readonly #group: ThreadGroup;
  readonly #known = new Set<number>();

  /** Spawns the workers. Throws where the host refuses. */
  constructor({ descriptor, doorbell, threads, priority, onExit, onIdle }: WorkerGroupOptions) {
    const init = threads.map((thread) => ({ memory: memory.wasm, descriptor, doorbell, thread, priority }));
    this.#group = host.spawn({ init, onExit, onIdle });
  }

  get workers(): readonly WorkerHandle[] {
    return this.#group.workers;
  }

  /** Sends a program to all workers, once. */
  send(id: number, code: Code): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#group.post({ id, code });
  }

  forget(id: number): void {
    if (this.#known.delete(id)) this.#group.post({ id });
  }

  /** Waits for workers that have been told to return, then ends the threads. */
  end(): Promise<void> {
    return this.#group.end();
  }

  /** Ends the threads wherever they are. */
  kill(): Promise<void> {
    return this.#group.kill();
  }
}
