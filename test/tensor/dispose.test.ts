// Disposing of a tensor ends that handle and no other. The memory is freed with the last handle and the last result that still has
// to be computed from it.

import { compile, concat, gradients, memory, ones, Tensor, tensor, variable } from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const gone = /^tensor: a tensor must not be used after dispose\(\); got one that was disposed of$/;

/** Calls that have nothing to do: their result is their argument's value. */
const nothingToDo: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  tensor: (x) => tensor(x),
  'tensor of a shape': (x) => tensor(x, { shape: [6] }),
  cast: (x) => x.cast('float32'),
  reshape: (x) => x.reshape([6]),
  flatten: (x) => x.flatten(),
  transpose: (x) => x.transpose(),
  squeeze: (x) => x.squeeze(),
  broadcastTo: (x) => x.broadcastTo([6]),
  slice: (x) => x.slice([0]),
  pad: (x) => x.pad([[0, 0]]),
  tile: (x) => x.tile([1]),
  split: (x) => x.split([6])[0]!,
  'split into one': (x) => x.split(1)[0]!,
  concat: (x) => concat([x]),
  detach: (x) => x.detach(),
  'a compiled function that returns its argument': (x) => compile((y: Tensor) => y)(x),
};

describe.each(Object.entries(nothingToDo))('%s', (_name, same) => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const computed = (): Tensor => tensor(values).add(0);

  test.each([true, false])('gives another handle (its argument was computed before: %s)', (isRealized) => {
    const [x, y] = [computed(), computed()];
    if (isRealized) for (const t of [x, y]) t.realize();
    const [ofX, ofY] = [same(x), same(y)];
    x.dispose();
    ofY.dispose();
    expect(ofX.data()).toEqual(values);
    expect(y.data()).toEqual(values);
    expect(() => x.data()).toThrow(gone);
    expect(() => ofY.data()).toThrow(gone);
  });

  test('of a variable is another handle', () => {
    const v = variable(values);
    const ofV = same(v);
    v.dispose();
    expect(ofV.data()).toEqual(values);
    const w = variable(values);
    same(w).dispose();
    expect(w.assignAdd(0).data()).toEqual(values);
  });
});

test('rounding int32 gives another handle', () => {
  const x = tensor([1, 2], { dtype: 'int32' });
  const rounded = x.round();
  x.dispose();
  expect(rounded.toArray()).toEqual([1, 2]);
});

test('equal results of a compiled function are different handles', () => {
  const large = new Float32Array(1000).fill(2);
  const [a, b, c] = compile((x: Tensor) => [x.add(1), x.add(1), x.mul(3)])(tensor(large));
  a!.dispose();
  expect(b!.data()).toEqual(large.map(() => 3));
  b!.dispose();
  expect(c!.data()).toEqual(large.map(() => 6));
});

test('every use of a tensor that was disposed of throws the same, whether it was read before or not', async () => {
  const names = Object.getOwnPropertyNames(Tensor.prototype).filter(
    (name) => !['constructor', 'dispose'].includes(name),
  );
  for (const make of [() => tensor([1, 2]).add(1), () => tensor([1, 2]).add(1).realize(), () => variable([1, 2])]) {
    for (const name of names) {
      const t = make();
      t.dispose();
      const use = async (): Promise<unknown> => {
        const member: unknown = Reflect.get(t, name);
        return typeof member === 'function' ? Reflect.apply(member, t, [tensor([1, 2])]) : member;
      };
      await expect(use(), name).rejects.toThrow(gone);
    }
    const t = make();
    t.dispose();
    expect(() => tensor([1, 2]).add(t)).toThrow(gone);
    expect(() => variable(t)).toThrow(gone);
    expect(() => compile((x: Tensor) => x.add(1))(t)).toThrow(gone);
    t.dispose();
  }
  const v = variable(1);
  const step = compile(() => v.assignAdd(1));
  step();
  v.dispose();
  for (const use of [() => v.assign(2), () => v.assignAdd(2), () => v.assignSub(2), () => step()])
    expect(use).toThrow(gone);
  expect(tensor(1).add(1).item()).toBe(2);
});

test('a result that was not computed yet can be computed after its operand was disposed of', () => {
  const x = ones([1000]).add(1).realize();
  const v = variable(ones([1000]));
  const products = [x.mul(v), x.mul(2)];
  const sums = products.map((product) => product.sum());
  const during = memory().tensors;
  v.assignAdd(x);
  for (const t of [x, v, ...products]) t.dispose();
  expect(sums.map((sum) => sum.item())).toEqual([2000, 4000]);
  expect(memory().tensors).toBe(during); // gradients may be asked for
  for (const t of sums) t.dispose();
  expect(memory().tensors).toBe(during - 2);
});

test('gradients can be computed after all handles that they need were disposed of', () => {
  const [v, w] = [variable([1, 2]), variable([3, 4])];
  const product = v.mul(w);
  const y = product.square().sum();
  const [dv, dw] = gradients(y, [v, w]);
  for (const t of [product, y, v, w]) t.dispose();
  expect(dv!.toArray()).toEqual([18, 64]);
  expect(dw!.toArray()).toEqual([6, 32]);
});

