// Runs kernels on one thread, kernel after kernel, tile after tile, on buffers made from typed arrays: the minimum of what
// a plan and its threads do. Memory that a kernel must not rely on is poisoned: scratch, temporaries and the bytes
// after each buffer contain NaN, and a store after the end of a buffer or of the scratch makes the test fail.

import { compileModule } from '@treadle/compiler';
import type { Kernel, Slot } from '@treadle/kernels';
import { ModuleBuilder } from '@treadle/wasm';

export type Elements = Float32Array | Int32Array | Uint16Array | Uint8Array;

/** The contents of each slot before the run: its elements, or for a temporary its number of elements. */
export type Buffers = ReadonlyMap<Slot, Elements | number>;

/** The order in which the tiles of a kernel run; ascending by default. */
export type Order = (tiles: number, kernel: number) => readonly number[];

const pageBytes = 65_536;
const guardBytes = 64;
/** all bits set: NaN as a float, −1 as an integer */
const poison = 0xff;

// One memory for the whole process, because V8 reserves gigabytes of address space for each memory.
let memory: WebAssembly.Memory | undefined;

function memoryOf(bytes: number): WebAssembly.Memory {
  memory ??= new WebAssembly.Memory({ initial: 1, maximum: pageBytes, shared: true });
  const missing = Math.ceil(bytes / pageBytes) - memory.buffer.byteLength / pageBytes;
  if (missing > 0) memory.grow(missing);
  return memory;
}

/** The bytes of a module that exports kernel i as `kernel<i>`, with the signature of a kernel. */
export function encodeKernels(kernels: readonly Kernel[]): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({
    memory: { module: 'env', name: 'memory', initial: 1, maximum: pageBytes, shared: true },
  });
  const functions = kernels.map((kernel) => kernel.emit(module));
  functions.forEach((func, i) => {
    module.func(`kernel${i}`, ['i32', 'i32', 'i32'], 'void', (f, table, scratch, tile) => {
      f.do(f.call(func, table, scratch, tile));
    });
  });
  return module.encode({ exportAll: true });
}

export interface RunOptions {
  /** whether V8 optimizes the code before the first call; true by default */
  readonly isOptimized?: boolean;
}

/**
 * Kernels and buffers in memory, ready to run several times. Views are valid until the next call of `prepareKernels`.
 */
export interface Prepared {
  readonly views: ReadonlyMap<Slot, Elements>;
  run(order?: Order): void;
  /** throws if a byte after a buffer has changed */
  check(): void;
}

/** A slot and its position in memory. */
interface Allocation {
  readonly slot: Slot;
  readonly content: Elements | number;
  readonly length: number;
  readonly address: number;
}

export function prepareKernels(
  kernels: readonly Kernel[],
  buffers: Buffers,
  { isOptimized = true }: RunOptions = {},
): Prepared {
  const slots = 1 + Math.max(-1, ...buffers.keys());
  const scratchBytes = Math.max(0, ...kernels.map((kernel) => kernel.scratch));
  let end = 64;
  const owned: { address: number; byteLength: number }[] = [];
  const reserve = (byteLength: number): number => {
    const address = end;
    owned.push({ address, byteLength });
    end += Math.ceil(byteLength / 64) * 64 + guardBytes;
    return address;
  };
  const [table, scratch] = [reserve(4 * slots), reserve(scratchBytes)];
  const addressLists = kernels.map(({ addressList }) => (addressList ? reserve(4 * addressList.length) : table));
  const allocations = [...buffers].map(([slot, content]): Allocation => {
    const length = typeof content === 'number' ? content : content.length;
    const bytes = typeof content === 'number' ? 4 : content.BYTES_PER_ELEMENT;
    return { slot, content, length, address: reserve(bytes * length) };
  });
  const env = { memory: memoryOf(end) };
  const bytes = new Uint8Array(env.memory.buffer);
  bytes.fill(poison, 0, end);
  const addresses = new Int32Array(env.memory.buffer, table, slots);
  for (const { slot, address } of allocations) addresses[slot] = address;
  kernels.forEach(({ addressList = [] }, i) => {
    const words = new Int32Array(env.memory.buffer, addressLists[i] ?? 0, addressList.length);
    words.set(
      addressList.map((word) => (typeof word === 'number' ? word : (addresses[word.slot] ?? 0) + word.byteOffset)),
    );
  });
  const views = new Map(allocations.map((each) => [each.slot, viewOf(env.memory.buffer, each)]));
  const encoded = encodeKernels(kernels);
  const { exports } = isOptimized
    ? compileModule(encoded, env).instance
    : new WebAssembly.Instance(new WebAssembly.Module(encoded), { env });
  return {
    views,
    run: (order = ascending) => {
      kernels.forEach((kernel, i) => {
        for (const tile of order(kernel.tiles, i)) exports[`kernel${i}`]?.(addressLists[i] ?? table, scratch, tile);
      });
    },
    check: () => {
      for (const { address, byteLength } of owned) {
        const from = address + byteLength;
        const to = address + Math.ceil(byteLength / 64) * 64 + guardBytes;
        const at = bytes.subarray(from, to).findIndex((byte) => byte !== poison);
        if (at >= 0) throw new Error(`a kernel stored ${at} bytes after the end of a buffer of ${byteLength} bytes`);
      }
    },
  };
}

function viewOf(buffer: SharedArrayBuffer, { content, length, address }: Allocation): Elements {
  const view = emptyView(buffer, address, length, content);
  if (typeof content !== 'number') view.set(content);
  return view;
}

function emptyView(buffer: SharedArrayBuffer, address: number, length: number, like: Elements | number): Elements {
  if (like instanceof Int32Array) return new Int32Array(buffer, address, length);
  if (like instanceof Uint16Array) return new Uint16Array(buffer, address, length);
  if (like instanceof Uint8Array) return new Uint8Array(buffer, address, length);
  return new Float32Array(buffer, address, length);
}

function ascending(tiles: number): readonly number[] {
  return Array.from({ length: tiles }, (_, i) => i);
}

/** Runs every tile of every kernel, kernel after kernel. Returns the contents of each slot afterwards. */
export function runKernels(
  kernels: readonly Kernel[],
  buffers: Buffers,
  { order = ascending, isOptimized = true }: RunOptions & { readonly order?: Order } = {},
): Map<Slot, Elements> {
  const prepared = prepareKernels(kernels, buffers, { isOptimized });
  prepared.run(order);
  prepared.check();
  return new Map([...prepared.views].map(([slot, view]) => [slot, view.slice()]));
}
