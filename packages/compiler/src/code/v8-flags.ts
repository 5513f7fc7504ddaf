// The V8 flags that decide which instructions V8 emits, and the versions of V8 that know them: V8 prints an error for an unknown flag.
// Flags are process-wide. Whether they may be set is decided by instruction-level.ts.

import { setFlagsFromString } from 'node:v8';

const major = Number.parseInt(process.versions.v8, 10);

/** Whether V8 can merge pairs of 128-bit operations into 256-bit ones. */
export const canJoinVectors: boolean = major >= 12 && process.arch === 'x64';

/** Switches that on or off for all code that V8 compiles afterwards. */
export function joinVectors(on: boolean): void {
  setFlagsFromString(on ? '--experimental-wasm-revectorize' : '--no-experimental-wasm-revectorize');
}

/** Whether relaxed SIMD needs a flag: in Node 20 it does, in later versions not. */
export const canAllowRelaxed: boolean = major === 11;

/** Allows relaxed SIMD in all modules that are compiled afterwards. */
export function allowRelaxed(): void {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}
