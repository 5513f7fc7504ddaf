// Fault injection for tests: programs that are compiled to call it before every tile throw, or end their thread, at the tile that
// a test has asked for. Its two words lie at address 0, which no block uses.

import { host } from '#host';
import type { WebAssemblyMemory } from '../webassembly.ts';

/** What a thread does at the tile that fails: it throws, or it ends. */
export const faults = { throw: 1, end: 2 } as const;

const tilesWord = 0;
const kindWord = 1;

/** From now on, the tile before which `tiles` − 1 others have begun fails; none fails with 0. */
export function armFault(memory: WebAssemblyMemory, tiles: number, kind: (typeof faults)[keyof typeof faults]): void {
  const words = new Int32Array(memory.buffer, 0, 2);
  Atomics.store(words, kindWord, kind);
  Atomics.store(words, tilesWord, tiles);
}

/** What a thread calls before a tile, in programs that are made for it. The caller's own thread cannot be ended: it throws. */
export function failWhereArmed(memory: WebAssemblyMemory): void {
  const words = new Int32Array(memory.buffer, 0, 2);
  if (Atomics.load(words, tilesWord) <= 0 || Atomics.sub(words, tilesWord, 1) !== 1) return;
  if (Atomics.load(words, kindWord) === faults.end) host.endThread();
  throw new Error('a fault that was asked for');
}
