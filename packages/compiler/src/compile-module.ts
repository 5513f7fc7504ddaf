// Bytes → module, and its functions to V8's optimizing compiler at once. V8 begins with its baseline compiler, whose vector code
// is many times slower, and replaces it after thousands of iterations. V8's own way to ask for more, an intrinsic, is reached
// through a function that is parsed while intrinsics are allowed; it compiles the one function that it is given (about 0.1 ms).
// Flags that turn the baseline compiler off are no way: they are process-wide, and V8 aborts when another module of the process
// is being optimized while they change.

import { setFlagsFromString } from 'node:v8';
import { memory, type WebAssemblyMemory, type WebAssemblyModule, webAssembly } from '@treadle/pool';

type Optimize = (f: unknown) => void;

let optimizer: Optimize | undefined;

function parseOptimizer(): Optimize {
  setFlagsFromString('--allow-natives-syntax');
  try {
    const parsed: unknown = new Function('f', '%WasmTierUpFunction(f)');
    return (f) => {
      if (typeof parsed === 'function') parsed(f);
    };
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

/** The module, its exported functions compiled for speed in all threads that run it. It imports one memory, `env.memory`. */
export function compileModule(
  bytes: Uint8Array<ArrayBuffer>,
  env: { memory: WebAssemblyMemory } = { memory: memory.wasm },
): WebAssemblyModule {
  const module = new webAssembly.Module(bytes);
  const { exports } = new webAssembly.Instance(module, { env });
  optimizer ??= parseOptimizer();
  for (const f of Object.values(exports)) optimizer(f);
  return module;
}
