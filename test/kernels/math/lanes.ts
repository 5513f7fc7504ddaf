// Runs a lane function over arrays: a module of one loop with two vectors at neighbouring addresses in each round, the form that
// V8 can join into 256 bits.

import { compileModule } from '@treadle/compiler';
import { host } from '@treadle/runtime';
import { type Expr, type FunctionBuilder, i32, ModuleBuilder, v128 } from '@treadle/wasm';

type Lanes = Expr<'f32x4'>;
export type LaneFunction = (f: FunctionBuilder, ...x: Lanes[]) => Lanes;
export type ArrayFunction = (...x: Float32Array[]) => Float32Array;

/** elements a call of the module handles at most */
const capacity = 1 << 16;
const maximum = 65536;

/** `run(n, output, ...inputs)`: n elements, addresses in bytes. */
function encode(lanes: LaneFunction, inputs: number): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: { module: 'env', name: 'memory', initial: 1, maximum, shared: true } });
  module.func('run', ['i32', 'i32', 'i32', 'i32'], 'void', (f, n, output, ...addresses) => {
    const end = f.let(i32.shl(n, 2));
    const offset = f.local('i32', 0);
    f.forSteps(offset, end, 32, () => {
      const from = addresses.slice(0, inputs).map((address) => f.let(i32.add(address, offset)));
      const to = f.let(i32.add(output, offset));
      const load = (byte: number) => from.map((address) => f.let(v128.load('f32x4', address, byte)));
      const [low, high] = [f.let(lanes(f, ...load(0))), f.let(lanes(f, ...load(16)))];
      f.do(v128.store(to, low, 0), v128.store(to, high, 16));
    });
  });
  return module.encode();
}

/** The function over whole arrays of one length; `wide` allows V8 to join vectors (Node ≥ 24, elsewhere no effect). */
export function overArrays(lanes: LaneFunction, { inputs = 1, wide = false } = {}): ArrayFunction {
  const memory = new WebAssembly.Memory({ initial: (4 * capacity * (inputs + 1)) / 65536, maximum, shared: true });
  if (wide) host.setFlag('--experimental-wasm-revectorize');
  const { run } = compileModule(encode(lanes, inputs), { memory }).instance.exports;
  if (wide) host.setFlag('--no-experimental-wasm-revectorize');
  if (typeof run !== 'function') throw new Error('internal: the module exports no run');
  const floats = new Float32Array(memory.buffer);
  return (...x) => {
    const [first = new Float32Array()] = x;
    const result = new Float32Array(first.length);
    for (let start = 0; start < first.length; start += capacity) {
      const length = Math.min(capacity, first.length - start);
      x.forEach((array, i) => {
        floats.set(array.subarray(start, start + length), capacity * (i + 1));
      });
      run(8 * Math.ceil(length / 8), 0, ...x.map((_, i) => 4 * capacity * (i + 1)));
      result.set(floats.subarray(0, length), start);
    }
    return result;
  };
}
