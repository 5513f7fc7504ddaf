// Bytes → module, and its functions to V8's optimizing compiler at once. V8 begins with its baseline compiler, whose vector code
// is many times slower, and replaces it after thousands of iterations. V8's own way to ask for more is an intrinsic, which
// compiles the one function that it is given (about 0.1 ms). Flags that turn the baseline compiler off are no way: they are
// process-wide, and V8 aborts when another module of the process is being optimized while they change.

import { setFlagsFromString } from 'node:v8';
import { clock, memory, type WebAssemblyMemory, type WebAssemblyModule, webAssembly } from '@treadle/pool';

/**
 * The entry does little but call, and takes V8 longest for all that it calls: what baseline code costs it, some hundredths of a
 * microsecond a run, is not worth the milliseconds.
 */
const entryName = 'main';

/** The module, its other exported functions compiled for speed in all threads that run it. It imports one memory, `env.memory`, and may import the clock. */
export function compileModule(
  bytes: Uint8Array<ArrayBuffer>,
  env: { memory: WebAssemblyMemory } = { memory: memory.wasm },
): WebAssemblyModule {
  const module = new webAssembly.Module(bytes);
  const { exports } = new webAssembly.Instance(module, { env: { clock, ...env } });
  optimize(Object.entries(exports).flatMap(([name, func]) => (name === entryName ? [] : [func])));
  return module;
}

/**
 * Intrinsics are a matter of syntax, so the code that uses one is parsed while they are allowed. It is made anew each time: V8
 * forgets the code of functions that rest, and would parse it again when they are not.
 */
function optimize(functions: readonly unknown[]): void {
  setFlagsFromString('--allow-natives-syntax');
  try {
    const tierUp: unknown = new Function('f', '%WasmTierUpFunction(f)');
    if (typeof tierUp === 'function') for (const f of functions) tierUp(f);
  } catch (error) {
    // In a process that may not make code from strings, V8 optimizes when it sees fit.
    if (!(error instanceof EvalError)) throw error;
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}
