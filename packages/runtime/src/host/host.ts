// What the engine asks of the program that runs JavaScript. Only a file that implements this interface, and the entry of its
// workers, may know a host. `#host` in package.json names the implementation for each condition. What every host has is used
// directly: WebAssembly, Atomics, timers, performance.now and Math.random.
//
// What differs in a browser:
// 1. Atomics.wait throws on a page: `canWait` is false there. All runs are asynchronous then, and workers compute them.
// 2. Threads share memory on pages that are cross-origin isolated only (two HTTP headers); elsewhere `spawn` throws.
// 3. A Web Worker receives messages on its event loop only: so the loop of a worker is a generator, which yields to get them.
// 4. What workers report lies in shared memory. `onIdle` is for engines that cannot wait for it without blocking.
// 5. There are no flags and no native thread numbers: `setFlag` says false, and `computedByOthers` says 0.

import type { InitMessage, ProgramMessage } from '../threads/messages.ts';

/** A thread of a group, for tests and diagnosis. */
export interface WorkerHandle {
  /** ends the thread wherever it is; resolves when it has ended */
  terminate(): Promise<unknown>;
}

/** Worker threads that were spawned together. They do not keep the process alive, and end when all have returned from their loops. */
export interface ThreadGroup {
  readonly workers: readonly WorkerHandle[];
  /** Sends a message to every worker of the group; messages arrive in the order in which they were sent. */
  post(message: ProgramMessage): void;
  /** Resolves when the threads have ended after the workers have returned from their loops, which they must have been told. */
  end(): Promise<void>;
  /** Ends the threads wherever they are. */
  kill(): Promise<void>;
}

/** What `spawn` needs to know of a group of workers. */
export interface SpawnOptions {
  /** what each worker is given when it starts, one worker for each */
  readonly init: readonly InitMessage[];
  /** called when a worker has ended before it returned from its loop */
  readonly onExit: (thread: number, error: Error) => void;
  /** may be called when a worker has left a run; nothing depends on it where there is Atomics.waitAsync */
  readonly onIdle?: () => void;
}

/** How a warning is marked. */
export interface WarningOptions {
  /** the kind of the warning; 'Warning' by default */
  readonly type?: string;
  /** a text by which programs recognize the warning */
  readonly code?: string;
}

/** Everything that the engine asks of the program that runs JavaScript. */
export interface Host {
  /** How many threads can compute at the same time, 1 or more, within every limit that the host knows. */
  cores(): number;

  /** What the system grants to this process where that may be less than the machine has; undefined where no limit is known. */
  coresLimit?(): string | undefined;

  /** Makes the calling thread compute only as far as others leave cores to it. Left out where that is not up to a thread. */
  lowerPriority?(): void;

  /** Whether the calling thread may block. Where it may not, no run is waited for, and runs on it are cut into slices. */
  readonly canWait: boolean;

  /** The value of an environment variable; undefined where it is not set. */
  environment(name: string): string | undefined;

  /** Shows a warning to the user. The program goes on. */
  warn(message: string, options?: WarningOptions): void;

  /** Calls `callback` after the event loop has had a turn, in which timers, input and output were served. */
  afterTurn(callback: () => void): void;

  /** Nanoseconds since a moment in the past that is the same for all threads. */
  nanoseconds(): number;

  /** The major version of V8; 0 where another engine runs JavaScript. */
  readonly v8Version: number;

  /** Whether the processor has the x86-64 instruction set. */
  readonly isX64: boolean;

  /** Sets a flag of V8 for the whole process. Returns false where the host refuses, or has no flags. */
  setFlag(flag: string): boolean;

  /** An object that all engines of this thread see, whatever realm they live in; `globalThis` where there are no realms. */
  readonly sharedObject?: object;

  /** Starts worker threads. Throws where the host refuses. */
  spawn(options: SpawnOptions): ThreadGroup;

  /** The number by which the operating system knows the calling thread; 0 where the host cannot tell. */
  nativeThread(): number;

  /**
   * For how many milliseconds the thread with this native number has computed; undefined when it has ended. Where the host cannot
   * tell, it is the time of all threads.
   */
  computedBy(nativeThread: number): number | undefined;

  /** For how many milliseconds all threads of the process but the main one have computed, where single threads are unknown. */
  computedByOthers(): number;

  /** Ends the calling worker thread at once; does nothing on the main thread. For tests of threads that die. */
  endThread(): void;
}
