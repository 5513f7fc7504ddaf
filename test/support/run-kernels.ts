// Runs kernels in one thread, step by step, tile by tile, over buffers made from plain typed arrays: the least that a plan
// and a team do. Whatever a kernel must not rely on is hostile here: scratch, temporaries and the readable bytes behind
// every buffer hold NaN, and a store outside a buffer or behind the scratch throws.

import type { Kernel, Slot } from '@treadle/kernels';
import { ModuleBuilder } from '@treadle/wasm';

export type Elements = Float32Array | Int32Array;

/** What every slot holds before the run: its elements, or the number of elements of a temporary. */
export type Buffers = ReadonlyMap<Slot, Elements | number>;

export interface RunOptions {
  /** the order in which the tiles of a step run: a permutation of 0 … tiles − 1; by default ascending */
  readonly order?: (tiles: number) => readonly number[];
}

const pageBytes = 65_536;
const guardBytes = 64;
/** all ones: NaN as a float, −1 as an integer */
const poison = 0xff;

// One memory for the process: V8 reserves gigabytes of address space for each.
let memory: WebAssembly.Memory | undefined;

function memoryOf(bytes: number): WebAssembly.Memory {
  memory ??= new WebAssembly.Memory({ initial: 1, maximum: pageBytes, shared: true });
  const missing = Math.ceil(bytes / pageBytes) - memory.buffer.byteLength / pageBytes;
  if (missing > 0) memory.grow(missing);
  return memory;
}

/** The bytes of a module that exports step i as `step<i>`, with the signature of a kernel. */
export function encodeKernels(kernels: readonly Kernel[]): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({
    memory: { module: 'env', name: 'memory', initial: 1, maximum: pageBytes, shared: true },
  });
  const steps = kernels.map((kernel) => kernel.emit(module));
  steps.forEach((step, i) => {
    module.func(`step${i}`, ['i32', 'i32', 'i32'], 'void', (f, table, scratch, tile) => {
      f.do(f.call(step, table, scratch, tile));
    });
  });
  return module.encode();
}

/** A plan in memory, for those who run the same steps many times (benches). Views are valid until the next `prepareKernels`. */
export interface Prepared {
  readonly views: ReadonlyMap<Slot, Elements>;
  run(order?: (tiles: number) => readonly number[]): void;
  /** throws if a byte outside the buffers changed */
  check(): void;
}

export function prepareKernels(kernels: readonly Kernel[], buffers: Buffers): Prepared {
  const slots = 1 + Math.max(-1, ...buffers.keys());
  let end = 64;
  const reserve = (bytes: number): number => {
    const address = end;
    end += Math.ceil(bytes / 64) * 64 + guardBytes;
    return address;
  };
  const table = reserve(4 * slots);
  const scratchBytes = Math.max(0, ...kernels.map((kernel) => kernel.scratch));
  const scratch = reserve(scratchBytes);
  const places = [...buffers].map(([slot, content]) => {
    const length = typeof content === 'number' ? content : content.length;
    return { slot, content, length, address: reserve(4 * length) };
  });
  const { buffer } = memoryOf(end);
  const bytes = new Uint8Array(buffer);
  bytes.fill(poison, 0, end);
  const views = new Map<Slot, Elements>();
  for (const { slot, content, length, address } of places) {
    new Int32Array(buffer, table, slots)[slot] = address;
    const view =
      content instanceof Int32Array
        ? new Int32Array(buffer, address, length)
        : new Float32Array(buffer, address, length);
    if (typeof content !== 'number') view.set(content);
    views.set(slot, view);
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encodeKernels(kernels)), {
    env: { memory: memoryOf(end) },
  });
  const owned = [
    { address: table, byteLength: 4 * slots },
    { address: scratch, byteLength: scratchBytes },
    ...places.map(({ address, length }) => ({ address, byteLength: 4 * length })),
  ];
  return {
    views,
    run: (order = ascending) => {
      kernels.forEach((kernel, i) => {
        const step = exports[`step${i}`]!;
        for (const tile of order(kernel.tiles)) step(table, scratch, tile);
      });
    },
    check: () => {
      for (const { address, byteLength } of owned) {
        const [from, to] = [address + byteLength, Math.ceil((address + byteLength) / 64) * 64 + guardBytes];
        const at = bytes.subarray(from, to).findIndex((byte) => byte !== poison);
        if (at >= 0) throw new Error(`a kernel stored ${at} bytes behind the end of a buffer of ${byteLength} bytes`);
      }
    },
  };
}

function ascending(tiles: number): readonly number[] {
  return Array.from({ length: tiles }, (_, i) => i);
}

/** Runs every tile of every kernel, in order, and gives what each slot holds afterwards. */
export function runKernels(
  kernels: readonly Kernel[],
  buffers: Buffers,
  { order = ascending }: RunOptions = {},
): Map<Slot, Elements> {
  const prepared = prepareKernels(kernels, buffers);
  prepared.run(order);
  prepared.check();
  return new Map([...prepared.views].map(([slot, view]) => [slot, view.slice()]));
}
