// The V8 flags that decide which instructions V8 emits, and the versions of V8 that know them: V8 prints an error for an unknown flag.
// Flags are process-wide. Whether they may be set is decided by instruction-level.ts.

import { host } from '@treadle/runtime';

/** Whether V8 can merge pairs of 128-bit operations into 256-bit ones. */
export const canJoinVectors: boolean = host.v8Version >= 12 && host.isX64;

/** Switches that on or off for all code that V8 compiles afterwards. Returns false where the host does not set flags. */
export function joinVectors(on: boolean): boolean {
  return host.setFlag(on ? '--experimental-wasm-revectorize' : '--no-experimental-wasm-revectorize');
}

/** Whether relaxed SIMD needs a flag: in Node 20 it does, in later versions not. */
export const canAllowRelaxed: boolean = host.v8Version === 11;

/** Allows relaxed SIMD in all modules that are compiled afterwards. */
export function allowRelaxed(): void {
  host.setFlag('--experimental-wasm-relaxed-simd');
}
