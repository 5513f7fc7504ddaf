// Bytes → module, and its functions to V8's optimizing compiler at once. V8 begins with its baseline compiler, whose vector code
// is many times slower, and replaces it after thousands of iterations. V8's own way to ask for more is an intrinsic, which
// compiles the one function that it is given (about 0.1 ms). Flags that turn the baseline compiler off are no way: they are
// process-wide, and V8 aborts when another module of the process is being optimized while they change.

import { setFlagsFromString } from 'node:v8';
import {
  memory,
  type WebAssemblyInstance,
  type WebAssemblyMemory,
  type WebAssemblyModule,
  webAssembly,
} from '@treadle/pool';
import { finished, type InParts } from './in-parts.ts';

export interface Compiled {
  readonly module: WebAssemblyModule;
  /** in this thread */
  readonly instance: WebAssemblyInstance;
}

/**
 * The module, its exported functions compiled for speed in all threads that run it, and its instance in this one. It imports
 * one memory, `env.memory`.
 */
export function compileModule(bytes: Uint8Array<ArrayBuffer>, env?: { memory: WebAssemblyMemory }): Compiled {
  return finished(compileInParts(bytes, env));
}

/** The same, function by function. */
export function* compileInParts(
  bytes: Uint8Array<ArrayBuffer>,
  env: { memory: WebAssemblyMemory } = { memory: memory.wasm },
): InParts<Compiled> {
  const module = new webAssembly.Module(bytes);
  yield;
  const instance = new webAssembly.Instance(module, { env: { ...env } });
  for (const func of Object.values(instance.exports)) {
    optimize(func);
    yield;
  }
  return { module, instance };
}

/**
 * Intrinsics are a matter of syntax, so the code that uses one is parsed while they are allowed. It is made anew each time: V8
 * forgets the code of functions that rest, and would parse it again when they are not.
 */
function optimize(func: unknown): void {
  setFlagsFromString('--allow-natives-syntax');
  try {
    const tierUp: unknown = new Function('f', '%WasmTierUpFunction(f)');
    if (typeof tierUp === 'function') tierUp(func);
  } catch (error) {
    // In a process that may not make code from strings, V8 optimizes when it sees fit.
    if (!(error instanceof EvalError)) throw error;
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}
