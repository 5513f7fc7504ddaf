// Compiled functions: when one is recorded anew, what its arguments and results may be, and what it cannot know.

import { inspect } from 'node:util';
import {
  add,
  compile,
  explain,
  gradients,
  memory,
  outsideRecording,
  randomUniform,
  setSeed,
  type Tensor,
  tensor,
  type Variable,
  variable,
} from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** How often the function was called, beside its result. */
function counted<A extends readonly unknown[], R>(f: (...args: A) => R) {
  let calls = 0;
  const compiled = compile((...args: A) => {
    calls++;
    return f(...args);
  });
  return { compiled, calls: () => calls };
}

test('a function is called once for each combination of shapes and dtypes', () => {
  const { compiled, calls } = counted((x: Tensor) => x.mul(2));
  expect(compiled(tensor([1, 2])).toArray()).toEqual([2, 4]);
  expect(compiled(tensor([3, 4])).toArray()).toEqual([6, 8]);
  expect(compiled(tensor([5, 6]).add(1)).toArray()).toEqual([12, 14]);
  expect(calls()).toBe(1);
  compiled(tensor([[1, 2]]));
  compiled(tensor([1, 2], { dtype: 'int32' }));
  expect(calls()).toBe(3);
  compiled(tensor([7, 8]));
  expect(calls()).toBe(3);
});

test('arguments and results may be arrays and objects of tensors', () => {
  const { compiled, calls } = counted(({ pair: [a, b], scale }: { pair: Tensor[]; scale: number }, suffix: string) => ({
    sum: add(a!, b!).mul(scale),
    parts: [a, { b }],
    name: `total ${suffix}`,
  }));
  const one = compiled({ pair: [tensor(1), tensor(2)], scale: 10 }, 'x');
  const two = compiled({ pair: [tensor(3), tensor(4)], scale: 10 }, 'x');
  expect([one.sum.item(), two.sum.item(), two.name, calls()]).toEqual([30, 70, 'total x', 1]);
  expect((two.parts[1] as { b: Tensor }).b.item()).toBe(4);
  expect(compiled({ pair: [tensor(3), tensor(4)], scale: 100 }, 'x').sum.item()).toBe(700);
  expect(calls()).toBe(2);
});

test('arguments that differ never share a recording', () => {
  const show = compile((...args: unknown[]) => ({
    shown: JSON.stringify(args, (_, x) => (Object.is(x, -0) ? '-0' : x)),
  }));
  const lists = [
    [],
    [0],
    [-0],
    ['0'],
    ['a', 'b'],
    ['a;b'],
    ['a";"b'],
    [['a', 'b']],
    [null],
    ['null'],
    [undefined],
    [1, 2],
    [[1, 2]],
    [{ a: 1 }],
    [{ 'a:1;b': 2 }],
    [{ a: 1, b: 2 }],
    [true],
    ['true'],
  ];
  for (const args of lists) {
    expect(show(...args).shown).toBe(JSON.stringify(args, (_, x) => (Object.is(x, -0) ? '-0' : x)));
  }
});

test('results of two runs do not share memory', () => {
  const double = compile((x: Tensor) => x.mul(2));
  const results = [1, 2, 3].map((k) => double(tensor(new Float32Array(1000).fill(k))));
  expect(results.map((t) => t.data()[999])).toEqual([2, 4, 6]);
});

