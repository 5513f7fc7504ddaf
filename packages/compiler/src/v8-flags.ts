// The V8 flags that the engine sets, and the versions of V8 that have them: V8 prints an error for a flag it does not know.
// Flags are process-wide. Whether they may be set at all is decided elsewhere.

import { setFlagsFromString } from 'node:v8';

const major = Number.parseInt(process.versions.v8, 10);

/** Whether V8 can be asked to join pairs of 128-bit operations into 256-bit ones. */
export const canJoinVectors: boolean = major >= 12 && process.arch === 'x64';

export function joinVectors(on: boolean): void {
  setFlagsFromString(on ? '--experimental-wasm-revectorize' : '--no-experimental-wasm-revectorize');
}

/** Node 20 has relaxed SIMD behind a flag; later versions have it as it is. */
export const canAllowRelaxed: boolean = major === 11;

export function allowRelaxed(): void {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

// Compiled without its baseline compiler, V8 has no record of calls, and from version 13 on its inlining stops the process
// when it looks for one: so no inlining.
const optimizing = ['liftoff', 'wasm-lazy-compilation', ...(major >= 13 ? ['wasm-inlining'] : [])];

/** What `compile` compiles is optimized at once, instead of after thousands of iterations of code many times slower. */
export function withOptimizingCompiler<T>(compile: () => T): T {
  for (const flag of optimizing) setFlagsFromString(`--no-${flag}`);
  try {
    return compile();
  } finally {
    for (const flag of optimizing) setFlagsFromString(`--${flag}`);
  }
}
