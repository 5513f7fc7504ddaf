// The V8 flags that decide which instructions there are, and the versions of V8 that have them: V8 prints an error for a
// flag it does not know. Flags are process-wide. Whether they may be set is decided elsewhere.

import { host } from '@treadle/runtime';

/** Whether V8 can be asked to join pairs of 128-bit operations into 256-bit ones. */
export const canJoinVectors: boolean = host.v8Version >= 12 && host.isX64;

/** Turns the joining of vectors on or off. Returns false where the host refuses. */
export function joinVectors(on: boolean): boolean {
  return host.setFlag(on ? '--experimental-wasm-revectorize' : '--no-experimental-wasm-revectorize');
}

/** Node 20 has relaxed SIMD behind a flag; later versions have it as it is. */
export const canAllowRelaxed: boolean = host.v8Version === 11;

export function allowRelaxed(): void {
  host.setFlag('--experimental-wasm-relaxed-simd');
}
