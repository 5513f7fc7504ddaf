// Computes a graph in float64, and for every number a bound of the error of float32: Wilkinson's running error analysis
// (Higham, "Accuracy and Stability", 3.3), node by node. So a gradient gets a bound that is computed from its inputs.
// Comparisons and rounding to whole numbers are assumed to be right, so inputs must not be close to the points where
// these functions jump.

import type { StoredValue } from '@treadle/compiler';
import { denseView, type Node } from '@treadle/graph';
import type { Matrix } from './matrices.ts';
import * as matrices from './matrices.ts';
import { gamma, indicesOf, sizeOf, tiny, u } from './reference.ts';
import { type Run, runLoop, type Scope } from './running-loops.ts';
import { windowed } from './running-windows.ts';
import { isRounded, scalars } from './scalars.ts';

/** Values, and for each a bound of the error of float32. */
export interface Bounded {
  readonly values: readonly number[];
  readonly errors: readonly number[];
}

type Scalar = (...x: number[]) => number;

const truth = (holds: boolean): number => (holds ? 1 : 0);

/** Piecewise constant functions: a small change of the inputs does not change the result. */
const decisions: Readonly<Record<string, Scalar>> = {
  equal: (a, b) => truth(a === b),
  notEqual: (a, b) => truth(a !== b),
  less: (a, b) => truth(a! < b!),
  lessEqual: (a, b) => truth(a! <= b!),
  greater: (a, b) => truth(a! > b!),
  greaterEqual: (a, b) => truth(a! >= b!),
  logicalAnd: (a, b) => truth(a !== 0 && b !== 0),
  logicalOr: (a, b) => truth(a !== 0 || b !== 0),
  logicalNot: (a) => truth(a === 0),
  sign: (a) => Math.sign(a!),
  floor: (a) => Math.floor(a!),
  ceil: (a) => Math.ceil(a!),
  round: (a) => Math.round(a!),
};

const smooth: Readonly<Record<string, Scalar>> = {
  ...scalars,
  where: (c, a, b) => (c !== 0 ? a! : b!),
  cast: (a) => a!,
};

/** The values of the roots with error bounds. `given` replaces the values of some sources by exact ones. */
export function computeBounded(
  roots: readonly Node[],
  given: ReadonlyMap<Node, readonly number[]> = new Map(),
): readonly Bounded[] {
  const { value } = scopeOf(new Map([...given].map(([node, values]) => [node, exact(values)])));
  return roots.map(value);
}

/** Computes the values of nodes, of which some are known. */
function scopeOf(known: Map<Node, Bounded>): Scope {
  const runs = new Map<Node, Run>();
  const value = (node: Node): Bounded => {
    const before = known.get(node);
    if (before) return before;
    const made = node.source ? fromSource(node) : computed(node);
    known.set(node, made);
    return made;
  };
  const computed = (node: Node): Bounded =>
    node.op?.kind === 'part' && node.inputs[0]!.op?.kind === 'loop'
      ? run(node.inputs[0]!).part(node.op.part)
      : fromOp(node, node.inputs.map(value));
  const run = (node: Node): Run => {
    const { op } = node;
    if (op?.kind !== 'loop') throw new Error('only loops run');
    const before = runs.get(node) ?? runLoop(op, node.inputs.map(value), scopeOf);
    runs.set(node, before);
    return before;
  };
  return { value, run };
}

function exact(values: readonly number[]): Bounded {
  return { values, errors: values.map(() => 0) };
}

function fromSource({ source, dtype }: Node): Bounded {
  if (source?.kind === 'number' || source?.kind === 'constant') {
    const { value } = source;
    return { values: [value], errors: [dtype === 'float32' ? Math.abs(Math.fround(value) - value) : 0] };
  }
  if (source?.kind !== 'stored') throw new Error(`no bound for a source of kind ${source?.kind}`);
  const values = Array.from((source.storage as StoredValue).read());
  return exact(dtype === 'bool' ? values.map((mask) => truth(mask !== 0)) : values);
}

function fromOp(node: Node, inputs: readonly Bounded[]): Bounded {
  const { op } = node;
  switch (op?.kind) {
    case 'lane':
      return applied(node, inputs);
    case 'move': {
      const { strides, offset } = op.view(denseView(node.inputs[0]!.shape))!;
      const places = indicesOf(node.shape).map((index) => index.reduce((at, k, i) => at + k * strides[i]!, offset));
      return picked(inputs[0]!, places);
    }
    case 'reduce':
      return reduced(op.name, node, inputs[0]!);
    case 'tiled':
      return tiled(op.name, op.key, node, inputs);
    case 'part': {
      const types = resultsOf(node.inputs[0]!);
      const at = op.part.kind === 'result' ? op.part.index : types.length;
      const begin = total(types.slice(0, at).map(({ shape }) => sizeOf(shape)));
      return picked(
        inputs[0]!,
        Array.from({ length: sizeOf(node.shape) }, (_, i) => begin + i),
      );
    }
    default:
      throw new Error('a node must have an op or a source');
  }
}

