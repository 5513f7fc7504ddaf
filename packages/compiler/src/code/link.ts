// Linking: the code of a program. Kernels with equal keys have the same code, so compiled kernels are kept and used again by other plans.
// Missing kernels are compiled in modules of a few kernels: V8 optimizes one module in the background while the next is written. The
// entry function is the same for all programs.

import type { Kernel } from '@treadle/kernels';
import { type Code, host, isMemoryShared, type Kernels, useInstance, webAssembly } from '@treadle/runtime';
import { internalName, type MemoryImport, ModuleBuilder } from '@treadle/wasm';
import { debug } from '../inspect/debug.ts';
import { type KernelCode, showCode } from '../inspect/show-code.ts';
import { beginModule, optimizeInParts, optimizeLater } from './compile-module.ts';
import { emitMain } from './emit-main.ts';
import { chooseLevel } from './instruction-level.ts';
import { type Interruptible, runToEnd } from './interruptible.ts';

/** A compiled function. */
type Linked = Code['functions'][number];

/** The most kernels that are kept, whether or not a plan still uses them. */
const mostKept = 2048;

/** by key of the kernel, the least recently linked first */
const kept = new Map<string, Linked>();
let modules = 0;

/** How modules import the memory of the engine. */
function memoryImport(): MemoryImport {
  return { module: 'env', name: 'memory', initial: 1, maximum: 65_536, shared: isMemoryShared() };
}

/**
 * One kernel for each key, in the order of first use, with the cost of all kernels that share the code. Kernels without tiles are left
 * out, because they are never called.
 */
export function distinctKernels(kernels: readonly Kernel[]): ReadonlyMap<string, Kernel> {
  const distinct = new Map<string, Kernel>();
  for (const kernel of kernels) {
    if (kernel.tiles === 0) continue;
    const key = keyOf(kernel);
    const known = distinct.get(key);
    distinct.set(key, known ? { ...known, cost: known.cost + kernel.cost } : kernel);
  }
  return distinct;
}

/** The key of a kernel's code: equal for kernels with the same code. */
export function keyOf({ codeKey }: Kernel): string {
  if (codeKey === undefined) throw new Error('internal: a kernel of a plan has a key for its code');
  return codeKey;
}

/** Links a program whose functions are these kernels, in this order. */
export function link(kernels: ReadonlyMap<string, Kernel>, isWatched: boolean): Code {
  return runToEnd(linkInParts(kernels, isWatched));
}

/** The same, interruptibly. */
export function* linkInParts(kernels: ReadonlyMap<string, Kernel>, isWatched: boolean): Interruptible<Code> {
  debug('wasm', 'functions', () => showCode(codeOf(kernels)));
  const missing = new Map([...kernels].filter(([key]) => !kept.has(key)));
  const found = new Map([...kernels.keys()].flatMap((key) => [[key, kept.get(key)] as const]));
  if (missing.size > 0) for (const [key, linked] of yield* compileKernels(missing)) found.set(key, linked);
  const functions = [...found].map(([key, linked]) => {
    if (!linked) throw new Error('internal: a kernel was not compiled');
    kept.delete(key); // and add it again as the last one
    kept.set(key, linked);
    return linked;
  });
  for (const key of kept.keys()) {
    if (kept.size <= Math.max(mostKept, kernels.size)) break;
    kept.delete(key);
  }
  return { entry: entryOf(isWatched), functions };
}

/** Each kernel with the size of its code. */
function codeOf(kernels: ReadonlyMap<string, Kernel>): readonly KernelCode[] {
  return [...kernels].map(([key, kernel]) => {
    return { name: kernel.name, key, bytes: encodeKernels([kernel]).bytes.byteLength, isKept: kept.has(key) };
  });
}

/** Kernels as a WebAssembly module that exports all its functions. */
export interface EncodedKernels {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** by kernel: the name of its export */
  readonly names: readonly string[];
}

/**
 * From so many nanoseconds on, a kernel is urgent: it takes longer in baseline code than optimizing it takes. A program waits until its
 * urgent kernels are optimized.
 */
const urgentCost = 50_000;

