// Node.js as the host of the engine: worker threads by piscina, V8's flags, and Linux's figures of what each thread has computed.
// Deno and Bun have the same modules and run this file, too. Beside the entry of the workers, it is the only file of the engine
// that imports Node.

import { readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, constants, getPriority, setPriority } from 'node:os';
import process from 'node:process';
import { setImmediate } from 'node:timers';
import { setFlagsFromString } from 'node:v8';
import { isMainThread, MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { worker } from '#worker';
import type { InitMessage, ProgramMessage } from '../threads/messages.ts';
import { allowedCpus, coresWithin, cpuLimit } from './cgroup.ts';
import type { Host, SpawnOptions, ThreadGroup, WorkerHandle } from './host.ts';

/** Bun has another JavaScript engine, though it names a version of V8. */
const isBun = process.versions.bun !== undefined;
/** Deno and Bun have the function that sets flags, but it does nothing. V8 ends the process when a flag is set after the one here. */
const hasFlags =
  !isBun &&
  process.versions.deno === undefined &&
  !process.execArgv.some((flag) => /^--freeze[-_]flags[-_]after[-_]init$/.test(flag));
/** Address space that V8 reserves for the heap and the code of a thread: 0.6 to 1.0 GB were measured with Node 20 and 26. */
const threadAddressSpace = 1.25 * 2 ** 30;
/** Node does not limit what a worker may do, though it limits the process, unless the worker is started with these flags. */
const workerFlags = permissionFlags(process.execArgv);
/** The unit, in milliseconds, in which Linux counts what a thread has computed. */
const tickMilliseconds = 10;

/** What a worker thread is started with. */
export interface WorkerTask {
  readonly init: InitMessage;
  /** brings a `ProgramMessage` for each program that the worker has to know or to forget */
  readonly port: MessagePort;
}

/** The host of this process. Its methods can be replaced, for tests of other hosts. */
export const host: Host = {
  cores: () => {
    const limit = cpuLimit(readText);
    if (!limit) return availableParallelism();
    // Some versions of Node know some of these limits, and round them down.
    const allowed = allowedCpus(readText('/proc/self/status') ?? '') ?? availableParallelism();
    return Math.min(allowed, coresWithin(limit));
  },
  coresLimit: () => {
    const limit = cpuLimit(readText);
    return limit && `${limit.file} grants ${limit.cpus} CPUs`;
  },
  lowerPriority: () => {
    if (process.platform !== 'linux') return; // elsewhere it would be that of the whole process
    try {
      setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + constants.priority.PRIORITY_BELOW_NORMAL));
    } catch {
      // the system does not allow it: the thread goes on as it is
    }
  },
  canWait: true,
  environment: (name) => process.env[name],
  warn: (message, options = {}) => process.emitWarning(message, options),
  afterTurn: (callback) => void setImmediate(callback),
  nanoseconds: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e9 + nanoseconds;
  },
  v8Version: isBun ? 0 : Number.parseInt(process.versions.v8 ?? '0', 10),
  isX64: process.arch === 'x64',
  setFlag: (flag) => {
    if (!hasFlags) return false;
    try {
      setFlagsFromString(flag);
      return true;
    } catch {
      return false; // programs that only resemble Node.js have this function and throw in it
    }
  },
  sharedObject: MessageChannel,
  spawn: (options) => {
    checkAddressSpace(options.init.length);
    try {
      return new NodeThreadGroup(options);
    } catch (cause) {
      throw isRefusal(cause)
        ? new Error('the system gives no more; is there a limit, such as ulimit -u?', { cause })
        : cause;
    }
  },
  nativeThread: () => {
    try {
      return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    } catch {
      return 0; // not Linux, or without /proc
    }
  },
  // A thread without a file has ended, unless this process may read no such file.
  computedBy: (nativeThread) =>
    timeOf(nativeThread) ?? (timeOf(process.pid) === undefined ? timeOfProcess() : undefined),
  computedByOthers: () => timeOfProcess() - (timeOf(process.pid) ?? 0),
  endThread: () => {
    if (!isMainThread) process.exit(1);
  },
};

/** The flags that let a worker read what the process may read, and nothing else; none where the process has no limits. */
function permissionFlags(flags: readonly string[]): string[] {
  if (!flags.some((flag) => /^--(experimental[-_])?permission$/.test(flag))) return [];
  return flags.filter(
    (flag, i) =>
      /^--((experimental[-_])?permission$|allow[-_]fs[-_]read\b)/.test(flag) ||
      /^--allow[-_]fs[-_]read$/.test(flags[i - 1] ?? ''),
  );
}

