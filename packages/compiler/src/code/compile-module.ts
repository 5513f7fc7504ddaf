// Compiles modules and has V8 optimize their functions at once. V8 begins with code of its baseline compiler, whose vector code is many
// times slower, and replaces it after thousands of iterations. V8's intrinsics ask for optimized code earlier, one function at a time:
// one intrinsic compiles the function synchronously (about 0.4 ms), another, in newer versions, on a background thread. The flags that
// disable the baseline compiler cannot be used: they are process-wide, and V8 aborts if they change while another module of the
// process is being optimized. Both compilers give the same results.

import { setFlagsFromString } from 'node:v8';
import {
  memory,
  type WebAssemblyInstance,
  type WebAssemblyMemory,
  type WebAssemblyModule,
  webAssembly,
} from '@treadle/runtime';
import type { Interruptible } from './interruptible.ts';

/** A compiled module. */
export interface Compiled {
  readonly module: WebAssemblyModule;
  /** its instance in this thread */
  readonly instance: WebAssemblyInstance;
}

/** Compiles a module that imports one memory, `env.memory`, and optimizes its exported functions. */
export function compileModule(bytes: Uint8Array<ArrayBuffer>, env: { memory: WebAssemblyMemory }): Compiled {
  const module = new webAssembly.Module(bytes);
  const instance = new webAssembly.Instance(module, { env: { ...env } });
  withIntrinsics(({ optimize }) => Object.values(instance.exports).forEach(optimize));
  return { module, instance };
}

/** A compiled module whose functions may still be baseline code. */
export interface BaselineModule extends Compiled {
  /** whether V8 optimizes the exports in the background */
  readonly isOptimizing: boolean;
}

/** Compiles a module that imports the engine's memory, and asks V8 to optimize its functions in the background, if it can. */
export function beginModule(bytes: Uint8Array<ArrayBuffer>): BaselineModule {
  const module = new webAssembly.Module(bytes);
  const instance = new webAssembly.Instance(module, { env: { memory: memory.wasm } });
  const isOptimizing = withIntrinsics(({ optimizeLater }) => {
    if (optimizeLater) Object.values(instance.exports).forEach(optimizeLater);
    return optimizeLater !== undefined;
  });
  return { module, instance, isOptimizing };
}

/** Optimizes the functions that V8 has not optimized yet, one after another, interruptibly. */
export function* optimizeInParts(functions: readonly unknown[]): Interruptible<void> {
  let rest = functions;
  while (rest.length > 0) {
    rest = withIntrinsics(({ isOptimized, optimize }) => {
      const [first, ...others] = rest.filter((func) => !isOptimized(func));
      if (first !== undefined) optimize(first);
      return others;
    });
    yield;
  }
}

type Intrinsic = (func: unknown) => unknown;

/** V8's intrinsics; each is parsed when it is first used. */
interface Intrinsics {
  /** optimizes a function synchronously */
  readonly optimize: Intrinsic;
  readonly isOptimized: Intrinsic;
  /** optimizes a function in the background; undefined where V8 has no such intrinsic */
  readonly optimizeLater: Intrinsic | undefined;
}

const nothing: Intrinsic = () => undefined;
let hasBackground = true;

/**
 * Calls `use` while intrinsics are allowed. They are syntax, so the code that uses one must be parsed meanwhile. That code is made anew
 * each time, because V8 drops the code of functions that are not used for a while, and would parse it again when they are not allowed.
 */
function withIntrinsics<T>(use: (intrinsics: Intrinsics) => T): T {
  setFlagsFromString('--allow-natives-syntax');
  try {
    return use({
      get optimize() {
        return intrinsic('%WasmTierUpFunction(f)');
      },
      get isOptimized() {
        return intrinsic('return %IsTurboFanFunction(f)');
      },
      get optimizeLater() {
        return hasBackground ? backgroundIntrinsic() : undefined;
      },
    });
  } catch (error) {
    // A process may forbid code from strings. Then V8 alone decides when to optimize.
    if (!(error instanceof EvalError)) throw error;
    return use({ optimize: nothing, isOptimized: nothing, optimizeLater: undefined });
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}

function intrinsic(body: string): Intrinsic {
  const made: unknown = new Function('f', body);
  return typeof made === 'function' ? (func) => made(func) : nothing;
}

function backgroundIntrinsic(): Intrinsic | undefined {
  try {
    return intrinsic('%WasmTriggerTierUpForTesting(f)');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    hasBackground = false;
    return undefined;
  }
}
