// The laws of ops of several results: one run of their kernel gives all that are asked for, in the gradient too; reading one
// keeps the others from being computed again; and whatever is asked for, and wherever the op stands, the bits are the same.

import type { Node } from '@treadle/graph';
import { team } from '@treadle/runtime';
import {
  checkpoint,
  compile,
  type Explanation,
  eigh,
  explain,
  gradients,
  memory,
  qr,
  scan,
  setThreads,
  shutdown,
  stack,
  svd,
  type Tensor,
  tensor,
  variable,
  zeros,
} from '@treadle/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { difference, noise } from '../support/bits.ts';
import { type Shape, sizeOf } from '../support/reference.ts';

team.isAlwaysShared = true;
afterAll(shutdown);

interface Several {
  /** what explain calls its kernel */
  readonly kind: string;
  readonly shape: Shape;
  readonly apply: (x: Tensor) => readonly Tensor[];
}

const several: Readonly<Record<string, Several>> = {
  eigh: { kind: 'eigen', shape: [2, 5, 5], apply: (x) => Object.values(eigh(x)) },
  qr: { kind: 'orthonormalize', shape: [2, 6, 4], apply: (x) => Object.values(qr(x)) },
  svd: { kind: 'singular', shape: [2, 6, 4], apply: (x) => Object.values(svd(x)) },
  'svd of a wide matrix': { kind: 'singular', shape: [3, 5], apply: (x) => Object.values(svd(x)) },
  topK: { kind: 'sort', shape: [7, 20], apply: (x) => Object.values(x.topK(3)) },
  'topK along another axis': { kind: 'sort', shape: [5, 20, 3], apply: (x) => Object.values(x.topK(4, 1)) },
  'sort and argsort': { kind: 'sort', shape: [3, 9], apply: (x) => [x.sort(), x.argsort()] },
};

const filled = (shape: Shape, seed: number): Tensor => tensor(noise(sizeOf(shape), seed), { shape });

/** A number that depends on every float among the results. */
const loss = (results: readonly Tensor[]): Tensor =>
  results
    .filter(({ dtype }) => dtype === 'float32')
    .map((y, i) => y.mul(filled(y.shape, 50 + i)).sum())
    .reduce((a, b) => a.add(b));

const runs = ({ kernels }: Explanation, kind: string): number =>
  kernels.reduce((sum, kernel) => sum + (kernel.kind === kind ? kernel.times : 0), 0);

/** What a result only moves. */
const behindMoves = (node: Node): Node => (node.op?.kind === 'move' ? behindMoves(node.inputs[0]!) : node);

/** Some of a list, in their order. */
const some = <T>(all: readonly T[], which: number): readonly T[] => all.filter((_, i) => (which >> i) & 1);