/** The results of a node: one, or several for an op with several results, whose values follow each other. */
function resultsOf(node: Node): readonly Pick<Node, 'shape' | 'dtype'>[] {
  return (node.op?.kind === 'tiled' ? node.op.results : undefined) ?? [node];
}

function picked({ values, errors }: Bounded, places: readonly number[]): Bounded {
  return { values: places.map((at) => values[at]!), errors: places.map((at) => errors[at]!) };
}

function applied(node: Node, inputs: readonly Bounded[]): Bounded {
  const { name } = node.op!;
  if (name === 'arange') return exact(Array.from({ length: node.shape[0]! }, (_, i) => i));
  const decide = decisions[name];
  const f = decide ?? smooth[name];
  if (!f) throw new Error(`no float64 function for ${name}`);
  const ulps =
    decide || name === 'where' || name === 'cast' || node.dtype !== 'float32' ? 0 : isRounded.has(name) ? 0.5 : 2;
  const values: number[] = [];
  const errors: number[] = [];
  for (const index of indicesOf(node.shape)) {
    const places = node.inputs.map(({ shape }) => {
      const skipped = index.length - shape.length;
      return shape.reduce((at, extent, i) => at * extent + (extent === 1 ? 0 : index[i + skipped]!), 0);
    });
    const x = places.map((at, i) => inputs[i]!.values[at]!);
    const e = places.map((at, i) => inputs[i]!.errors[at]!);
    const y = f(...x);
    const carried = decide ? 0 : largestChange(f, x, e, y);
    values.push(y);
    // a correctly rounded result is exact if float32 can represent it; an ulp is at most 2u times the value, or 2·tiny
    const isExact = carried === 0 && ulps <= 0.5 && Math.fround(y) === y;
    errors.push(isExact ? 0 : carried + ulps * (2 * u * (Math.abs(y) + carried) + 2 * tiny));
  }
  return { values, errors };
}

/**
 * The largest change of f when every input moves to an end of its interval: an exact bound if f is monotone in each
 * input.
 */
function largestChange(f: Scalar, x: readonly number[], e: readonly number[], y: number): number {
  if (e.every((error) => error === 0)) return 0;
  let largest = 0;
  for (let corner = 0; corner < 2 ** x.length; corner++) {
    const moved = x.map((value, i) => (corner & (1 << i) ? value + e[i]! : value - e[i]!));
    largest = Math.max(largest, Math.abs(f(...moved) - y));
  }
  return largest;
}

const total = (x: readonly number[]) => x.reduce((sum, value) => sum + value, 0);

function reduced(name: string, node: Node, rows: Bounded): Bounded {
  const length = sizeOf(node.inputs[0]!.shape.slice(node.shape.length));
  const values: number[] = [];
  const errors: number[] = [];
  for (let row = 0; row < sizeOf(node.shape); row++) {
    const x = rows.values.slice(row * length, (row + 1) * length);
    const e = rows.errors.slice(row * length, (row + 1) * length);
    const sizes = x.map((value, i) => Math.abs(value) + e[i]!);
    const product = (factors: readonly number[]) => factors.reduce((p, value) => p * value, 1);
    if (name === 'sum') {
      values.push(total(x));
      errors.push(total(e) + gamma(length) * total(sizes));
    } else if (name === 'prod') {
      values.push(product(x));
      errors.push(product(sizes) * (1 + gamma(length)) - product(x.map(Math.abs)) + length * tiny);
    } else if (name === 'max' || name === 'min') {
      values.push(Math[name](...x));
      errors.push(Math.max(0, ...e));
    } else if (name === 'any' || name === 'all') {
      values.push(truth(name === 'any' ? x.some((value) => value !== 0) : x.every((value) => value !== 0)));
      errors.push(0);
    } else throw new Error(`no float64 reduction for ${name}`);
  }
  return { values, errors };
}

