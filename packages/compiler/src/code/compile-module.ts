// Bytes → module, and its functions to V8's optimizing compiler at once. V8 begins with its baseline compiler, whose vector code
// is many times slower, and replaces it after thousands of iterations. V8's own way to ask for more are intrinsics, which take
// one function: one compiles it here and now (about 0.4 ms), the other, in newer versions, on a thread of V8's own. Flags that
// turn the baseline compiler off are no way: they are process-wide, and V8 aborts when another module of the process is being
// optimized while they change. Both compilers give the same results.

import {
  host,
  memory,
  type WebAssemblyInstance,
  type WebAssemblyMemory,
  type WebAssemblyModule,
  webAssembly,
} from '@treadle/runtime';
import type { Interruptible } from './interruptible.ts';

export interface Compiled {
  readonly module: WebAssemblyModule;
  /** in this thread */
  readonly instance: WebAssemblyInstance;
}

/** The module, its exported functions compiled for speed, and its instance in this thread. It imports one memory, `env.memory`. */
export function compileModule(bytes: Uint8Array<ArrayBuffer>, env: { memory: WebAssemblyMemory }): Compiled {
  const module = new webAssembly.Module(bytes);
  const instance = new webAssembly.Instance(module, { env: { ...env } });
  withIntrinsics(({ optimize }) => Object.values(instance.exports).forEach(optimize));
  return { module, instance };
}

/** The module and its instance with the memory of the engine, as V8's baseline compiler leaves it. */
export function beginModule(bytes: Uint8Array<ArrayBuffer>): Compiled {
  const module = new webAssembly.Module(bytes);
  return { module, instance: new webAssembly.Instance(module, { env: { memory: memory.wasm } }) };
}

/** Asks V8 to optimize functions in the background; whether it does. */
export function optimizeLater(functions: readonly unknown[]): boolean {
  if (functions.length === 0) return true;
  return withIntrinsics(({ optimizeLater: ask }) => {
    if (ask) functions.forEach(ask);
    return ask !== undefined;
  });
}

/** Optimizes the functions that V8 has not yet optimized in the background, one at a time, the last ones first: V8 begins with the first. */
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

/** Each is made when it is asked for. */
interface Intrinsics {
  /** returns when the function is compiled for speed */
  readonly optimize: Intrinsic;
  readonly isOptimized: Intrinsic;
  /** asks for it in the background; undefined where V8 has no such intrinsic */
  readonly optimizeLater: Intrinsic | undefined;
}

const nothing: Intrinsic = () => undefined;
/** Without intrinsics, V8 optimizes when it sees fit. */
const noIntrinsics: Intrinsics = { optimize: nothing, isOptimized: nothing, optimizeLater: undefined };
let hasBackground = true;

/**
 * Intrinsics are a matter of syntax, so the code that uses one is parsed while they are allowed. It is made anew each time: V8
 * forgets the code of functions that rest, and would parse it again when they are not.
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
    // EvalError: this process may not make code from strings. SyntaxError: its engine has no such intrinsics.
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