describe.each(Object.entries(several))('%s', (_, { kind, shape, apply }) => {
  const count = apply(filled(shape, 1)).length;
  const which = fc.integer({ min: 1, max: 2 ** count - 1 });

  test('runs its kernel once for any of its results, and writes those alone', () => {
    const bytes = (which: number): number => {
      const plan = explain((x: Tensor) => some(apply(x), which))(zeros(shape));
      expect(runs(plan, kind)).toBe(1);
      return plan.kernels.find((kernel) => kernel.kind === kind)!.bytesWritten;
    };
    for (let which = 1; which < 2 ** count; which++) {
      const expected = some(apply(zeros(shape)), which).reduce((sum, y) => sum + 4 * sizeOf(y.shape), 0);
      expect(bytes(which)).toBe(expected);
    }
  });

  test('runs it once for results and gradients, of the first order and of the second', () => {
    const first = (x: Tensor): readonly Tensor[] => {
      const results = apply(x);
      return [...results, ...gradients(loss(results), [x])];
    };
    const second = (x: Tensor): readonly Tensor[] => {
      const [dx] = gradients(loss(apply(x)), [x]);
      return [dx!, ...gradients(dx!.square().sum(), [x])];
    };
    expect(runs(explain(first)(zeros(shape)), kind)).toBe(1);
    expect(runs(explain(second)(zeros(shape)), kind)).toBe(1);
  });

  test('has the same gradient inside checkpoint, which runs the kernel once more', () => {
    const through = (f: (x: Tensor) => Tensor) => (x: Tensor) => gradients(f(x.mul(2)), [x])[0]!;
    const plain = through((x) => loss(apply(x.tanh())));
    const saved = through(checkpoint((x: Tensor) => loss(apply(x.tanh()))));
    const x = filled(shape, 8);
    expect(difference(compile(saved)(x), compile(plain)(x))).toBeUndefined();
    expect(runs(explain(saved)(x), kind)).toBeLessThanOrEqual(1);
    const both = (t: Tensor) => {
      const y = checkpoint((z: Tensor) => loss(apply(z.tanh())))(t);
      return [y, ...gradients(y, [t])];
    };
    expect(runs(explain(both)(x), kind)).toBe(2);
  });

  test('gives the same bits whatever is asked for, also twice, on any number of threads', () => {
    fc.assert(
      fc.property(which, which, fc.integer({ min: 1, max: 3 }), fc.nat(9), (one, other, threads, seed) => {
        setThreads(threads);
        const x = filled(shape, seed);
        const alone = apply(x).map((_, i) => apply(x)[i]!);
        const f = compile((t: Tensor) => [some(apply(t), one), some(apply(t), other)] as const);
        f(x).forEach((found, k) => {
          const expected = some(alone, [one, other][k]!);
          found.forEach((y, i) => {
            expect(difference(y, expected[i]!)).toBeUndefined();
          });
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('reading one result', () => {
  const readers: readonly (readonly [string, (x: Tensor) => unknown])[] = [
    ['at once', (x) => x.data()],
    ['with the event loop free', (x) => x.read()],
  ];

  test.each(readers)('keeps the others from being computed again: %s', async (_, read) => {
    for (const isVariable of [false, true]) {
      const x = filled([17, 17], 3);
      const alone = eigh(x).eigenvectors.data();
      const { eigenvalues, eigenvectors } = eigh(isVariable ? variable(x) : x);
      expect(eigenvectors.node.source).toBeUndefined();
      await read(eigenvalues);
      expect(eigenvectors.node.source?.kind).toBe('stored');
      expect(eigenvectors.data()).toEqual(alone);
    }
  });

  test.each(Object.entries(several).filter(([name]) => name !== 'sort and argsort'))(
    'keeps the others from being computed again where they are moved: %s',
    (_, { shape, apply }) => {
      const x = filled(shape, 6);
      const alone = apply(x).map((y) => y.add(0).data());
      alone.forEach((_, read) => {
        const results = apply(x);
        const computed = results.map(({ node }) => behindMoves(node));
        results[read]!.data();
        computed.forEach((node, i) => {
          if (i !== read) expect(node.source?.kind, `result ${i} when ${read} is read`).toBe('stored');
        });
        results.forEach((y, i) => {
          expect(y.data()).toEqual(alone[i]);
        });
      });
    },
  );

  test('keeps a loop from running again for the others', () => {
    const step = (c: Tensor, x: Tensor) => [c.mul(0.5).add(x), c.sum()] as const;
    const run = () => scan(step, zeros([3, 3]), filled([6, 3, 3], 5));
    const alone = run()[1].data();
    const [carry, sums] = run();
    carry.data();
    expect(sums.node.source?.kind).toBe('stored');
    expect(sums.data()).toEqual(alone);
  });

  test('leaves out those that nothing needs', () => {
    const x = filled([4, 8], 1).realize();
    const { values, indices } = x.topK(2);
    const { node } = indices;
    indices.dispose();
    values.data();
    expect(node.source).toBeUndefined();
  });

  test('leaves the gradients of the others as they are', () => {
    const x = filled([6, 6], 2);
    const dx = (isRead: boolean): Tensor => {
      const { eigenvalues, eigenvectors } = eigh(x);
      if (isRead) eigenvalues.data();
      const [d] = gradients(loss([eigenvectors]), [x]);
      return gradients(d!.square().sum(), [x])[0]!;
    };
    expect(difference(dx(true), dx(false))).toBeUndefined();
  });

  test('leaves the others their values when it is disposed of', () => {
    const v = variable(filled([6, 6], 2));
    const { eigenvalues, eigenvectors } = eigh(v);
    const expected = gradients(loss([eigenvectors]), [v])[0]!.data();
    eigenvalues.data();
    eigenvalues.dispose();
    expect(gradients(loss([eigenvectors]), [v])[0]!.data()).toEqual(expected);
  });

  test('frees what it was computed from when all are read and disposed of', () => {
    const before = memory().tensors;
    const x = filled([64, 64], 4);
    const { eigenvalues, eigenvectors } = eigh(x);
    eigenvalues.data();
    eigenvectors.data();
    for (const t of [x, eigenvalues, eigenvectors]) t.dispose();
    expect(memory().tensors).toBe(before);
  });
});

describe('in the body of scan', () => {
  type Step = (carry: Tensor, x: Tensor) => readonly [Tensor, readonly Tensor[]];

  const bodies: Readonly<Record<string, Step>> = {
    'all results are asked for': (c, x) => {
      const { eigenvalues, eigenvectors } = eigh(c.add(x));
      return [eigenvectors.mul(0.5).add(eigenvalues), [eigenvalues, eigenvectors]];
    },
    // the gradient asks for the vectors of every step
    'values alone are asked for': (c, x) => [c.mul(0.5).add(eigh(c.add(x)).eigenvalues), [c]],
    'positions alone are left to the gradient': (c, x) => [c.sort().add(x), [c.topK(2).values]],
    'results are carried': (c, x) => [qr(c.add(x)).r, [qr(c.add(x)).q, svd(x.sub(c)).s]],
  };
  const n = 4;

  const unrolled = (f: Step, init: Tensor, xs: Tensor): readonly Tensor[] => {
    let carry = init;
    const ys: (readonly Tensor[])[] = [];
    for (let i = 0; i < xs.shape[0]!; i++) {
      const [next, y] = f(carry, xs.slice([i], [i + 1]).reshape([n, n]));
      carry = next;
      ys.push(y);
    }
    return [carry, ...ys[0]!.map((_, k) => stack(ys.map((y) => y[k]!)))];
  };
  const scanned = (f: Step, init: Tensor, xs: Tensor): readonly Tensor[] => {
    const [carry, ys] = scan<Tensor, Tensor, readonly Tensor[]>(f, init, xs);
    return [carry, ...ys];
  };

  test.each(Object.entries(bodies))('results and gradients are those of the loop in plain TypeScript: %s', (_, f) => {
    const length = 5;
    const [init, xs] = [variable(filled([n, n], 1)), variable(filled([length, n, n], 2))];
    for (const isCompiled of [false, true]) {
      const all = (how: typeof scanned) => (): readonly Tensor[] => {
        const results = how(f, init, xs);
        return [...results, ...gradients(loss(results), [init, xs])];
      };
      const [found, expected] = [scanned, unrolled].map((how) => (isCompiled ? compile(all(how))() : all(how)()));
      expect(found!.length).toBe(expected!.length);
      found!.forEach((t, i) => {
        expect(difference(t.add(0), expected![i]!.add(0)), `result ${i}`).toBeUndefined();
      });
    }
  });

  test('its kernel runs once for each step, and the gradient runs it no more', () => {
    const f = (init: Tensor, xs: Tensor): readonly Tensor[] => {
      const results = scanned(bodies['values alone are asked for']!, init, xs);
      return [...results, ...gradients(loss(results), [init, xs])];
    };
    expect(runs(explain(f)(zeros([n, n]), zeros([7, n, n])), 'eigen')).toBe(7);
  });
});

test('topK of any number of rows runs the plan that was made for the most, with the same bits', () => {
  const f = (x: Tensor) => Object.values(x.mul(2).topK(3));
  const shared = compile(f, { capacity: (rows) => rows });
  const sizes = [40, 7, 33, 1];
  shared(filled([sizes[0]!, 12], 0));
  for (const rows of sizes) {
    const x = filled([rows, 12], rows);
    const { plans } = memory();
    const found = shared(x);
    expect(memory().plans).toBe(plans);
    const expected = compile(f)(x);
    found.forEach((y, i) => {
      expect(difference(y, expected[i]!)).toBeUndefined();
    });
  }
});
