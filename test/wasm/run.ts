// Runs an encoded module and the interpreter, each over a memory of its own with the same initial bytes.

import { type FunctionBuilder, f32x4, ModuleBuilder, v128 } from '@treadle/wasm';
import { invoke, type Program } from './interpreter.ts';
import { Trap } from './lane-meaning.ts';
import { importedMemory, importedTable } from './operands.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });

/** The exported functions that lie in the table, by position; at one more position there is none. */
const inTable = ['nan_f32', 'nan_f64', 'nan_f32x4', 'nan_f64x2'];

/** The memory of the compiled modules. */
export const engineMemory: Uint8Array = new Uint8Array(memory.buffer);
/** The memory of the interpreter. */
export const referenceMemory: Uint8Array = new Uint8Array(engineMemory.length);

export function instantiate(module: ModuleBuilder): Record<string, () => void> {
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: inTable.length + 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory, table } });
  const exports = instance.exports as Record<string, () => void>;
  inTable.forEach((name, position) => {
    if (exports[name]) table.set(position, exports[name]);
  });
  return exports;
}

/** Fills both memories with the same bytes. */
export function fillMemories(bytes: Uint8Array): void {
  for (const memory of [engineMemory, referenceMemory]) {
    for (let at = 0; at < memory.length; at += bytes.length) memory.set(bytes.subarray(0, memory.length - at), at);
  }
}

export type Outcome = 'done' | 'trap';

export function runEngine(main: () => void): Outcome {
  try {
    main();
    return 'done';
  } catch (error) {
    if (error instanceof Error && error.name === 'RuntimeError') return 'trap';
    throw error;
  }
}

export function runReference(program: Program, main: number): Outcome {
  try {
    const table = inTable.map((_, position) => position); // the first functions of a program
    invoke({ memory: referenceMemory, table, fused }, program, main, []);
    return 'done';
  } catch (error) {
    if (error instanceof Trap) return 'trap';
    throw error;
  }
}

/** A module with one function, for the interpreter as well. */
export function single(build: (f: FunctionBuilder<'void'>) => void): { module: ModuleBuilder; program: Program } {
  const module = new ModuleBuilder({ memory: importedMemory, table: importedTable });
  const program = new Map<number, FunctionBuilder>();
  module.func('main', [], 'void', (f) => {
    program.set(0, f);
    build(f);
  });
  return { module, program };
}

/** Whether relaxed multiply-add rounds once on this machine: (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ if so, otherwise 0. */
function roundsOnce(): boolean {
  const x = 1 + 2 ** -12;
  const y = 1 + 2 ** -11;
  const { module } = single((f) => {
    f.do(v128.store(0, f32x4.relaxed_madd(f32x4.const(x), x, -y)));
  });
  instantiate(module).main?.();
  return new DataView(memory.buffer).getFloat32(0, true) !== 0;
}

const fused = roundsOnce();