/** The most functions of a module. Kernels of one module share inner loops, so larger modules have less code in all. */
const functionsOfModule = 160;

/** Encodes kernels as one module. */
export function encodeKernels(kernels: Iterable<Kernel>): EncodedKernels {
  return runToEnd(encodeInParts([...kernels], Number.POSITIVE_INFINITY));
}

/** Encodes kernels, the first ones first, until the module is full. */
function* encodeInParts(kernels: readonly Kernel[], mostFunctions: number): Interruptible<EncodedKernels> {
  const module = new ModuleBuilder({ memory: memoryImport() });
  const names: string[] = [];
  for (const kernel of kernels) {
    if (module.functions.length >= mostFunctions) break;
    names.push(internalName(kernel.emit(module)));
    yield;
  }
  return { bytes: module.encode({ exportAll: true }), names };
}

/** Compiles urgent kernels first, so that V8 optimizes them while the others are encoded. V8 optimizes the others after them. */
function* compileKernels(missing: ReadonlyMap<string, Kernel>): Interruptible<ReadonlyMap<string, Linked>> {
  const linked = new Map<string, Linked>();
  const urgent: unknown[] = [];
  const others: unknown[] = [];
  const isUrgent = ([, { cost }]: readonly [string, Kernel]): boolean => cost >= urgentCost;
  yield* compileModules([...missing].filter(isUrgent), linked, (functions) => {
    urgent.push(...functions);
    optimizeLater(functions);
  });
  yield* compileModules(
    [...missing].filter((each) => !isUrgent(each)),
    linked,
    (functions) => others.push(...functions),
  );
  yield* optimizeInParts(urgent);
  if (!optimizeLater(others)) yield* optimizeInParts(others);
  return linked;
}

/** Compiles modules of kernels and adds the kernels to `linked`. `begin` is called with the functions of each module, where V8's flags may be set. */
function* compileModules(
  kernels: readonly (readonly [key: string, Kernel])[],
  linked: Map<string, Linked>,
  begin: (functions: readonly unknown[]) => void,
): Interruptible<void> {
  for (let done = 0; done < kernels.length; ) {
    const rest = kernels.slice(done);
    const { bytes, names } = yield* encodeInParts(
      rest.map(([, kernel]) => kernel),
      functionsOfModule,
    );
    const id = ++modules;
    const own: Kernels = { id, module: compileModuleOf(bytes, id, begin) };
    names.forEach((name, i) => {
      const [key = ''] = rest[i] ?? [];
      linked.set(key, { kernels: own, name });
    });
    done += names.length;
    yield;
  }
}

/** Compiles a module. Where V8's flags may be set, also makes its instance, and calls `begin` with its functions. */
function compileModuleOf(
  bytes: EncodedKernels['bytes'],
  id: number,
  begin: (functions: readonly unknown[]) => void,
): Kernels['module'] {
  if (!chooseLevel().setsFlags) return new webAssembly.Module(bytes);
  const { module, instance } = beginModule(bytes);
  useInstance(id, instance);
  begin(Object.values(instance.exports));
  return module;
}

const entries = new Map<string, Code['entry']>();
let isFragile = false;

/** For tests: lets programs that are linked from now on call env.fault before every tile. */
export function makeFragile(on: boolean): void {
  isFragile = on;
}

/** The module of the entry function, for programs that are watched or not. */
function entryOf(isWatched: boolean): Code['entry'] {
  const isSliced = !host.canWait;
  const key = `${isWatched} ${isFragile} ${isSliced}`;
  const known = entries.get(key);
  if (known) return known;
  const module = new ModuleBuilder({ memory: memoryImport(), table: { module: 'env', name: 'kernels' } });
  const clock = isWatched ? module.import('env', 'clock', [], 'i32') : undefined;
  const fault = isFragile ? module.import('env', 'fault', [], 'void') : undefined;
  emitMain(module, { clock, fault, pause: isSliced ? module.import('env', 'pause', [], 'i32') : undefined });
  const entry = new webAssembly.Module(module.encode());
  entries.set(key, entry);
  return entry;
}
