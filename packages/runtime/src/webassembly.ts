// The part of the JavaScript interface of WebAssembly that the engine uses, with its types: neither TypeScript's ES library nor
// @types/node declares it. Memories are shared wherever the process can share any.

/** A compiled module; it can be sent to other threads, which need not compile it again. */
export type WebAssemblyModule = object;

export interface WebAssemblyMemory {
  /** A buffer that is not shared is detached when the memory grows. */
  readonly buffer: SharedArrayBuffer | ArrayBuffer;
  /** Adds pages of 64 KiB. Throws RangeError when the maximum is reached or the system has no more memory. */
  grow(pages: number): number;
}

export interface WebAssemblyInstance {
  readonly exports: Readonly<Record<string, (...args: number[]) => number>>;
}

/** A table of functions, which an instance calls by their positions. */
export interface WebAssemblyTable {
  set(position: number, func: (...args: number[]) => number): void;
}

export interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WebAssemblyModule;
  readonly Instance: new (
    module: WebAssemblyModule,
    imports: Record<string, Record<string, unknown>>,
  ) => WebAssemblyInstance;
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => WebAssemblyMemory;
  readonly Table: new (descriptor: { element: 'anyfunc'; initial: number }) => WebAssemblyTable;
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

/** Takes the place of WebAssembly where the process has none. */
const missing: WebAssemblyInterface = new Proxy(Object.prototype as WebAssemblyInterface, {
  get: () => {
    throw new Error(
      'treadle: WebAssembly must be available, because all computation is done in it; got a process without it; does a flag (node --jitless) switch it off?',
    );
  },
});

/** The WebAssembly of this process. Where it has none, every use throws an Error that says so. */
export const webAssembly: WebAssemblyInterface = Reflect.get(globalThis, 'WebAssembly') ?? missing;

let canShare: boolean | undefined;

/** Whether memories are shared, which modules have to state: nearly everywhere, but not on each web page. */
export function isMemoryShared(): boolean {
  canShare ??= typeof SharedArrayBuffer !== 'undefined' || isSharingAllowed();
  return canShare;
}

/** Most browsers hide SharedArrayBuffer from pages that may not pass it to other threads, and still make shared memories. */
function isSharingAllowed(): boolean {
  try {
    new webAssembly.Memory({ initial: 0, maximum: 0, shared: true });
    return true;
  } catch {
    return false;
  }
}

/** A memory of `initial` pages of 64 KiB that may grow to `maximum`. RangeError where the system refuses address space. */
export function createMemory(initial: number, maximum: number): WebAssemblyMemory {
  try {
    return new webAssembly.Memory({ initial, maximum, shared: isMemoryShared() });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RangeError(
      'memory: the process must be able to reserve address space, 4 to 10 GiB; the system refused it; is there a limit, such as ulimit -v?',
      { cause },
    );
  }
}
