// Bytes → module, compiled by V8's optimizing compiler at once. V8 would otherwise begin with its baseline compiler, whose
// vector code is many times slower, and replace it only after thousands of iterations. The flags are process-wide, so they
// are set for the duration of one synchronous compilation and then put back.

import { setFlagsFromString } from 'node:v8';
import { type WebAssemblyModule, webAssembly } from '@treadle/pool';

/** Inlining asks for call counts that only the baseline compiler collects; the flag has this name from V8 13 on. */
const hasInlining = Number.parseFloat(process.versions.v8) >= 13;
const flags = ['liftoff', 'wasm-lazy-compilation', ...(hasInlining ? ['wasm-inlining'] : [])];

export function compileModule(bytes: Uint8Array<ArrayBuffer>): WebAssemblyModule {
  for (const flag of flags) setFlagsFromString(`--no-${flag}`);
  try {
    return new webAssembly.Module(bytes);
  } finally {
    for (const flag of flags) setFlagsFromString(`--${flag}`);
  }
}
