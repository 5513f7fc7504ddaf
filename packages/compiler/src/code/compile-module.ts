// Compiles modules and has V8 optimize their functions at once. V8 begins with code of its baseline compiler, whose vector code is many
// times slower, and replaces it after thousands of iterations. V8's intrinsics ask for optimized code earlier, one function at a time:
// one intrinsic compiles the function synchronously (about 0.4 ms), another, in newer versions, on a background thread. The flags that
// disable the baseline compiler cannot be used: they are process-wide, and V8 aborts if they change while another module of the
// process is being optimized. Both compilers give the same results.

import {
  host,
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

/** Compiles a module that imports the engine's memory. Its functions are baseline code at first. */
export function beginModule(bytes: Uint8Array<ArrayBuffer>): Compiled {
  const module = new webAssembly.Module(bytes);
  return { module, instance: new webAssembly.Instance(module, { env: { memory: memory.wasm } }) };
}

/** Asks V8 to optimize functions in the background, in this order. Returns false where V8 cannot do that. */
export function optimizeLater(functions: readonly unknown[]): boolean {
  if (functions.length === 0) return true;
  return withIntrinsics(({ optimizeLater: ask }) => {
    if (ask) functions.forEach(ask);
    return ask !== undefined;
  });
}

/**
 * Optimizes the functions that V8 has not optimized yet, one after another, interruptibly. It starts with the last one, because V8
 * optimizes in the background from the first one on.
 */
export function* optimizeInParts(functions: readonly unknown[]): Interruptible<void> {
  let rest = functions;
  while (rest.length > 0) {
    rest = withIntrinsics(({ isOptimized, optimize }) => {
      const left = rest.filter((func) => !isOptimized(func));
      const last = left.pop();
      if (last !== undefined) optimize(last);
      return left;
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
/** For processes without intrinsics, where V8 alone decides when to optimize. */
const noIntrinsics: Intrinsics = { optimize: nothing, isOptimized: nothing, optimizeLater: undefined };
let hasBackground = true;

/**
 * Calls `use` while intrinsics are allowed. They are syntax, so the code that uses one must be parsed meanwhile. That code is made anew
 * each time, because V8 drops the code of functions that are not used for a while, and would parse it again when they are not allowed.
 */
function withIntrinsics<T>(use: (intrinsics: Intrinsics) => T): T {
  if (!host.setFlag('--allow-natives-syntax')) return use(noIntrinsics);
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
    // EvalError: the process forbids code from strings. SyntaxError: the JavaScript engine has no such intrinsics.
    if (!(error instanceof EvalError || error instanceof SyntaxError)) throw error;
    return use(noIntrinsics);
  } finally {
    host.setFlag('--no-allow-natives-syntax');
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
