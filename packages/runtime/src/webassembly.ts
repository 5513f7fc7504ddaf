// The part of the WebAssembly JavaScript interface that the engine uses, with types: neither TypeScript's ES library nor
// @types/node declares it. Shared memories only.

/** A compiled module; threads hand it to each other as it is. */
export type WebAssemblyModule = object;

export interface WebAssemblyMemory {
  readonly buffer: SharedArrayBuffer;
  /** adds pages of 64 KiB; RangeError when there are no more */
  grow(pages: number): number;
}

export interface WebAssemblyInstance {
  readonly exports: Readonly<Record<string, (...args: number[]) => number>>;
}

/** A table of functions that an instance calls by their positions. */
export interface WebAssemblyTable {
  set(position: number, func: (...args: number[]) => number): void;
}

export interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WebAssemblyModule;
  readonly Instance: new (
    module: WebAssemblyModule,
    imports: Record<string, Record<string, unknown>>,
  ) => WebAssemblyInstance;
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WebAssemblyMemory;
  readonly Table: new (descriptor: { element: 'anyfunc'; initial: number }) => WebAssemblyTable;
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

/** What stands for WebAssembly where a host has switched it off: every use says so. */
const missing: WebAssemblyInterface = new Proxy(Object.prototype as WebAssemblyInterface, {
  get: () => {
    throw new Error(
      'treadle: WebAssembly must be available; this process has none (node --jitless switches it off), and nothing else computes',
    );
  },
});

export const webAssembly: WebAssemblyInterface = Reflect.get(globalThis, 'WebAssembly') ?? missing;

/** A shared memory that may grow to so many pages of 64 KiB. RangeError where the host refuses. */
export function createMemory(initial: number, maximum: number): WebAssemblyMemory {
  try {
    return new webAssembly.Memory({ initial, maximum, shared: true });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(
      'memory: the process must be able to reserve address space for a shared memory, 8 to 10 GiB with guard regions; it was refused; does a limit (ulimit -v) stand in the way?',
      { cause },
    );
  }
}
