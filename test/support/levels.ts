// The instruction levels that this host runs, for laws that hold at every one of them.

import { type Level, levels, probe } from '@treadle/kernels';
import { host } from '@treadle/runtime';

// With this flag, code for 256 bits is what it is on machines where the engine chooses it.
if (host.v8Version >= 12 && host.isX64) host.setFlag('--experimental-wasm-revectorize');

/** The levels at which products are right here, each with a name for titles. */
export const availableLevels: readonly (readonly [name: string, level: Level])[] = levels
  .filter(isAvailable)
  .map((level) => [`simd${level.bits}${level.fma ? ' fma' : ''}`, level]);

function isAvailable(level: Level): boolean {
  const { bytes, prepare, isRight } = probe(level, true);
  if (!WebAssembly.validate(bytes)) return false;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports;
  const floats = new Float32Array(memory.buffer);
  prepare(floats);
  if (typeof run === 'function') run(1);
  return isRight(floats);
}
