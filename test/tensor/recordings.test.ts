// What a compiled function records: what counts as another argument, how many recordings are kept, and who is told.

import { once } from 'node:events';
import {
  compile,
  explain,
  gradients,
  memory,
  profile,
  setThreads,
  type Tensor,
  tensor,
  variable,
  zeros,
} from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const isLong = process.env.TREADLE_TEST_LONG !== undefined;

class Settings {
  rate = 1;
  layers: { width: number }[] = [{ width: 2 }];
  table = new Map([['a', 1]]);
  bytes = new Uint8Array([1, 2, 3]);
  day = new Date(0);
  scale: Tensor = tensor(1);
  self: Settings | undefined;
}

/** Everything that an argument says, as a number that differs where the argument does. */
function sumOf(x: unknown, seen = new Set<unknown>()): number {
  if (typeof x === 'number') return x;
  if (typeof x === 'string') return x.length;
  if (x instanceof Date) return x.getTime();
  if (x === null || typeof x !== 'object' || seen.has(x)) return 0;
  seen.add(x);
  const parts: unknown[] = x instanceof Map || x instanceof Set ? [...x] : Object.values(x);
  return parts.reduce<number>((sum, part, i) => 3 * sum + (i + 1) * sumOf(part, seen), 1) % 65_521;
}

/** Makes of an argument, and changes of it in place. */
const makes: Readonly<Record<string, () => unknown>> = {
  number: () => 3,
  numbers: () => [1, 2, [3, 4]],
  'plain object': () => ({ rate: 1, parts: [1, { deep: 2 }] }),
  'object without prototype': () => Object.assign(Object.create(null), { rate: 1 }),
  'object of a class': () => new Settings(),
  date: () => new Date(5),
  'typed array': () => new Float32Array([1, 2, 3]),
  'bytes behind a view': () => new DataView(new ArrayBuffer(8)),
  map: () => new Map([['a', 1]]),
  set: () => new Set([1]),
  'list of typed arrays': () => [new Int32Array([1])],
};

function settings(change: (x: Settings, n: number) => unknown): (x: unknown, n: number) => void {
  return (x, n) => {
    if (x instanceof Settings) change(x, n);
  };
}

const changes: readonly ((x: unknown, n: number) => void)[] = [
  settings((x, n) => Object.assign(x, { rate: n })),
  settings((x, n) => Object.assign(x.layers[0]!, { width: n })),
  settings((x, n) => x.layers.push({ width: n })),
  settings((x, n) => x.table.set('a', n)),
  settings((x, n) => x.bytes.fill(n)),
  settings((x, n) => x.day.setTime(n)),
  settings((x) => Object.assign(x, { self: x })),
  (x, n) => void (x instanceof Date && x.setTime(n)),
  (x, n) => void (Array.isArray(x) && x.push(n)),
  (x, n) => void (Array.isArray(x) && Array.isArray(x[2]) && x[2].fill(n)),
  (x, n) => void (x instanceof Float32Array && x.fill(n)),
  (x, n) => void (x instanceof Map && x.set('a', n)),
  (x, n) => void (typeof x === 'object' && x !== null && 'rate' in x && Object.assign(x, { rate: n })),
];

test('an argument that was changed in place is seen as it is now, or refused', () => {
  const change = fc.tuple(fc.nat(changes.length - 1), fc.nat(100));
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(makes)), fc.array(change, { maxLength: 6 }), (name, steps) => {
      const arg = makes[name]!();
      const f = (x: Tensor, a: unknown): Tensor => x.mul(sumOf(a));
      const compiled = compile(f);
      for (const [which, n] of [[0, 1] as const, ...steps]) {
        changes[which]!(arg, n);
        const expected = f(tensor(1), arg).item();
        try {
          expect(compiled(tensor(1), arg).item()).toBe(expected);
        } catch (error) {
          expect(String(error)).toMatch(/^TypeError: compile: arguments must be .*; got an? .* in argument 2; /);
        }
      }
    }),
    { numRuns: isLong ? 3000 : 150 },
  );
});

test('an argument whose changes would not be seen is refused, with a hint', () => {
  const f = compile((x: Tensor, _: unknown) => x.add(1));
  expect(() => f(tensor(1), new Float32Array(3))).toThrow(
    'compile: arguments must be tensors, numbers, strings, functions, objects of classes, or arrays and plain objects of them; ' +
      'got a Float32Array in argument 2; tensor(values) makes it an input',
  );
  expect(() => f(tensor(1), [new Map()])).toThrow(
    /; got a Map in argument 2; an array or a plain object may hold the same/,
  );
  expect(() => f(tensor(1), Symbol('a'))).toThrow(/; got a symbol in argument 2; /);
  expect(() => profile(f)(tensor(1), new Set())).toThrow(/; got a Set in argument 2; /);
});

test('objects with variables count by identity, whatever the values of the variables', () => {
  let calls = 0;
  class Model {
    readonly weights = [variable([2])];
  }
  const step = compile((model: Model, x: Tensor) => {
    calls++;
    return model.weights[0]!.mul(x);
  });
  const [one, other] = [new Model(), new Model()];
  expect(step(one, tensor([3])).toArray()).toEqual([6]);
  one.weights[0]!.assign([5]);
  expect(step(one, tensor([3])).toArray()).toEqual([15]);
  expect(calls).toBe(1);
  expect(step(other, tensor([3])).toArray()).toEqual([6]);
  one.weights[0] = variable([7]);
  expect(step(one, tensor([3])).toArray()).toEqual([21]);
});

