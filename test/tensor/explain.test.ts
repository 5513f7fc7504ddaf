// explain: what it counts agrees with counts by hand, what it says is the plan that runs, and asking changes nothing.

import { inspect } from 'node:util';
import {
  compile,
  type Explanation,
  explain,
  gradients,
  memory,
  profile,
  type Tensor,
  tensor,
  variable,
  zeros,
} from '@treadle/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const extent = fc.integer({ min: 1, max: 200 });
const only = ({ kernels }: Explanation, kind: string) => kernels.filter((kernel) => kernel.kind === kind);

describe('operations and bytes', () => {
  test('a product of [m, k] and [k, n] takes 2mkn operations, and writes m·n elements', () => {
    fc.assert(
      fc.property(extent, extent, extent, (m, k, n) => {
        const plan = explain((a: Tensor, b: Tensor) => a.matmul(b))(zeros([m, k]), zeros([k, n]));
        const [product] = only(plan, 'matmul');
        expect(plan.flops).toBe(2 * m * k * n);
        expect(product).toMatchObject({ ops: ['matmul'], shape: [m, k, n], bytesWritten: 4 * m * n });
        expect([plan.bytesIn, plan.bytesOut]).toEqual([4 * (m * k + k * n), 4 * m * n]);
        // copies to where the product reads them, if any, come on top
        expect(plan.bytesRead).toBeGreaterThanOrEqual(plan.bytesIn);
        if (plan.kernels.length === 1) expect(plan.bytesRead).toBe(plan.bytesIn);
      }),
    );
  });

  test('fused elementwise ops take one operation for each element, and read every operand once', () => {
    fc.assert(
      fc.property(extent, extent, (m, n) => {
        const f = (x: Tensor, bias: Tensor): Tensor => x.add(bias).mul(x).exp();
        const plan = explain(f)(zeros([m, n]), zeros([n]));
        expect(plan.kernels).toHaveLength(1);
        expect(plan.kernels[0]).toMatchObject({ kind: 'lanes', ops: ['add', 'mul', 'exp'] });
        const read = m * n === n ? 8 * n : 4 * (m * n + n);
        expect([plan.flops, plan.bytesRead, plan.bytesWritten]).toEqual([3 * m * n, read, 4 * m * n]);
      }),
    );
  });

  test("a result that is a reshape of a kernel's output takes no copy", () => {
    const reshaped = (f: (x: Tensor) => Tensor): number => explain(f)(zeros([8, 12])).kernels.length;
    expect(reshaped((x) => x.tile([2, 3]))).toBe(1);
    expect(reshaped((x) => x.transpose().reshape([4, 24]))).toBe(1);
    expect(
      reshaped((x) =>
        x
          .matmul(zeros([12, 6]))
          .reshape([-1])
          .reshape([6, 8]),
      ),
    ).toBe(1);
    expect(reshaped((x) => x.sum(1).reshape([2, 4]))).toBe(1);
    const both = explain((x: Tensor) => {
      const sum = x.sum(1);
      return [sum, sum.reshape([2, 4])];
    });
    expect(both(zeros([8, 12])).kernels).toHaveLength(2); // two results are two values
  });

  test.for([{}, { transposeA: true }, { transposeB: true }, { transposeA: true, transposeB: true }])(
    'the gradients of a product with %o lie as its operands do: what follows is computed with them',
    (options) => {
      const dy = zeros([3, 24, 40]);
      const a = variable(zeros(options.transposeA ? [3, 16, 24] : [3, 24, 16]));
      const w = variable(zeros(options.transposeB ? [3, 40, 16] : [3, 16, 40]));
      const step = () => gradients(a.matmul(w, options).mul(dy).sum(), [a, w]).map((gradient) => gradient.exp());
      const ends = explain(step)().kernels.filter(({ ops }) => ops.includes('exp'));
      expect(ends.map(({ ops }) => ops)).toEqual([
        ['matmul', 'exp'],
        ['matmul', 'exp'],
      ]);
    },
  );

  test('integers and masks take no floating-point operations', () => {
    const plan = explain((x: Tensor) => x.add(1).greater(2))(tensor([1, 2, 3], { dtype: 'int32' }));
    expect(plan.flops).toBe(0);
    expect(explain((x: Tensor) => x.sum())(tensor([1, 2], { dtype: 'int32' })).flops).toBe(0);
  });

  test('a sum takes an operation for each element, and one for each chunk of 4096 where there are several', () => {
    expect(explain((x: Tensor) => x.sum())(zeros([4096])).flops).toBe(4096);
    expect(explain((x: Tensor) => x.mul(2).sum())(zeros([10_000])).flops).toBe(2 * 10_000 + 3);
  });

  test('an epilogue counts with its product, whose result it reads from cache', () => {
    const plan = explain((a: Tensor, b: Tensor, c: Tensor) => a.matmul(b).add(c).relu())(
      zeros([4, 8]),
      zeros([8, 4]),
      zeros([4]),
    );
    expect(plan.kernels).toHaveLength(1);
    expect(plan.kernels[0]).toMatchObject({
      ops: ['matmul', 'add', 'relu'],
      flops: 2 * 4 * 8 * 4 + 2 * 16,
      bytesRead: 4 * (32 + 32 + 4),
      bytesWritten: 4 * 16,
    });
  });

  test('gathered rows are read, other rows are not', () => {
    const plan = explain((x: Tensor, rows: Tensor) => x.gather(rows))(zeros([1000, 8]), tensor(new Int32Array(3)));
    expect(only(plan, 'gather')[0]).toMatchObject({ bytesRead: 4 * (3 + 3 * 8), bytesWritten: 4 * 3 * 8, flops: 0 });
  });

  test('rows that are scattered take an operation for each element', () => {
    const rows = tensor(new Int32Array(3));
    const plan = explain((x: Tensor) => gradients(x.gather(rows).sum(), [x])[0])(variable(zeros([10, 8])).add(0));
    expect(only(plan, 'scatter')[0]).toMatchObject({ ops: ['scatterAdd'], flops: 24 });
  });

  test('a normalization of rows is one kernel, which reads and writes every element once', () => {
    const normalizations: readonly ((x: Tensor) => Tensor)[] = [
      (x) => x.softmax(),
      (x) => x.logSoftmax(),
      (x) => x.sub(x.mean(-1, { keepDims: true })).div(x.std(-1, { keepDims: true }).add(1e-5)),
    ];
    for (const normalize of normalizations) {
      const { kernels } = explain(normalize)(zeros([64, 100]));
      expect(kernels).toMatchObject([{ kind: 'rows', shape: [64, 100], bytesWritten: 25_600 }]);
      expect(kernels[0]?.bytesRead).toBeLessThan(25_600 + 100); // and a few numbers
    }
  });
});