function tiled(name: string, key: string, node: Node, inputs: readonly Bounded[]): Bounded {
  if (name === 'matmul') return product(node, inputs[0]!, inputs[1]!);
  if (name === 'gather') {
    const [outer, n, inner] = node.inputs[0]!.shape;
    const chosen = inputs[1]!.values;
    return picked(
      inputs[0]!,
      indicesOf([outer!, chosen.length, inner!]).map(([o, i, j]) => (o! * n! + chosen[i!]!) * inner! + j!),
    );
  }
  if (name === 'checkIndices') {
    const n = Number(key.split(' ')[3]);
    return exact(inputs[0]!.values.map(Math.trunc).map((index) => (index < 0 ? index + n : index)));
  }
  if (name === 'scatterAdd') return scattered(key, node, inputs[0]!, inputs[1]!.values);
  if (name === 'embed') return embedded(key, node, inputs[0]!);
  const factorize = factorizations[name];
  if (factorize) return factorized(factorize, node, inputs);
  if (name === 'sort') return ordered(key, node, inputs[0]!);
  if (name === 'cumsum') return accumulated(node, inputs[0]!);
  if (name === 'concat') return joined(Number(key.split(' ')[1]), node, inputs);
  const ofWindows = windowed(name, key, sizeOf(node.shape), inputs);
  if (ofWindows) return ofWindows;
  throw new Error(`no float64 kernel for ${name}`);
}

/**
 * The first k elements of each sorted row, then their positions, which are right if elements differ by more than their
 * errors.
 */
function ordered(key: string, node: Node, rows: Bounded): Bounded {
  const [, k, direction] = key.split(' ');
  const [count, n] = node.inputs[0]!.shape as [number, number];
  const sign = direction === 'descending' ? -1 : 1;
  const positions = Array.from({ length: count }, (_, r) => {
    const row = rows.values.slice(r * n, (r + 1) * n);
    const order = row.map((_, i) => i).sort((i, j) => sign * (row[i]! - row[j]!));
    return order.slice(0, Number(k));
  });
  const elements = picked(
    rows,
    positions.flatMap((row, r) => row.map((i) => r * n + i)),
  );
  const at = exact(positions.flat());
  return { values: [...elements.values, ...at.values], errors: [...elements.errors, ...at.errors] };
}

/** Cumulative sums along the middle axis: the k-th is a sum of k terms. */
function accumulated({ shape }: Node, { values, errors }: Bounded): Bounded {
  const [, n, inner] = shape as [number, number, number];
  const running = (x: readonly number[]): number[] => {
    const sums = x.slice();
    for (let i = 0; i < sums.length; i++) if (Math.floor(i / inner) % n > 0) sums[i]! += sums[i - inner]!;
    return sums;
  };
  const sizes = running(values.map((value, i) => Math.abs(value) + errors[i]!));
  return { values: running(values), errors: running(errors).map((error, i) => error + gamma(n) * sizes[i]!) };
}

/** The results for one matrix of each input. */
type Factorize = (...matrices: readonly Matrix[]) => readonly (readonly number[])[];

/** What the kernels for small matrices compute, for one matrix, in float64. */
const factorizations: Readonly<Record<string, Factorize>> = {
  solve: (a, b) => [matrices.solve(a!, b!).flat()],
  cofactors: (a) => [matrices.cofactors(a!).flat()],
  det: (a) => [[matrices.det(a!)]],
  cholesky: (a) => [matrices.cholesky(a!).flat()],
  qr: (a) => {
    const q = matrices.orthonormal(a!);
    const r = matrices.product(matrices.transposed(q), a!);
    return [q.flat(), r.flatMap((row, i) => row.map((x, j) => (j < i ? 0 : x)))];
  },
  eigh: (a) => {
    const { values, vectors } = matrices.eigen(a!);
    return [values, vectors.flat()];
  },
  svd: (a) => {
    const { left, values, vectors } = matrices.singular(a!);
    return [left.flat(), values, vectors.flat()];
  },
};

/**
 * The error of a result is at most the sum of its changes when each element of the matrices moves by its error. This is
 * exact to first order; a 64th is added for higher orders. The result is rounded once.
 */
