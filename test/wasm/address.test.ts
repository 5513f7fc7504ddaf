// The laws of addresses: indices become distances in bytes, addresses lie in memory like other values, and the instructions that
// i32 and i64 share follow the type of their first operand.

import {
  address,
  addressType,
  type Expr,
  type Integer,
  i32,
  i64,
  integer,
  ModuleBuilder,
  type ValueType,
} from '@treadle/wasm';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
const memoryImport = { module: 'env', name: 'memory', initial: 1, maximum: 1, shared: true } as const;

/** What a module leaves whose one function has these parameters and returns the expression. */
function run<P extends ValueType>(
  params: readonly P[],
  result: ValueType,
  build: (operands: readonly Expr<P>[]) => Expr<ValueType>,
  args: readonly number[],
): unknown {
  const module = new ModuleBuilder({ memory: memoryImport });
  module.func('run', params, result, (f, ...locals) => {
    f.return(build(locals));
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const { run } = exports;
  if (typeof run !== 'function') throw new Error('the module exports run');
  return run(...args);
}

const small = fc.integer({ min: -1000, max: 1000 });

test('an index times known bytes, added to an address, is the address of the element', () => {
  fc.assert(
    fc.property(small, small, small, (base, index, bytes) => {
      const element = ([b, i]: readonly Expr<'i32'>[]) => address.add(b!, address.times(i!, bytes));
      expect(run(['i32', 'i32'], addressType, element, [base, index])).toBe(base + index * bytes);
    }),
  );
});

test('indices of elements of 2ⁿ bytes become distances and come back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 20 }), fc.integer({ min: 0, max: 4 }), (index, bits) => {
      const distance = ([i]: readonly Expr<'i32'>[]) => address.shifted(i!, bits);
      expect(run(['i32'], addressType, distance, [index])).toBe(index * 2 ** bits);
      const back = (operands: readonly Expr<'i32'>[]) => address.index(distance(operands), bits);
      expect(run(['i32'], 'i32', back, [index])).toBe(index);
    }),
  );
});

test('a distance is a difference of addresses, and may be scaled', () => {
  fc.assert(
    fc.property(small, small, small, (a, b, factor) => {
      const distance = ([x, y]: readonly Expr<'i32'>[]) => address.scaled(address.sub(x!, y!), factor);
      // + 0: the result of wasm is never −0
      expect(run(['i32', 'i32'], addressType, distance, [a, b])).toBe((a - b) * factor + 0);
    }),
  );
});

test('an address that is stored is loaded again, and takes as many bytes as it says', () => {
  const module = new ModuleBuilder({ memory: memoryImport });
  module.func('run', [addressType], addressType, (f, value) => {
    const at = address.const(64);
    f.do(address.store(at, value, address.bytes));
    f.return(address.load(at, address.bytes));
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { memory } });
  const { run } = exports;
  if (typeof run !== 'function') throw new Error('the module exports run');
  const bytes = new Uint8Array(memory.buffer).fill(0xff);
  expect(run(0)).toBe(0);
  const zeros = bytes.findIndex((byte, i) => i >= 64 + address.bytes && byte !== 0) - 64 - address.bytes;
  expect(zeros).toBe(address.bytes);
});

test('shared instructions of integers have the type of their first operand', () => {
  const meanings = {
    add: (a: bigint, b: bigint) => a + b,
    sub: (a: bigint, b: bigint) => a - b,
    lt_s: (a: bigint, b: bigint) => BigInt(a < b),
    le_s: (a: bigint, b: bigint) => BigInt(a <= b),
    gt_s: (a: bigint, b: bigint) => BigInt(a > b),
    ge_s: (a: bigint, b: bigint) => BigInt(a >= b),
  };
  const names = fc.constantFrom(...(['add', 'sub', 'lt_s', 'le_s', 'gt_s', 'ge_s'] as const));
  fc.assert(
    fc.property(names, small, small, fc.constantFrom<Integer>('i32', 'i64'), (name, a, b, type) => {
      const x: Expr<Integer> = type === 'i32' ? i32.const(a) : i64.const(BigInt(a));
      const value = integer[name](x, b);
      expect(value.type).toBe(name === 'add' || name === 'sub' ? type : 'i32');
      const got = run([], value.type, () => value, []);
      expect(String(got)).toBe(String(meanings[name](BigInt(a), BigInt(b))));
    }),
  );
});
