// Variables: what was written down before an assignment keeps seeing the value of then, compiled or not.

import { compile, gradients, memory, type Tensor, tensor, type Variable, variable, zeros } from '@treadle/tensor';
import { describe, expect, test } from 'vitest';
import { refused } from './refusal.ts';

test('a variable starts with its initial value, has a name and trainable, and is a tensor', () => {
  const v = variable(
    [
      [1, 2],
      [3, 4],
    ],
    { name: 'w' },
  );
  expect([v.name, v.trainable, v.shape, v.dtype]).toEqual(['w', true, [2, 2], 'float32']);
  expect(v.matmul(v).toArray()).toEqual([
    [7, 10],
    [15, 22],
  ]);
  expect(variable(tensor([1, 2]).add(1), { trainable: false }).toArray()).toEqual([2, 3]);
  expect(variable([true]).dtype).toBe('bool');
});

test('assign, assignAdd and assignSub change the value; a number fills', () => {
  const v = variable([1, 2, 3]);
  expect(v.assign([4, 5, 6]).toArray()).toEqual([4, 5, 6]);
  expect(v.assignAdd([1, 1, 1]).toArray()).toEqual([5, 6, 7]);
  expect(v.assignSub(2).toArray()).toEqual([3, 4, 5]);
  expect(v.assignAdd(v).toArray()).toEqual([6, 8, 10]);
  expect(v.assign(9).toArray()).toEqual([9, 9, 9]);
  expect(v.assign(v.mul(v)).toArray()).toEqual([81, 81, 81]);
});

test('an assignment of another shape or dtype is refused, and leaves the value', () => {
  const v = variable([1, 2, 3]);
  refused(() => v.assign([1, 2]), 'ShapeError', /^assign: .*; got \[2\] for \[3\]/);
  refused(() => v.assign(tensor([1, 2, 3], { dtype: 'int32' })), 'DtypeError', /^assign: .*; got int32 for float32/);
  refused(() => v.assignAdd([[1, 2, 3]]), 'ShapeError', /^assign: .*; got \[1, 3\] for \[3\]/);
  refused(() => variable([1], { name: 'i' }).assign([true]), 'DtypeError', /^assign: /);
  expect(v.toArray()).toEqual([1, 2, 3]);
});

/** Everything that a program may have written down with a variable's value. */
const writtenDown: Readonly<Record<string, (v: Variable) => Tensor>> = {
  'a computation': (v) => v.mul(10),
  'a view': (v) => v.transpose(),
  'a reshape to its own shape': (v) => v.reshape([2, 2]),
  'a slice of all of it': (v) => v.slice([0, 0]),
  'a cast to its own dtype': (v) => v.cast('float32'),
  'the variable, detached': (v) => v.detach(),
  'a computation of a view': (v) => v.transpose().flatten().add(1),
  'a product': (v) => v.matmul(v),
};

describe.each(Object.entries(writtenDown))('%s', (_name, write) => {
  const initial = [
    [1, 2],
    [3, 4],
  ];
  const before = write(variable(initial)).toArray();

  test('keeps seeing the value from before an assignment', () => {
    const v = variable(initial);
    const seen = write(v);
    v.assign([
      [0, 0],
      [0, 9],
    ]);
    expect(seen.toArray()).toEqual(before);
    v.assignAdd(1);
    expect(seen.toArray()).toEqual(before);
  });

  test('keeps seeing it when a compiled function assigns', () => {
    const v = variable(initial);
    const step = compile(() => {
      v.assignAdd(1);
    });
    const first = write(v);
    step();
    const second = write(v);
    step();
    step();
    expect(first.toArray()).toEqual(before);
    expect(second.toArray()).toEqual(
      write(
        variable([
          [2, 3],
          [4, 5],
        ]),
      ).toArray(),
    );
    expect(v.toArray()).toEqual([
      [4, 5],
      [6, 7],
    ]);
  });

  test('keeps seeing it inside a compiled function', () => {
    const v = variable(initial);
    const step = compile(() => {
      const old = write(v);
      v.assign(v.mul(0));
      return [old, write(v)];
    });
    const zero = write(variable(zeros([2, 2]))).toArray();
    expect(step().map((t) => t.toArray())).toEqual([before, zero]);
    expect(step().map((t) => t.toArray())).toEqual([zero, zero]);
  });

  test('is a constant for a compiled function that uses it from outside', () => {
    const v = variable(initial);
    const seen = write(v);
    const step = compile((x: Tensor) => {
      v.assignAdd(5);
      return seen.add(x);
    });
    for (let i = 0; i < 3; i++) expect(step(tensor(0)).toArray()).toEqual(before);
    v.assign([
      [7, 7],
      [7, 7],
    ]);
    expect(step(tensor(0)).toArray()).toEqual(before);
  });
});