test('a function that returns its argument returns its value', () => {
  const same = compile((x: Tensor) => [x, x]);
  const x = tensor([1, 2]).add(0).realize();
  const results = same(x);
  x.dispose();
  expect(results.map((t) => t.toArray())).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('a function without tensors, or without a result, runs too', () => {
  const count = variable(0);
  const step = compile(() => {
    count.assignAdd(1);
  });
  for (let i = 0; i < 5; i++) expect(step()).toBeUndefined();
  expect(count.item()).toBe(5);
  expect(compile(() => 7)()).toBe(7);
});

test('runAsync gives the same, and runs keep their order', async () => {
  const total = variable([0]);
  const step = compile((x: Tensor) => {
    total.assign(total.mul(2).add(x));
    return total;
  });
  const runs = [1, 2, 3, 4].map((k) => step.runAsync(tensor([k])));
  expect((await Promise.all(runs)).map((t) => t.item())).toEqual([1, 4, 11, 26]);
  expect(total.item()).toBe(26);
});

test('a compiled function inside another becomes part of it', () => {
  const { compiled: inner, calls } = counted((x: Tensor) => x.add(1));
  const outer = compile((x: Tensor) => inner(inner(x)).mul(2));
  expect(outer(tensor(1)).item()).toBe(6);
  expect(outer(tensor(2)).item()).toBe(8);
  expect(calls()).toBe(2);
});

describe('a value that a recording cannot know is refused', () => {
  const message = /^compile: .*not known while the function is recorded/;

  test('reading a value that depends on an argument', () => {
    for (const read of [
      (x: Tensor) => x.data(),
      (x: Tensor) => x.item(),
      (x: Tensor) => String(x),
      (x: Tensor) => x.toArray(),
    ]) {
      expect(() => compile((x: Tensor) => tensor(Number(read(x.add(1)))))(tensor(1))).toThrow(message);
    }
  });

  test('reading a value that depends on a variable, a gradient of one, or a random number', async () => {
    const w = variable([1, 2]);
    const values: Readonly<Record<string, () => Tensor>> = {
      variable: () => w,
      'computed from one': () => w.add(1).sum(),
      'its gradient': () => gradients(w.square().sum(), [w])[0]!,
      'assigned a moment ago': () => w.assignAdd(1),
      random: () => randomUniform([2]),
      'drawn before': () => randomUniform([2]).detach(),
    };
    for (const value of Object.values(values)) {
      for (const read of [(x: Tensor) => x.sum().item(), (x: Tensor) => `${x}`, (x: Tensor) => x.realize()]) {
        expect(() => compile(() => void read(value()))()).toThrow(
          /^compile: a value is not known while the function is recorded; got a read of \[.*\] .*, which depends on a (variable|random number); return the tensor/,
        );
      }
      let reading: Promise<unknown> | undefined;
      compile(() => {
        reading = value().read();
        return w.sum();
      })();
      await expect(reading).rejects.toThrow(message);
    }
    expect(w.toArray()).toEqual([1 + 1, 2 + 1]); // assigned where the promise was not waited for
  });

  test('a value that does not depend on arguments, variables or random numbers may be read', () => {
    const w = variable([1, 2]);
    const before = w.mul(10); // keeps the value of now
    const limit = tensor(3).add(1);
    const f = (x: Tensor): Tensor => x.add(limit.item()).add(before.sum().item()).add(tensor(2).square().item());
    const compiled = compile(f);
    for (let i = 0; i < 3; i++) {
      expect(compiled(tensor(i)).item()).toBe(f(tensor(i)).item());
      w.assignAdd(1);
    }
  });

  test('an async function; its later part changes nothing', async () => {
    const v = variable(1);
    const step = compile(async (x: Tensor) => {
      v.assignAdd(x);
      await undefined;
      v.assignAdd(x);
    });
    expect(() => step(tensor(1))).toThrow(/^compile: .*async.*; got a promise/);
    await new Promise((resolve) => setTimeout(resolve));
    expect(v.item()).toBe(1);
  });

  test('tensors that leave the function other than as results', () => {
    const w = variable([1, 2]);
    const leaked: Tensor[] = [];
    const f = compile((x: Tensor) => {
      leaked.push(x.add(1), w.mul(2), randomUniform([2]));
      return new Map([['sum', x.sum()]]);
    });
    for (const t of [...f(tensor([1, 2])).values(), ...leaked]) {
      expect(() => t.data()).toThrow(
        /^compile: a tensor made inside a compiled function has no value outside it; got .*; return it from the function/,
      );
      const other = compile((x: Tensor) => x.add(t));
      expect(() => other(tensor([5, 6]))).toThrow(/^compile: a function must not use what was made while another/);
      if (t.rank > 0)
        expect(() => w.assign(t)).toThrow(/^assign: the value must not come from inside a compiled function; got /);
    }
    expect(w.mul(2).toArray()).toEqual([2, 4]); // nothing waits to fail
  });

  test('the next call works, with variables as they were', () => {
    const v = variable([1, 2]);
    let fails = true;
    const step = compile((x: Tensor) => {
      v.assignAdd(x);
      if (fails) throw new RangeError('of its own');
      return v.sum();
    });
    expect(() => step(tensor(1))).toThrow('of its own');
    expect(v.toArray()).toEqual([1, 2]);
    v.assignAdd(1);
    fails = false;
    expect(step(tensor(1)).item()).toBe(7);
    expect(v.toArray()).toEqual([3, 4]);
  });
});

test('a step that prints a tensor still learns, and the print says that the value is not known', () => {
  const printed: string[] = [];
  const w = variable(100);
  const learn = (print: (p: Tensor) => void) =>
    compile((x: Tensor, y: Tensor) => {
      const p = x.mul(w);
      print(p);
      const loss = p.sub(y).square().mean();
      w.assignSub(gradients(loss, [w])[0]!.mul(0.1));
      return loss;
    });
  const step = learn((p) => printed.push(inspect(p), inspect({ p })));
  for (let i = 0; i < 100; i++) step(tensor([1, 2]), tensor([3, 6]));
  expect(w.item()).toBeCloseTo(3, 4);
  const shown = 'Tensor [2] float32 (value not known while recorded)';
  expect(printed.slice(0, 2)).toEqual([shown, `{ p: ${shown} }`]);
  const known = compile(() => inspect(tensor(3)));
  expect(known()).toBe('Tensor [] float32 3.0');
});

test('variables that a function makes start with the values at its recording', () => {
  const w = variable([1, 2]);
  let average: Variable | undefined;
  const noise = variable(0);
  const f = compile((x: Tensor) => {
    const half = w.mul(0.5);
    average ??= variable(half);
    noise.assign(outsideRecording(() => randomUniform([]).item()));
    return half.add(average).add(x);
  });
  expect(f(tensor(0)).toArray()).toEqual([1, 2]);
  w.assign([3, 4]);
  expect(f(tensor(0)).toArray()).toEqual([0.5 + 1.5, 1 + 2]);
  expect(average?.toArray()).toEqual([0.5, 1]);
  expect(noise.item()).toBeGreaterThan(0);
  expect(() => compile((x: Tensor) => variable(x.add(1)))(tensor(1))).toThrow(/^compile: a value is not known/);
});

test('pending assignments outside a recording are made before the recorded function runs', () => {
  const w = variable(1);
  const f = compile((x: Tensor) => {
    outsideRecording(() => w.assign(5));
    return x.mul(w);
  });
  expect(f(tensor(2)).item()).toBe(10);
});

test('capacity must be a whole number that is not less than the rows', () => {
  for (const capacity of [
    () => 1,
    () => 2.5,
    () => Number.NaN,
    () => Number.POSITIVE_INFINITY,
    (rows: number) => rows - 1,
  ]) {
    const f = compile((x: Tensor) => x.sum(), { capacity });
    expect(() => f(tensor([1, 2, 3]))).toThrow(
      new RangeError(`compile: capacity(rows) must be a whole number ≥ rows; got ${capacity(3)} for 3 rows`),
    );
  }
});

test('a function that throws at any point changes nothing, and the next call is right', () => {
  const step = fc.constantFrom('assign', 'draw', 'gradient', 'explain', 'compiled');
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), fc.nat(5), fc.boolean(), (steps, at, isEarly) => {
      const [v, w] = [variable([1, 2]), variable([3, 4])];
      const times = (x: Tensor): Tensor => x.mul(w);
      let inner: typeof times = compile(times);
      let fails = false;
      const f = (x: Tensor, _kind: string): Tensor => {
        let y = x;
        steps.forEach((name, i) => {
          if (fails && i === at % steps.length) throw new RangeError('of its own');
          if (name === 'assign') v.assign(y.add(v));
          if (name === 'draw') y = y.add(randomUniform([2]));
          if (name === 'gradient') y = gradients(y.mul(w).mul(v).sum(), [w])[0]!;
          if (name === 'explain') explain((t: Tensor) => t.add(1))(y);
          if (name === 'compiled') y = inner(y);
        });
        return y.add(v);
      };
      const outcomes = [compile(f), f].map((run, which) => {
        setSeed(3);
        v.assign([1, 2]);
        if (which === 1) inner = times; // no gradient would find its way through its results
        const seen = isEarly ? [] : [run(tensor([1, 1]), 'first').toArray()];
        const before = v.toArray();
        if (which === 0) {
          fails = true;
          expect(() => run(tensor([1, 1]), 'recorded anew')).toThrow('of its own');
          fails = false;
          expect(v.toArray()).toEqual(before);
        }
        seen.push(run(tensor([2, 2]), 'first').toArray(), v.toArray());
        return seen;
      });
      expect(outcomes[0]).toEqual(outcomes[1]);
    }),
    { numRuns: 60 },
  );
});

test('a recording keeps nothing but its plan', () => {
  const before = memory().plans;
  for (let i = 0; i < 5; i++) compile((x: Tensor) => x.mul(i))(tensor(1));
  expect(memory().plans - before).toBeLessThanOrEqual(1); // numbers are bound to a plan
});

test('every run draws new random numbers, the same as uncompiled', () => {
  const draw = compile(() => [randomUniform([3]), randomUniform([3])]);
  setSeed(5);
  const compiled = [draw(), draw()].flat().map((t) => t.toArray());
  setSeed(5);
  const eager = Array.from({ length: 4 }, () => randomUniform([3]).toArray());
  expect(compiled).toEqual(eager);
  expect(new Set(compiled.map(String)).size).toBe(4);
});
