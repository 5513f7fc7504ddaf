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

export interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WebAssemblyModule;
  readonly Instance: new (
    module: WebAssemblyModule,
    imports: Record<string, Record<string, unknown>>,
  ) => WebAssemblyInstance;
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WebAssemblyMemory;
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

export const webAssembly: WebAssemblyInterface = Reflect.get(globalThis, 'WebAssembly');