/** Runs a function as it is, and compiled; with what the variables hold afterwards. */
function bothWays(initials: readonly number[][][], f: (...variables: Variable[]) => Tensor[]): void {
  const outcomes = [false, true].map((isCompiled) => {
    const variables = initials.map((values) => variable(values));
    const run = (): Tensor[] => f(...variables);
    const results = (isCompiled ? compile(run) : run)().map((t) => t.toArray());
    return { results, variables: variables.map((v) => v.toArray()) };
  });
  expect(outcomes[1]).toEqual(outcomes[0]);
}

describe('assignments in one step happen in their order', () => {
  const [a, b] = [
    [
      [1, 2],
      [3, 4],
    ],
    [
      [5, 6],
      [7, 8],
    ],
  ];

  test('a ← b, b ← a leaves b in both', () => {
    const [v, w] = [variable(a!), variable(b!)];
    compile(() => {
      v.assign(w);
      w.assign(v);
    })();
    expect([v.toArray(), w.toArray()]).toEqual([b, b]);
  });

  test('a swap through what was read before swaps, again and again', () => {
    const [v, w] = [variable(a!), variable(b!)];
    const swap = compile(() => {
      const old = v.reshape([2, 2]);
      v.assign(w);
      w.assign(old);
    });
    swap();
    expect([v.toArray(), w.toArray()]).toEqual([b, a]);
    swap();
    expect([v.toArray(), w.toArray()]).toEqual([a, b]);
  });

  test('three variables can be rotated', () => {
    const three = [1, 2, 3].map((x) => variable(x));
    const rotate = compile(() => {
      const [x, y, z] = three.map((v) => v.add(0));
      three[0]!.assign(y!);
      three[1]!.assign(z!);
      three[2]!.assign(x!);
    });
    rotate();
    expect(three.map((v) => v.item())).toEqual([2, 3, 1]);
    rotate();
    expect(three.map((v) => v.item())).toEqual([3, 1, 2]);
  });

  test('a matrix becomes its own transpose, product, flip', () => {
    bothWays([a!], (v) => [v.assign(v.transpose()).add(0)]);
    bothWays([a!], (v) => [v.assign(v.matmul(v)).add(0)]);
    bothWays([a!], (v) => [v.assign(v.matmul(v).add(v).relu())]);
    bothWays([a!], (v) => [v.assign(v.flip()).add(0), v.sum()]);
    const v = variable(a!);
    compile(() => {
      v.assign(v.transpose());
    })();
    expect(v.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  test('a variable is read before and after it is assigned', () => {
    const v = variable([1, 2]);
    const step = compile(() => {
      const before = v.sum();
      v.assignAdd(1);
      const between = v.sum();
      v.assign(v.mul(2));
      return { before, between, after: v.sum() };
    });
    const read = (): number[] => Object.values(step()).map((t) => t.item());
    expect(read()).toEqual([3, 5, 10]);
    expect(v.toArray()).toEqual([4, 6]);
    expect(read()).toEqual([10, 12, 24]);
  });

  test('several variables read each other', () => {
    bothWays([a!, b!], (v, w) => {
      const sum = v.add(w);
      v.assign(sum.mul(0.5));
      w.assignSub(v);
      v.assignAdd(w.transpose());
      return [sum, v.sub(w), v.matmul(w)];
    });
  });

  test('a variable that a compiled function returns has the value at that time', () => {
    const v = variable([1]);
    const step = compile(() => {
      v.assignAdd(1);
      return v;
    });
    const [first, second] = [step(), step()];
    expect([first.toArray(), second.toArray(), v.toArray()]).toEqual([[2], [3], [3]]);
  });
});

test('no gradient passes through an assignment, compiled or not', () => {
  const outcomes = [false, true].map((isCompiled) => {
    const [v, w] = [variable([1, 2]), variable([3, 4])];
    const run = (): Tensor[] => {
      v.assign(w.mul(2));
      return gradients(v.mul(w).sum(), [v, w]);
    };
    return (isCompiled ? compile(run) : run)().map((t) => t.toArray());
  });
  expect(outcomes[0]).toEqual([
    [3, 4],
    [6, 8],
  ]);
  expect(outcomes[1]).toEqual(outcomes[0]);
});

describe('pending assignments outside of a compiled function', () => {
  test('are made before a tensor that they read is disposed of', () => {
    const [v, w] = [variable(zeros([400])), variable(zeros([400]))];
    const x = tensor(new Float32Array(400).fill(3)).add(1).realize();
    v.assign(x.mul(2));
    x.dispose();
    w.assign(v);
    v.dispose();
    expect(w.sum().item()).toBe(8 * 400);
  });

  test('are made before a compiled function reads or assigns the variable', async () => {
    const v = variable([1, 2]);
    const step = compile((x: Tensor) => {
      v.assignAdd(x);
      return v.mul(1);
    });
    step(tensor([0, 0]));
    v.assign([10, 20]);
    expect(step(tensor([1, 1])).toArray()).toEqual([11, 21]);
    v.assign([5, 5]);
    expect((await step.runAsync(tensor([1, 1]))).toArray()).toEqual([6, 6]);
    v.assignAdd(1);
    const old = v.reshape([2]);
    expect(step(old).toArray()).toEqual([14, 14]);
    expect(old.toArray()).toEqual([7, 7]);
  });

  test('do not change tensors computed before them, however those are read', async () => {
    const v = variable([1, 2]);
    const before = v.mul(10);
    const same = v.reshape([2]);
    v.assign([3, 4]);
    expect(await before.read()).toEqual(Float32Array.of(10, 20));
    expect(same.toArray()).toEqual([1, 2]);
    v.assignSub(1);
    expect([before.toArray(), same.toArray(), v.toArray()]).toEqual([
      [10, 20],
      [1, 2],
      [2, 3],
    ]);
  });

  test('of several variables are one plan with the gradients, whose values can be read afterwards', () => {
    const values = new Float32Array(1000).map((_, i) => i / 1000);
    const [v, w] = [variable(values), variable(2)];
    const round = (): Tensor[] => {
      const y = v.mul(w).square().sum();
      const found = gradients(y, [v, w]);
      v.assignSub(found[0]!.mul(0.001));
      w.assignSub(found[1]!.mul(0.001));
      return [y, ...found];
    };
    round();
    v.data();
    const plans = memory().plans;
    for (let i = 0; i < 5; i++) round();
    v.data();
    expect(memory().plans).toBeLessThanOrEqual(plans + 1);
    const [at, by] = [Array.from(v.data()), w.item()];
    const [, dv, dw] = round();
    v.data();
    at.forEach((x, i) => {
      expect(dv!.data()[i]).toBeCloseTo(2 * x * by * by, 4);
    });
    const sum = at.reduce((total, x) => total + 2 * x * x * by, 0);
    expect(dw!.item() / sum).toBeCloseTo(1, 5);
  });
});
