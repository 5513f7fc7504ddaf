// The parts of a module, and what the builders refuse.

import { f32x4, i32, i32x4, type Label, ModuleBuilder, reinterpret, v128 } from '@treadle/wasm';
import { describe, expect, test } from 'vitest';

type Imports = Record<string, Record<string, (x: number) => number>>;
type Exports = Record<string, (...args: number[]) => number>;

function instantiate(module: ModuleBuilder, imports: Imports = {}): Exports {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), imports);
  return exports as Exports;
}

describe('modules', () => {
  test('an empty module validates', () => {
    expect(WebAssembly.validate(new ModuleBuilder().encode())).toBe(true);
  });

  test('imported functions come before defined ones in the index space', () => {
    const module = new ModuleBuilder();
    const twice = module.import('host', 'twice', ['i32'], 'i32');
    const next = module.func('next', ['i32'], 'i32', (f, x) => f.return(i32.add(x, 1)), { exported: false });
    module.func('main', ['i32'], 'i32', (f, x) => f.return(f.call(twice, f.call(next, x))));
    const exports = instantiate(module, { host: { twice: (x: number) => 2 * x } });
    expect(exports.main?.(20)).toBe(42);
    expect(Object.keys(exports)).toEqual(['main']);
  });

  test('a function asked for by key is built once', () => {
    const module = new ModuleBuilder();
    let built = 0;
    const shared = () =>
      module.once('seven', () => {
        built++;
        return module.func('seven', [], 'i32', (f) => f.return(7));
      });
    module.func('main', [], 'i32', (f) => f.return(i32.add(f.call(shared()), f.call(shared()))));
    expect(instantiate(module).main?.()).toBe(14);
    expect(built).toBe(1);
  });

  test('functions with equal signatures share one type', () => {
    const module = new ModuleBuilder();
    const size = () => module.encode().length;
    module.func('a', ['i32', 'f32x4'], 'i32', (f, x) => f.return(x));
    const one = size();
    module.func('b', ['i32', 'f32x4'], 'i32', (f, x) => f.return(x));
    const two = size();
    module.func('c', ['i32', 'i32x4'], 'i32', (f, x) => f.return(x)); // vectors of any lanes are v128
    expect(size() - two).toBe(two - one);
  });

  test('the imported memory is shared and within the declared sizes', () => {
    const memoryOf = (maximum: number) => new WebAssembly.Memory({ initial: 2, maximum, shared: true });
    const imported = { module: 'env', name: 'memory', initial: 2, maximum: 300, shared: true };
    const module = new WebAssembly.Module(new ModuleBuilder({ memory: imported }).encode());
    const link = (memory: unknown) => () => new WebAssembly.Instance(module, { env: { memory } });
    expect(link(memoryOf(300))).not.toThrow();
    expect(link(memoryOf(301))).toThrow('maximum');
    expect(link(undefined)).toThrow('memory');
    const greedy = new WebAssembly.Module(new ModuleBuilder({ memory: { ...imported, initial: 3 } }).encode());
    expect(() => new WebAssembly.Instance(greedy, { env: { memory: memoryOf(300) } })).toThrow('initial');
  });

  test('a call through the table reaches the function at the position, and traps where none has the signature', () => {
    const module = new ModuleBuilder({ table: { module: 'env', name: 'table' } });
    const twice = module.func('twice', ['i32'], 'i32', (f, x) => f.return(i32.add(x, x)));
    module.func('square', ['i32'], 'i32', (f, x) => f.return(i32.mul(x, x)));
    module.func('none', [], 'i32', (f) => f.return(0));
    module.func('main', ['i32', 'i32'], 'i32', (f, position, x) => f.return(f.callIndirect(twice, position, x)));
    const table = new WebAssembly.Table({ element: 'anyfunc', initial: 4 });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { env: { table } });
    const exports = instance.exports as Exports;
    [exports.twice, exports.square, exports.none].forEach((func, position) => {
      table.set(position, func);
    });
    expect([exports.main?.(0, 7), exports.main?.(1, 7)]).toEqual([14, 49]);
    for (const position of [2, 3, 4, -1]) expect(() => exports.main?.(position, 7)).toThrow(WebAssembly.RuntimeError);
  });

  test('a signature that is only called through the table has a type', () => {
    const module = new ModuleBuilder({ table: { module: 'env', name: 'table' } });
    module.func('main', [], 'void', (f) => {
      f.do(f.callIndirect({ params: ['f32', 'f32x4'], result: 'void' }, 0, 1, f32x4.const(0)));
    });
    expect(WebAssembly.validate(module.encode())).toBe(true);
  });

  test('an import after a function throws', () => {
    const module = new ModuleBuilder();
    module.func('main', [], 'void', () => {});
    expect(() => module.import('host', 'late', [], 'void')).toThrow(
      'internal: import late before the first function is defined',
    );
  });
});

