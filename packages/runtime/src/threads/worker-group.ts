// The workers behind one bell. Piscina spawns, owns and ends their threads; each thread runs one task, which is to listen to
// the bell. Nothing here keeps the process alive. Knows which programs its workers have been sent, not what is run when.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { memory } from '../memory/memory.ts';
import type { Code } from '../run/program.ts';
import type { Delivery, Post } from './worker.ts';

const filename = fileURLToPath(new URL('./worker.js', import.meta.url));

export interface WorkerGroupOptions {
  readonly desk: Int32Array<SharedArrayBuffer>;
  readonly bell: number;
  /** the numbers of its threads */
  readonly threads: readonly number[];
  /** called when a thread has ended that nobody told to */
  readonly onDeath: (thread: number, error: Error) => void;
}

/** What a worker threw inside a run. */
export interface Complaint {
  readonly thread: number;
  readonly message: string;
}

export class WorkerGroup {
  readonly #pool: Piscina;
  readonly #ports = new Map<number, MessagePort>();
  readonly #tasks: Promise<void>[];
  readonly #known = new Set<number>();

  constructor({ desk, bell, threads, onDeath }: WorkerGroupOptions) {
    this.#pool = createPool(threads.length);
    this.#tasks = threads.map(async (thread) => {
      const { port1, port2 } = new MessageChannel();
      port1.unref();
      this.#ports.set(thread, port1);
      const post: Post = { memory: memory.wasm, desk, bell, thread, port: port2 };
      try {
        await this.#pool.run(post, { transferList: [port2] as object }); // its type reads an overload that it does not mean
      } catch (error) {
        onDeath(thread, error instanceof Error ? error : new Error(String(error)));
      }
      port1.close();
    });
  }

  /** The threads themselves. */
  get workers(): readonly Worker[] {
    return this.#pool.threads;
  }

  /** Sends a program to all workers, once; they take it in when they first need it. */
  inform(id: number, module: Code): void {
    if (this.#known.has(id)) return;
    this.#known.add(id);
    this.#send({ id, module });
  }

  forget(id: number): void {
    if (this.#known.delete(id)) this.#send({ id });
  }

  /** The first thing that a worker threw, if one did. */
  complaint(): Complaint | undefined {
    for (const [thread, port] of this.#ports) {
      const post = receiveMessageOnPort(port);
      if (post) return { thread, message: String(post.message) };
    }
    return undefined;
  }

  /** Waits for tasks that have been told to return, then ends the threads. */
  async end(): Promise<void> {
    await Promise.all(this.#tasks);
    await this.#pool.close();
  }

  /** Ends the threads wherever they are. */
  async kill(): Promise<void> {
    await this.#pool.destroy();
    await Promise.all(this.#tasks);
  }

  #send(delivery: Delivery): void {
    for (const port of this.#ports.values()) port.postMessage(delivery);
  }
}

/** Piscina is loaded when the first worker is needed: reading it in takes longer than most programs of one thread. */
function createPool(threads: number): Piscina {
  const piscina: typeof import('piscina') = createRequire(import.meta.url)('piscina');
  const pool = new piscina.Piscina({
    filename,
    minThreads: threads,
    maxThreads: threads,
    execArgv: [],
    recordTiming: false,
  });
  pool.on('error', () => {}); // told through the task, too
  // The event comes before or just when the task is posted, which makes the port hold the process; so let go afterwards.
  pool.on('workerCreate', (worker: object) => queueMicrotask(() => letGo(worker)));
  return pool;
}

/** A task without end must not hold the process. Piscina has no option for that; what it hands out leads to its worker. */
function letGo(worker: object): void {
  for (const key of Object.getOwnPropertySymbols(worker)) {
    const info: unknown = Reflect.get(worker, key);
    if (typeof info === 'object' && info !== null && 'unref' in info && typeof info.unref === 'function') info.unref();
  }
}