function factorized(factorize: Factorize, node: Node, inputs: readonly Bounded[]): Bounded {
  const count = node.inputs[0]!.shape[0]!;
  const results = resultsOf(node).map((): { values: number[]; errors: number[] } => ({ values: [], errors: [] }));
  for (let i = 0; i < count; i++) {
    const sizes = node.inputs.map(({ shape }) => sizeOf(shape) / count);
    const x = inputs.map((input, k) => input.values.slice(i * sizes[k]!, (i + 1) * sizes[k]!));
    const e = inputs.map((input, k) => input.errors.slice(i * sizes[k]!, (i + 1) * sizes[k]!));
    const resultsOfData = (matrixData: readonly (readonly number[])[]): readonly (readonly number[])[] =>
      factorize(...matrixData.map((data, k) => rowsOf(data, node.inputs[k]!.shape.at(-1)!)));
    const y = resultsOfData(x);
    const moved = y.map((result) => result.map(() => 0));
    e.forEach((row, k) => {
      row.forEach((error, j) => {
        if (error === 0) return;
        const ends = [error, -error].map((step) => resultsOfData(x.with(k, x[k]!.with(j, x[k]![j]! + step))));
        y.forEach((result, r) => {
          result.forEach((value, n) => {
            moved[r]![n]! += Math.max(...ends.map((end) => Math.abs(end[r]![n]! - value)));
          });
        });
      });
    });
    y.forEach((result, r) => {
      result.forEach((value, n) => {
        const off = moved[r]![n]! * (1 + 2 ** -6) + 2 ** -40 * (1 + Math.abs(value)); // plus the rounding of float64, amplified
        results[r]!.values.push(value);
        results[r]!.errors.push(off + u * (Math.abs(value) + off) + tiny);
      });
    });
  }
  return {
    values: results.flatMap(({ values }) => values),
    errors: results.flatMap(({ errors }) => errors),
  };
}

function rowsOf(data: readonly number[], columns: number): Matrix {
  return Array.from({ length: data.length / columns }, (_, i) => data.slice(i * columns, (i + 1) * columns));
}

function product(node: Node, a: Bounded, b: Bounded): Bounded {
  const [m, n] = node.shape.slice(-2) as [number, number];
  const k = node.inputs[0]!.shape.at(-1)!;
  const values: number[] = [];
  const errors: number[] = [];
  for (let at = 0; at < sizeOf(node.shape); at++) {
    const [batch, row, column] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
    let [sum, error, size] = [0, 0, 0];
    for (let i = 0; i < k; i++) {
      const [p, q] = [(batch * m + row) * k + i, (batch * k + i) * n + column];
      const [x, y, ex, ey] = [a.values[p]!, b.values[q]!, a.errors[p]!, b.errors[q]!];
      sum += x * y;
      error += Math.abs(x) * ey + Math.abs(y) * ex + ex * ey;
      size += (Math.abs(x) + ex) * (Math.abs(y) + ey);
    }
    values.push(sum);
    errors.push(error + gamma(k) * size + k * tiny);
  }
  return { values, errors };
}

/** `scatterAdd n;shape`: the node has its final shape, the updates are [outer, i, inner] */
function scattered(key: string, node: Node, updates: Bounded, rows: readonly number[]): Bounded {
  const n = Number(key.split(' ')[1]!.split(';')[0]);
  const inner = node.inputs[0]!.shape.at(-1)!;
  const values = new Array<number>(sizeOf(node.shape)).fill(0);
  const [errors, sizes] = [values.slice(), values.slice()];
  updates.values.forEach((value, at) => {
    const [outer, i, j] = [Math.floor(at / (rows.length * inner)), Math.floor(at / inner) % rows.length, at % inner];
    const to = (outer * n + rows[i]!) * inner + j;
    values[to]! += value;
    errors[to]! += updates.errors[at]!;
    sizes[to]! += Math.abs(value) + updates.errors[at]!;
  });
  return { values, errors: errors.map((error, i) => error + gamma(rows.length) * sizes[i]!) };
}

/** `embed shape;begin;strides;value` */
function embedded(key: string, node: Node, part: Bounded): Bounded {
  const [, begin, strides, value] = key.split(';').map((list) => list.split(',').map(Number));
  const values = new Array<number>(sizeOf(node.shape)).fill(value![0]!);
  const errors = new Array<number>(values.length).fill(0);
  indicesOf(node.inputs[0]!.shape).forEach((index, at) => {
    const to = index.reduce((place, k, i) => place * node.shape[i]! + begin![i]! + k * strides![i]!, 0);
    values[to] = part.values[at]!;
    errors[to] = part.errors[at]!;
  });
  return { values, errors };
}

function joined(axis: number, node: Node, inputs: readonly Bounded[]): Bounded {
  const places = node.inputs.flatMap(({ shape }, input) =>
    Array.from({ length: shape[axis]! }, (_, k) => [input, k] as const),
  );
  const [values, errors]: [number[], number[]] = [[], []];
  for (const index of indicesOf(node.shape)) {
    const [input, k] = places[index[axis]!]!;
    const { shape } = node.inputs[input]!;
    const at = index.with(axis, k).reduce((place, j, i) => place * shape[i]! + j, 0);
    values.push(inputs[input]!.values[at]!);
    errors.push(inputs[input]!.errors[at]!);
  }
  return { values, errors };
}