describe('functions', () => {
  test('a branch to a label that does not enclose it throws', () => {
    const outside = 'internal: branch to a label that does not enclose it';
    const module = new ModuleBuilder();
    module.func('main', [], 'void', (f) => {
      const kept: Label[] = [];
      f.block((exit) => {
        kept.push(exit);
        f.if(i32.const(1), () => f.br(exit));
      });
      for (const label of kept) {
        expect(() => f.br(label)).toThrow(outside);
        expect(() => f.brIf(label, i32.const(1))).toThrow(outside);
      }
      f.loop((again) => {
        module.func('inner', [], 'void', (g) => {
          expect(() => g.br(again)).toThrow(outside);
        });
      });
    });
    expect(WebAssembly.validate(module.encode())).toBe(true);
  });

  test('let evaluates once, an expression each time it is used', () => {
    const module = new ModuleBuilder();
    let calls = 0;
    const count = module.import('host', 'count', [], 'i32');
    module.func('main', [], 'i32', (f) => {
      const again = f.call(count);
      const once = f.let(f.call(count));
      f.return(i32.add(i32.add(once, once), i32.add(again, again)));
    });
    instantiate(module, { host: { count: () => ++calls } }).main?.();
    expect(calls).toBe(3);
  });

  test.each([
    [0, 10, 3, 3],
    [0, 9, 3, 3],
    [0, 2, 3, 0],
    [5, 5, 1, 0],
    [-4, 4, 2, 4],
  ])('forSteps from %i to %i by %i runs %i full steps', (from, to, step, rounds) => {
    const module = new ModuleBuilder();
    module.func('main', ['i32', 'i32'], 'i32', (f, start, end) => {
      const counter = f.local('i32', start);
      const done = f.local('i32', 0);
      f.forSteps(counter, end, step, () => f.increment(done, 1));
      f.return(i32.add(i32.mul(done, 1000), i32.sub(counter, start)));
    });
    expect(instantiate(module).main?.(from, to)).toBe(rounds * 1000 + rounds * step);
  });

  test('while runs as long as its condition holds, from the start', () => {
    const module = new ModuleBuilder();
    module.func('main', ['i32'], 'i32', (f, x) => {
      const rounds = f.local('i32', 0);
      f.while(i32.gt_s(x, 0), () => {
        f.set(x, i32.shr_s(x, 1));
        f.increment(rounds, 1);
      });
      f.return(rounds);
    });
    const { main } = instantiate(module);
    expect([-5, 0, 1, 8, 255].map((x) => main?.(x))).toEqual([0, 0, 1, 4, 8]);
  });

  test('a function that ends without its result traps', () => {
    const module = new ModuleBuilder();
    module.func('main', ['i32'], 'i32', (f, x) => f.if(x, () => f.return(x)));
    const { main } = instantiate(module);
    expect(main?.(3)).toBe(3);
    expect(() => main?.(0)).toThrow(/unreachable/i);
  });
});

describe('constants', () => {
  test('reading a constant as other lanes keeps its bits', () => {
    const module = new ModuleBuilder();
    const bits = reinterpret('i32x4', f32x4.const([1, -1, 0, 2]));
    module.func('main', [], 'i32', (f) => f.return(i32x4.extract_lane(1, v128.not(v128.not(bits)))));
    expect(instantiate(module).main?.()).toBe(0xbf80_0000 | 0);
  });

  test('a vector constant needs all of its lanes', () => {
    expect(() => f32x4.const([1, 2, 3])).toThrow('internal: f32x4.const: the numbers must fill the lanes; got 3 of 4');
  });
});