/** The text of a file of the system; undefined where it cannot be read: not Linux, no /proc, no right to. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** For how many milliseconds all threads of the process have computed. */
function timeOfProcess(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The same of one thread, from its file; undefined where there is none to read. */
function timeOf(nativeThread: number): number | undefined {
  const stat = readText(`/proc/self/task/${nativeThread}/stat`);
  if (stat === undefined) return undefined;
  // "id (name) state …": user and system time are the 14th and the 15th field; the name may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return tickMilliseconds * (Number(fields[11]) + Number(fields[12]));
}

/**
 * Throws where a limit leaves no address space for this number of threads: V8 would end the process, which no code can prevent.
 */
function checkAddressSpace(threads: number): void {
  const room = addressSpace();
  if (room >= threads * threadAddressSpace) return;
  const gibibytes = (room / 2 ** 30).toFixed(1);
  throw new Error(`each needs 1.25 GiB of address space, and a limit, such as ulimit -v, leaves ${gibibytes}`);
}

/** Whether the system refused a thread: EAGAIN, where a number of threads or processes may not be exceeded. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_INIT_FAILED';
}

/** The bytes of address space that the process may still reserve, as Linux tells it; Infinity where no limit is known. */
function addressSpace(): number {
  const limit = /^Max address space +(\d+)/m.exec(readText('/proc/self/limits') ?? '')?.[1];
  if (limit === undefined) return Number.POSITIVE_INFINITY; // 'unlimited'
  const used = /^VmSize:\s+(\d+) kB/m.exec(readText('/proc/self/status') ?? '')?.[1];
  return Number(limit) - 1024 * Number(used ?? 0);
}

/** A piscina pool in which each thread runs one task: the loop of a worker. */
class NodeThreadGroup implements ThreadGroup {
  readonly #pool: Piscina;
  readonly #ports: MessagePort[] = [];
  readonly #tasks: Promise<void>[];
  readonly #ended: Promise<void>;

  constructor({ init, onExit }: SpawnOptions) {
    this.#pool = createPool(init.length);
    this.#tasks = init.map(async (message) => {
      const { port1, port2 } = new MessageChannel();
      port1.unref();
      this.#ports.push(port1);
      const task: WorkerTask = { init: message, port: port2 };
      try {
        await this.#pool.run(task, { transferList: [port2] as object }); // its type reads an overload that it does not mean
      } catch (error) {
        onExit(message.thread, error instanceof Error ? error : new Error(String(error)));
      }
      port1.close();
    });
    this.#ended = this.#endAfterTasks();
  }

  get workers(): readonly WorkerHandle[] {
    return this.#pool.threads;
  }

  post(message: ProgramMessage): void {
    for (const port of this.#ports) port.postMessage(message);
  }

  end(): Promise<void> {
    return this.#ended;
  }

  async kill(): Promise<void> {
    await this.#pool.destroy();
    await this.#ended;
  }

  /** Piscina's `close` would do the same, and remember the pool for half a minute. */
  async #endAfterTasks(): Promise<void> {
    await Promise.all(this.#tasks);
    await this.#pool.destroy();
  }
}

/** Piscina is loaded when the first worker is needed: loading it takes longer than most programs that use one thread. */
function createPool(threads: number): Piscina {
  const piscina: typeof import('piscina') = createRequire(import.meta.url)('piscina');
  const pool = new piscina.Piscina({
    filename: String(worker), // piscina in a bundle is built to take the code instead of a file
    minThreads: threads,
    maxThreads: threads,
    execArgv: workerFlags,
    recordTiming: false,
  });
  pool.on('error', () => {}); // the promise of the task is rejected, too
  // The event comes before or just when the task is posted, and posting makes the port keep the process alive: unref afterwards.
  pool.on('workerCreate', (worker: object) => queueMicrotask(() => unref(worker)));
  return pool;
}

/** A task without end must not keep the process alive. Piscina has no option for that; what it emits leads to its worker. */
function unref(worker: object): void {
  for (const key of Object.getOwnPropertySymbols(worker)) {
    const info: unknown = Reflect.get(worker, key);
    if (typeof info === 'object' && info !== null && 'unref' in info && typeof info.unref === 'function') info.unref();
  }
}
