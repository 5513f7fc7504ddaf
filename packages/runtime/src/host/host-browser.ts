// A web page or a web worker as the host of the engine. Workers are started from the text of their code, so that they travel inside any
// bundle. Nothing here depends on timers, which browsers slow down in hidden tabs.

import { worker as workerCode } from '#worker';
import type { InitMessage, ProgramMessage } from '../threads/messages.ts';
import { isMemoryShared, webAssembly } from '../webassembly.ts';
import type { Host, SpawnOptions, ThreadGroup, WorkerHandle } from './host.ts';

/** The part of the browser's interface that is used here; TypeScript's types of it would cover all packages. */
interface BrowserWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
}
interface BrowserGlobals {
  readonly crossOriginIsolated?: boolean;
  readonly Worker?: new (url: string, options: { name: string }) => BrowserWorker;
}

/** What a worker tells: that it has left a run, or has returned from its loop. */
export type WorkerReport = 'idle' | 'returned';

/** What the first message to a worker says. */
export interface WorkerStart {
  readonly init: InitMessage;
  /** whether the worker tells when it has left a run: where the engine has no Atomics.waitAsync */
  readonly tellsIdle: boolean;
}

/** No event tells when a thread that was terminated has stopped; it stops within a tile of a few microseconds. */
const stopMs = 100;

const globals = globalThis as unknown as BrowserGlobals;

/** The host of this page or worker. Its methods can be replaced, for tests of other hosts. */
export const host: Host = {
  cores: () => (globals.crossOriginIsolated ? globalThis.navigator.hardwareConcurrency || 1 : 1),
  canWait: canWait(),
  environment: (name) => {
    const value: unknown = Reflect.get(globalThis, name);
    return typeof value === 'string' ? value : undefined;
  },
  warn: (message, { type = 'Warning' } = {}) => console.warn(`${type}: ${message}`),
  afterTurn,
  nanoseconds: () => 1e6 * (performance.timeOrigin + performance.now()),
  v8Version: 0, // there are no flags, whatever the engine
  isX64: false,
  setFlag: () => false,
  spawn: (options) => new BrowserThreadGroup(options),
  nativeThread: () => 0,
  computedBy: () => undefined,
  computedByOthers: () => 0,
  endThread: () => {
    if ('DedicatedWorkerGlobalScope' in globalThis) Reflect.get(globalThis, 'close').call(globalThis);
  },
};

/** Whether Atomics.wait works in this thread. It throws on a page, and in workers that serve pages. */
function canWait(): boolean {
  try {
    if (!isMemoryShared()) return 'DedicatedWorkerGlobalScope' in globalThis;
    const { buffer } = new webAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return Atomics.wait(new Int32Array(buffer), 0, 1) === 'not-equal';
  } catch {
    return false;
  }
}

const callbacks: (() => void)[] = [];
let turns: MessageChannel | undefined;

/** A message has no delay of its own, and comes soon in hidden tabs too. */
function afterTurn(callback: () => void): void {
  if (!turns) {
    turns = new MessageChannel();
    turns.port1.onmessage = () => callbacks.shift()?.();
  }
  callbacks.push(callback);
  turns.port2.postMessage(0);
}

/** Web workers, each of which runs the loop of a worker. */
class BrowserThreadGroup implements ThreadGroup {
  readonly #workers: readonly BrowserWorker[];
  readonly #ended: Promise<void>;
  readonly #onExit: SpawnOptions['onExit'];
  readonly #init: readonly InitMessage[];

  constructor({ init, onExit, onIdle }: SpawnOptions) {
    if (!globals.crossOriginIsolated) throw new Error('the page is not cross-origin isolated');
    const { Worker } = globals;
    if (!Worker) throw new Error('there is no Worker');
    const code = String(workerCode); // text, in a bundle
    const url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const tellsIdle = typeof Atomics.waitAsync !== 'function';
    this.#init = init;
    this.#onExit = onExit;
    this.#workers = init.map(({ thread }) => new Worker(url, { name: `treadle ${thread}` }));
    const returned = init.map((message, i) => {
      const worker = this.#workers[i]!;
      return new Promise<void>((resolve) => {
        worker.onmessage = ({ data }) => (data === 'returned' ? resolve() : onIdle?.());
        worker.onerror = (event) => {
          event.preventDefault?.();
          onExit(
            message.thread,
            new Error(event.message ?? 'the browser refuses it, such as by a Content-Security-Policy'),
          );
          resolve();
        };
        const start: WorkerStart = { init: message, tellsIdle };
        worker.postMessage(start);
      });
    });
    this.#ended = Promise.all(returned).then(() => this.kill());
  }

  get workers(): readonly WorkerHandle[] {
    return this.#workers.map((worker, i) => ({
      terminate: async () => {
        worker.terminate();
        this.#onExit(this.#init[i]?.thread ?? i, new Error('worker exited with code 1'));
      },
    }));
  }

  post(message: ProgramMessage): void {
    for (const worker of this.#workers) worker.postMessage(message);
  }

  end(): Promise<void> {
    return this.#ended;
  }

  async kill(): Promise<void> {
    for (const worker of this.#workers) worker.terminate();
    await new Promise((resolve) => setTimeout(resolve, stopMs));
  }
}
