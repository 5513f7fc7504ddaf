// The V8 flags that decide which instructions there are, and the versions of V8 that have them: V8 prints an error for a
// flag it does not know. Flags are process-wide. Whether they may be set is decided elsewhere.

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
