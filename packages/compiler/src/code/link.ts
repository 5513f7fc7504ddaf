// Code for programs: kernels with the same key have the same code, whichever plan they belong to, so what was compiled is kept
// and linked again. What is missing is compiled as modules of a few kernels: V8 optimizes one of them in the background while
// the next one is written. The entry is the same for all programs.

import type { Kernel } from '@treadle/kernels';
import { type Code, type Kernels, useInstance, webAssembly } from '@treadle/runtime';
import { internalName, type MemoryImport, ModuleBuilder } from '@treadle/wasm';
import { debug } from '../inspect/debug.ts';
import { type KernelCode, showCode } from '../inspect/show-code.ts';
import { beginModule, optimizeInParts, optimizeLater } from './compile-module.ts';
import { emitMain } from './emit-main.ts';
import { chooseLevel } from './instruction-level.ts';
import { type Interruptible, runToEnd } from './interruptible.ts';

/** A function that is compiled. */
type Linked = Code['functions'][number];

/** How many kernels are kept that no plan may need any more. */
const mostKept = 2048;

/** By the keys of the kernels, the least recently linked first. */
const kept = new Map<string, Linked>();
let modules = 0;

const memoryImport: MemoryImport = { module: 'env', name: 'memory', initial: 1, maximum: 65_536, shared: true };

/**
 * One kernel for each code of a plan, in the order of their first use, with the cost of all steps that have this code; those
 * without tiles are never called.
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

/** Equal for kernels with the same code. */
export function keyOf({ codeKey }: Kernel): string {
  if (codeKey === undefined) throw new Error('internal: a kernel of a plan has a key for its code');
  return codeKey;
}

/** The code of a program whose functions are these kernels, in this order. */
export function link(kernels: ReadonlyMap<string, Kernel>, isWatched: boolean): Code {
  return runToEnd(linkInParts(kernels, isWatched));
}

/** The same, kernel by kernel. */
export function* linkInParts(kernels: ReadonlyMap<string, Kernel>, isWatched: boolean): Interruptible<Code> {
  debug('wasm', 'functions', () => showCode(codeOf(kernels)));
  const missing = new Map([...kernels].filter(([key]) => !kept.has(key)));
  const found = new Map([...kernels.keys()].flatMap((key) => [[key, kept.get(key)] as const]));
  if (missing.size > 0) for (const [key, linked] of yield* compileKernels(missing)) found.set(key, linked);
  const functions = [...found].map(([key, linked]) => {
    if (!linked) throw new Error('internal: a kernel was not compiled');
    kept.delete(key); // and then comes last
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

/** Kernels as a module that exports all its functions. */
export interface EncodedKernels {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** what each kernel is exported as */
  readonly names: readonly string[];
}

/** From so many nanoseconds on a kernel takes longer as V8's baseline compiler leaves it than optimizing it takes: that is waited for. */
const urgentCost = 50_000;

/** A module that has so many functions is full: they share inner loops, which fewer modules have in common more often. */
const functionsOfModule = 160;

export function encodeKernels(kernels: Iterable<Kernel>): EncodedKernels {
  return runToEnd(encodeInParts([...kernels], Number.POSITIVE_INFINITY));
}

/** The first of the kernels, until the module is full. */
function* encodeInParts(kernels: readonly Kernel[], mostFunctions: number): Interruptible<EncodedKernels> {
  const module = new ModuleBuilder({ memory: memoryImport });
  const names: string[] = [];
  for (const kernel of kernels) {
    if (module.functions.length >= mostFunctions) break;
    names.push(internalName(kernel.emit(module)));
    yield;
  }
  return { bytes: module.encode({ exportAll: true }), names };
}

/** Urgent kernels are written first, so that V8 optimizes them while the others are written, and those after them. */
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

/** Adds the kernels as V8's baseline compiler leaves them. `begin` is given the functions of each module where V8's flags may be set. */
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
    const own: Kernels = { id, module: begun(bytes, id, begin) };
    names.forEach((name, i) => {
      const [key = ''] = rest[i] ?? [];
      linked.set(key, { kernels: own, name });
    });
    done += names.length;
    yield;
  }
}

/** The module, with its instance for programs to link where V8's flags may be set. */
function begun(
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

/** Makes the programs of all plans that are linked from now on call env.fault before every tile, for tests. */
export function makeFragile(on: boolean): void {
  isFragile = on;
}

/** The entry of all programs, or of those that are watched. */
function entryOf(isWatched: boolean): Code['entry'] {
  const key = `${isWatched} ${isFragile}`;
  const known = entries.get(key);
  if (known) return known;
  const module = new ModuleBuilder({ memory: memoryImport, table: { module: 'env', name: 'kernels' } });
  const clock = isWatched ? module.import('env', 'clock', [], 'i32') : undefined;
  emitMain(module, clock, isFragile ? module.import('env', 'fault', [], 'void') : undefined);
  const entry = new webAssembly.Module(module.encode());
  entries.set(key, entry);
  return entry;
}