test('arguments of a running call are kept until it ends', async () => {
  const large = new Float32Array(1000).fill(1);
  const v = variable(large);
  const step = compile((x: Tensor) => {
    v.assignAdd(x);
    return v.mul(1);
  });
  const make = (): Tensor => tensor(large).add(1).realize();
  const args = [make(), make(), make()];
  const runs = args.map((arg) => step.runAsync(arg));
  const [lazy, read] = [make().mul(3), make()];
  const reads = [lazy.read(), read.read(), v.read()];
  for (const t of [...args, lazy, read, v]) t.dispose();
  expect((await Promise.all(runs)).map((t) => t.data()[999])).toEqual([3, 5, 7]);
  expect((await Promise.all(reads)).map((data) => data[999])).toEqual([6, 2, 7]);
});

/** A program: each step makes a tensor of earlier ones, reads one, assigns one to the variable, or disposes of one. */
type Step = readonly [kind: number, a: number, b: number];
/** Makes a tensor of [400] of such; everything else that it makes is kept. */
type Maker = (a: Tensor, b: Tensor, keep: (t: Tensor) => Tensor) => Tensor;

const length = 400;
const both = compile((a: Tensor, b: Tensor) => [a.maximum(b), a.maximum(b), a]);

const makers: readonly Maker[] = [
  (a, b) => a.add(b),
  (a, b, keep) => keep(a.mul(b)).sub(1),
  (a) => a.reshape([length]),
  (a) => a.transpose(),
  (a) => a.cast('float32'),
  (a) => tensor(a),
  (a, _, keep) => keep(keep(a.reshape([20, 20])).transpose()).flatten(),
  (a, _, keep) =>
    a
      .split([100, 300])
      .map(keep)[1]!
      .pad([[50, 50]]),
  (a, b, keep) => concat([keep(a.slice([0], [200])), keep(b.slice([200]))]),
  (a, _, keep) => keep(a.softmax()).flip(),
  (a, b, keep) => both(a, b).map(keep)[2]!,
  (a, b, keep) => {
    // without the history that reads before may have cut
    const [x, y] = [keep(a.detach()), keep(b.detach())];
    return gradients(keep(keep(x.mul(y)).sum()), [x])[0];
  },
];
const [gradient, reading, assigning] = [makers.length - 1, makers.length, makers.length + 1];
const disposing = fc.constantFrom(0, 1, 2).map((more) => makers.length + 2 + more);

const programs = fc.array(
  fc.tuple(
    fc.oneof({ weight: 3, arbitrary: fc.nat({ max: assigning }) }, disposing),
    fc.nat({ max: 50 }),
    fc.nat({ max: 50 }),
  ),
  { maxLength: 40 },
);
const numRuns = process.env.TREADLE_TEST_LONG ? 3000 : 150;

/** What the handles hold in the end that were not disposed of, by their numbers: many of them are not computed before. */
function run(steps: readonly Step[], isDisposing: boolean): ReadonlyMap<number, readonly number[]> {
  const start = Float32Array.from({ length }, (_, i) => (i % 17) / 16);
  const kept: Tensor[] = [];
  const keep = (t: Tensor): Tensor => {
    kept.push(t);
    return t;
  };
  const v = variable(start);
  const handles = [keep(tensor(start)).add(0), v, tensor(start)];
  const dead = new Set<number>();
  for (const [kind, a, b] of steps) {
    const alive = handles.map((_, i) => i).filter((i) => !dead.has(i));
    const [at, other] = [alive[a % alive.length] ?? 0, alive[b % alive.length] ?? 0];
    const [x, y] = [handles[at]!, handles[other]!];
    const maker = makers[kind];
    if (maker) handles.push(maker(x, y, keep));
    else if (kind === reading) x.realize();
    else if (kind === assigning) {
      if (!dead.has(1)) v.assign(y);
    } else if (alive.length > 1) {
      dead.add(at);
      if (isDisposing) x.dispose();
    }
  }
  const left = new Map<number, readonly number[]>();
  handles.forEach((t, i) => {
    if (!dead.has(i)) left.set(i, Array.from(t.data()));
  });
  for (const t of [...handles, ...kept]) t.dispose();
  return left;
}

test('disposing of tensors changes no other tensor of a program', () => {
  fc.assert(
    fc.property(programs, (steps) => {
      expect(run(steps, true)).toEqual(run(steps, false));
    }),
    { numRuns },
  );
});

test('after all handles were disposed of, in any order, memory in use is as before', () => {
  fc.assert(
    fc.property(programs, fc.boolean(), (program, isDisposing) => {
      // a gradient leaves nodes behind that no handle is on: the collector's
      const steps = program.filter(([kind]) => kind !== gradient);
      run(steps, isDisposing); // makes the plans
      const before = memory();
      run(steps, isDisposing);
      expect(memory()).toEqual(before);
    }),
    { numRuns },
  );
});