describe('the plan', () => {
  const w = variable([[1, 2], [3, 4]], { name: 'w' }); // biome-ignore format: a matrix
  const step = (x: Tensor, rate: number): Tensor => {
    const loss = x.matmul(w).square().mean();
    const [dw] = gradients(loss, [w]);
    w.assignSub(dw!.mul(rate));
    return loss;
  };
  const x = tensor([[1, 2], [3, 4], [5, 6]]); // biome-ignore format: a matrix

  test('of the gradient of a softmax keeps the shares alone', () => {
    const [x, w] = [variable(zeros([500, 100])), zeros([100, 20])];
    const plan = explain(() => gradients(x.softmax().matmul(w).square().sum(), [x]))();
    const rows = only(plan, 'rows');
    // what comes in and the shares; the shares, their gradient and that of what came in
    expect(rows.map(({ bytesRead, bytesWritten }) => [bytesRead, bytesWritten])).toEqual([
      [4 * 50_000, 4 * 50_000],
      [8 * 50_000, 4 * 50_000],
    ]);
  });

  test('of a training step is not run, and changes neither variables, nor memory, nor the cache of plans', () => {
    x.realize();
    explain(step)(x, 0.1);
    const before = memory();
    let calls = 0;
    const counted = (...args: Parameters<typeof step>): Tensor => {
      calls++;
      return step(...args);
    };
    const plan = explain(counted)(x, 0.1);
    expect([calls, memory()]).toEqual([1, before]);
    expect(w.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(plan.bytesIn).toBeGreaterThanOrEqual(4 * (6 + 4));
    expect(plan.bytesOut).toBe(4 * (4 + 1));
  });

  test('is the same for a function, for the compiled function, and in a run', () => {
    const plan = explain(step)(x, 0.1);
    expect(explain(compile(step))(x, 0.1)).toEqual(plan);
    expect(profile(step)(x, 0).kernels).toMatchObject(plan.kernels);
  });

  test('has totals that are sums over kernels, phases in order, and an arena between the bytes alive at once and all bytes', () => {
    const plan = explain(step)(x, 0.1);
    const sum = (of: (kernel: Explanation['kernels'][number]) => number): number =>
      plan.kernels.reduce((total, kernel) => total + of(kernel), 0);
    expect(plan.flops).toBe(sum(({ flops }) => flops));
    expect(plan.bytesRead).toBe(sum(({ bytesRead }) => bytesRead));
    expect(plan.bytesWritten).toBe(sum(({ bytesWritten }) => bytesWritten));
    const phases = plan.kernels.map(({ phase }) => phase);
    expect(phases).toEqual([...phases].sort((a, b) => a - b));
    expect(new Set(phases).size).toBe(plan.phases);
    expect(plan.barriers).toBe(plan.phases - 1);
    expect(plan.arena.bytesAlive).toBeLessThanOrEqual(plan.arena.bytes);
    expect(plan.moduleBytes).toBeGreaterThan(100);
  });

  test('of a function without ops is empty', () => {
    const plan = explain(() => 3)();
    expect(plan).toMatchObject({ kernels: [], phases: 0, barriers: 0, flops: 0 });
    expect(String(plan)).toContain('0 kernels in 0 phases, 0 barriers');
  });

  test('prints as a table of aligned columns, a line a kernel; as JSON it is plain data', () => {
    const plan = explain(step)(x, 0.1);
    const lines = String(plan).split('\n');
    expect(inspect(plan)).toBe(String(plan));
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(lines).toHaveLength(2 + plan.kernels.length + 3);
    const [head = '', rule = ''] = lines;
    expect(head).toMatch(/^phase +kernel +computes +over +tiles +operations +read +written +about µs$/);
    for (const line of lines.slice(0, 2 + plan.kernels.length)) expect(line).toHaveLength(rule.length);
    for (const [i, { ops }] of plan.kernels.entries()) expect(lines[2 + i]).toContain(ops[0] ?? 'copy');
  });

  test('lists the first ops of a long list, and their number', () => {
    const long = explain((t: Tensor) => Array.from({ length: 30 }).reduce((y: Tensor) => y.sqrt().add(1), t))(
      zeros([8]),
    );
    expect(String(long)).toMatch(/ sqrt add sqrt add .* … \(60\) /);
    expect(long.kernels[0]?.ops).toHaveLength(60);
  });

  test('does not exist for a function that reads values', () => {
    expect(() => explain((t: Tensor) => t.add(1).item())(tensor(1))).toThrow('a value is not known while');
  });
});
