// The one shared memory of the process. It is created when it is first needed, and grows in steps up to 4 GiB, or to less where
// the system reserves no more. Only the main thread grows it, and only this file makes views of it.
// Invariant: behind every block are at least 64 readable bytes, those of the next block or the guard at the end.

import { createMemory, type WebAssemblyMemory } from '../webassembly.ts';
import { Allocator, type Block } from './allocator.ts';

const pageBytes = 65_536;
const maximumPages = 65_536;
/** A system that does not reserve this much is too small. */
const leastMaximumPages = 4096;
const guardBytes = 64;
/** nothing lies at address 0 */
const heapStart = 64;
/** The bytes of the largest block that an empty memory has room for. */
export const mostBytes: number = maximumPages * pageBytes - heapStart - guardBytes;
const leastGrowth = 16 * 1024 * 1024;

interface Views {
  readonly f32: Float32Array<ArrayBufferLike>;
  readonly i32: Int32Array<ArrayBufferLike>;
  readonly u16: Uint16Array<ArrayBufferLike>;
  readonly u8: Uint8Array<ArrayBufferLike>;
}

/** A shared memory with its blocks and views. */
export class SharedMemory {
  readonly #allocator = new Allocator(heapStart);
  /** called before each allocation; `allocate` throws what it throws. For tests of a memory that is full */
  beforeAllocate: ((bytes: number) => void) | undefined;
  #wasm: WebAssemblyMemory | undefined;
  #maximumPages = maximumPages;
  #views: Views | undefined;

  /** The memory that modules import as `env.memory`. */
  get wasm(): WebAssemblyMemory {
    return this.#wasm ?? this.#create();
  }

  // A view is current until the next `allocate`. An older one lacks the bytes that were added; it is empty where the memory is
  // not shared.

  get f32(): Float32Array<ArrayBufferLike> {
    return (this.#views ?? this.#renew()).f32;
  }

  get i32(): Int32Array<ArrayBufferLike> {
    return (this.#views ?? this.#renew()).i32;
  }

  get u16(): Uint16Array<ArrayBufferLike> {
    return (this.#views ?? this.#renew()).u16;
  }

  get u8(): Uint8Array<ArrayBufferLike> {
    return (this.#views ?? this.#renew()).u8;
  }

  /** Bytes of all blocks, each rounded up to 64. */
  get bytesInUse(): number {
    return this.#allocator.bytesInUse;
  }

  /** Bytes that the memory has grown to. */
  get bytesReserved(): number {
    return this.#wasm?.buffer.byteLength ?? 0;
  }

  /** A block of `bytes`, not cleared, at a multiple of 64. Throws RangeError when the memory is full, or for a wrong number. */
  allocate(bytes: number): Block {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new RangeError(`memory: a block must have a whole number of bytes, 0 or more; got ${bytes}`);
    }
    this.beforeAllocate?.(bytes);
    const wasm = this.#wasm ?? this.#create();
    const block = this.#allocator.allocate(bytes);
    if (block) return block;
    this.#grow(wasm, bytes);
    const grown = this.#allocator.allocate(bytes);
    if (!grown) throw new Error(`internal: memory that has grown by ${bytes} bytes must have room for them`);
    return grown;
  }

  /** Gives a block back. Freeing twice is an `internal:` error. */
  free(block: Block): void {
    this.#allocator.free(block);
  }

  #create(): WebAssemblyMemory {
    const wasm = this.#reserve();
    this.#wasm = wasm;
    this.#allocator.extend(leastGrowth - heapStart - guardBytes);
    return wasm;
  }

  /** A memory with the largest maximum that the system accepts. */
  #reserve(): WebAssemblyMemory {
    for (; ; this.#maximumPages /= 2) {
      try {
        return createMemory(leastGrowth / pageBytes, this.#maximumPages);
      } catch (error) {
        if (!(error instanceof RangeError) || this.#maximumPages <= leastMaximumPages) throw error;
      }
    }
  }

  #renew(): Views {
    const { buffer } = this.wasm;
    const [f32, i32] = [new Float32Array(buffer), new Int32Array(buffer)];
    this.#views = { f32, i32, u16: new Uint16Array(buffer), u8: new Uint8Array(buffer) };
    return this.#views;
  }

  /** Adds what a block of `bytes` lacks, and if possible a quarter of the present size, so that growing stays rare. */
  #grow(wasm: WebAssemblyMemory, bytes: number): void {
    const reserved = wasm.buffer.byteLength;
    const missing = Math.ceil((Math.max(1, bytes) - this.#allocator.bytesAtTop) / pageBytes);
    const room = this.#maximumPages - reserved / pageBytes;
    if (missing > room) throw this.#full(bytes, `which is at most ${this.#maximumPages * pageBytes} bytes`);
    const ample = Math.ceil(Math.max(leastGrowth, reserved / 4) / pageBytes);
    const pages = [Math.min(Math.max(missing, ample), room), missing].find((count) => growsBy(wasm, count));
    if (pages === undefined) throw this.#full(bytes, `which has ${reserved} bytes, and the system gives no more`);
    this.#views = undefined;
    this.#allocator.extend(pages * pageBytes);
  }

  #full(bytes: number, how: string): RangeError {
    return new RangeError(
      `memory: no room for ${bytes} bytes; ${this.bytesInUse} bytes are in use of the memory, ${how}`,
    );
  }
}

function growsBy(wasm: WebAssemblyMemory, pages: number): boolean {
  try {
    wasm.grow(pages);
    return true;
  } catch {
    return false;
  }
}

/** The shared memory of this process. */
export const memory: SharedMemory = new SharedMemory();