test('a tensor that is given twice is one tensor for the function, compiled or not', () => {
  const f = (a: Tensor, b: Tensor): Tensor => gradients(a.mul(b).sum(), [a])[0]!;
  const [x, y] = [tensor([2, 3]), tensor([5, 7])];
  const compiled = compile(f);
  for (const [a, b] of [[x, y] as const, [x, x] as const, [y, x] as const, [y, y] as const]) {
    expect(compiled(a, b).toArray()).toEqual(f(a, b).toArray());
  }
});

describe('of very many recordings the least recently used are dropped', () => {
  test('of one function', () => {
    let calls = 0;
    const f = compile((x: Tensor, k: { of: number }) => {
      calls++;
      return x.mul(k.of);
    });
    const of = (k: number): number => f(tensor(2), { of: k }).item();
    for (let k = 1; k <= 1000; k++) {
      expect(of(k)).toBe(2 * k);
      expect(of(-1)).toBe(-2); // in use throughout
    }
    expect(calls).toBe(1001);
    of(1000);
    expect(calls).toBe(1001);
    expect(of(1)).toBe(2);
    expect(calls).toBe(1002);
  });

  test('of all functions together', () => {
    let calls = 0;
    const functions = Array.from({ length: 100 }, () =>
      compile((x: Tensor, k: number) => {
        calls++;
        return x.mul(k);
      }),
    );
    for (const f of functions) for (let k = 0; k < 30; k++) f(tensor(2), k);
    expect(calls).toBe(3000);
    expect(functions[99]!(tensor(2), 5).item()).toBe(10);
    expect(calls).toBe(3000);
    expect(functions[0]!(tensor(2), 5).item()).toBe(10);
    expect(calls).toBe(3001);
  });

  test('of large arrays of numbers even sooner', () => {
    let calls = 0;
    const f = compile((x: Tensor, values: readonly number[]) => {
      calls++;
      return x.add(values.length);
    });
    const long = Array.from({ length: 50_000 }, (_, i) => i / 3);
    const of = (first: number): unknown => f(tensor(0), [first, ...long]);
    for (let k = 0; k < 12; k++) of(k);
    of(11);
    expect(calls).toBe(12);
    of(0);
    expect(calls).toBe(13);
  });

  test.runIf(isLong)('with their plans', () => {
    const f = compile((x: Tensor, k: number) => x.slice([k]).exp().sum());
    const x = zeros([5000]).realize();
    const before = memory().plans;
    for (let k = 0; k < 4900; k++) f(x, k);
    expect(memory().plans - before).toBeLessThanOrEqual(1024 + 256 + 1);
  });

  test('of a function that is profiled, with the memory of their plans', () => {
    const f = profile((x: Tensor, k: number) => x.mul(k).exp().sum());
    const x = zeros([600]).realize();
    const run = (k: number): number => f(x, k).result.item();
    for (let k = 0; k < 256; k++) run(k);
    const before = memory().bytesInUse;
    for (let k = 256; k < 300; k++) expect(run(k)).toBe(600);
    expect(memory().bytesInUse).toBeLessThanOrEqual(before);
  });

  test('one that an asynchronous run needs stays until it ends', async () => {
    const f = compile((x: Tensor, k: number) => x.slice([k]).exp().sum());
    const x = zeros([600]).realize();
    const runs = Array.from({ length: 300 }, (_, k) => f.runAsync(x, k));
    const sums = (await Promise.all(runs)).map((t) => t.item());
    expect(sums).toEqual(sums.map((_, k) => 600 - k));
  });
});

test('memory stays bounded in a loop with always new shapes, compiled or not', () => {
  setThreads(1);
  const mebibyte = 2 ** 20;
  const f = (x: Tensor): Tensor => x.softmax(0).cumsum(1).max();
  expect(explain(f)(zeros([2048, 512])).arena.bytes).toBeGreaterThan(4 * mebibyte);
  for (const run of [f, compile(f)]) {
    const before = memory().bytesInUse;
    let most = 0;
    for (let n = 0; n < (isLong ? 2500 : 150); n++) {
      const x = zeros([2048 + (n % 50), 512 + Math.floor(n / 50)]).realize();
      run(x).item();
      x.dispose();
      most = Math.max(most, memory().bytesInUse - before);
    }
    // Plans hold twice 256 MiB at most, and so do values that only forgotten tensors were computed from.
    expect(most).toBeLessThan((2 * 256 + 2 * 256 + 64) * mebibyte);
  }
}, 600_000);

describe('a function that is recorded again and again', () => {
  /** The warnings that `act` brings about. */
  async function warningsOf(act: () => void): Promise<string[]> {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    act();
    const last = once(process, 'warning');
    process.emitWarning('the last one');
    await last;
    process.off('warning', note);
    return warnings.filter((message) => message.startsWith('compile: '));
  }

  test('causes one warning, which names the argument that changes', async () => {
    const step = (x: Tensor, k: number, _: readonly string[]): Tensor => x.mul(k);
    const compiled = compile(step);
    const warnings = await warningsOf(() => {
      for (let k = 0; k < 100; k++) compiled(tensor(1), k / 7, ['a']);
    });
    expect(warnings).toEqual([
      'compile: "step" was recorded 32 times because argument 2 (a number) keeps changing; pass tensor(value) instead',
    ]);
  });

  test('for other shapes, or for a few values in turn, causes none', async () => {
    const f = compile((x: Tensor, k: number) => x.sum().mul(k));
    const warnings = await warningsOf(() => {
      for (let n = 1; n < 60; n++) for (let k = 0; k < 3; k++) f(zeros([1, n]), k);
    });
    expect(warnings).toEqual([]);
  });
});
