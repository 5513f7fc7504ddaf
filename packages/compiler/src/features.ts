import type { Level } from '@treadle/kernels';
import v8 from 'node:v8';
export function chooseLevel(): { readonly level: Level; readonly gflops: number } {
  v8.setFlagsFromString('--experimental-wasm-revectorize');
  return { level: { bits: 256, fma: true }, gflops: 0 };
}
