// Random programs on tensors: sequences of ops, views, assignments and reads of variables. The operands of an
// instruction are results of earlier ones. An instruction consists of numbers that are valid in every state, so a
// program can be drawn, shrunk by fast-check and run repeatedly with the same result.

import { concat, gradients, matmul, stack, svd, Tensor, type Variable, where } from '@treadle/tensor';
import fc from 'fast-check';
import { broadcast, type Shape, sizeOf } from './reference.ts';

/** An op, its two operands, counted back from the last result, and numbers from which its attributes are made. */
export interface Instruction {
  readonly op: string;
  readonly first: number;
  readonly second: number;
  readonly numbers: readonly number[];
}

export interface Machine {
  /** all results so far */
  readonly values: Tensor[];
  readonly variables: readonly Variable[];
  /** called with every new result */
  readonly made: (value: Tensor) => void;
}

/** the largest number of elements of a result */
const maxSize = 20_000;

/** Computes the result of an instruction; undefined if the op does not apply to the operands. */
type Operation = (x: Tensor, y: Tensor, n: readonly number[], machine: Machine) => Tensor | undefined;

const canBroadcast = (a: Shape, b: Shape): boolean => {
  const shape = broadcast(a, b);
  const fits = (from: Shape) =>
    from.every((extent, i) => extent === 1 || extent === shape[i + shape.length - from.length]);
  return fits(a) && fits(b) && sizeOf(shape) <= maxSize;
};

/** y if it broadcasts with x, otherwise a sum of y that does. */
function fitting(x: Tensor, y: Tensor): Tensor {
  if (canBroadcast(x.shape, y.shape)) return y;
  const row =
    y.rank > 0 && x.rank > 0 && y.shape.at(-1) === x.shape.at(-1)
      ? y.sum(Array.from({ length: y.rank - 1 }, (_, i) => i))
      : y.sum();
  return canBroadcast(x.shape, row.shape) ? row : y.sum();
}

const binary =
  (f: (x: Tensor, y: Tensor) => Tensor): Operation =>
  (x, y) =>
    f(x, fitting(x, y));
const axisOf = (x: Tensor, n: number): number => n % Math.max(1, x.rank);
const axesOf = (x: Tensor, n: number): number[] => x.shape.flatMap((_, i) => (n & (1 << i) ? [i] : []));

function reshaped(x: Tensor, n: readonly number[]): Tensor {
  const [size, k] = [x.size, n[0]!];
  if (size === 0) return x;
  const divisors = Array.from({ length: Math.min(64, size) }, (_, i) => i + 1).filter((d) => size % d === 0);
  const d = divisors[k % divisors.length]!;
  const shapes = [[size], [d, size / d], [size / d, d], [1, d, size / d], [d, 1, -1]];
  return x.reshape(shapes[n[1]! % shapes.length]!);
}

function sliced(x: Tensor, n: readonly number[]): Tensor {
  const begin = x.shape.map((extent, i) => (n[i % n.length]! >> i) % (extent + 1));
  const end = x.shape.map((extent, i) => extent - ((n[(i + 1) % n.length]! >> i) % 3 === 0 ? 1 : 0));
  return x.slice(
    begin.map((from, i) => Math.min(from, 2, Math.max(0, end[i]! - 1))),
    end,
    x.shape.map((_, i) => 1 + ((n[2]! >> i) % 3 === 0 ? 1 : 0)),
  );
}

function product(x: Tensor, y: Tensor): Tensor | undefined {
  if (x.rank === 0 || y.rank === 0 || sizeOf(x.shape.slice(0, -1)) * sizeOf(y.shape.slice(-1)) > maxSize)
    return undefined;
  if (x.shape.at(-1) === y.shape.at(y.rank === 1 ? 0 : -2) && y.rank <= 2) return matmul(x, y);
  if (x.shape.at(-1) === y.shape.at(-1) && y.rank === 2) return matmul(x, y, { transposeB: true });
  if (x.rank >= 2 && x.size <= 4000) return matmul(x, x, { transposeB: true }).mul(0.01);
  return undefined;
}

function gathered(x: Tensor, y: Tensor, n: readonly number[]): Tensor | undefined {
  const axis = axisOf(x, n[0]!);
  const extent = x.shape[axis];
  if (!extent || y.size > 50 || x.size * y.size > maxSize) return undefined;
  return x.gather(y.cast('float32').abs().clip(0, 9).cast('int32').mod(extent), axis);
}

/** Assigns a value of the right shape to a variable. */
function assign(
  x: Tensor,
  n: readonly number[],
  { variables }: Machine,
  how: 'assign' | 'assignAdd' | 'assignSub',
): undefined {
  const fits = variables.filter(({ shape }) => `${shape}` === `${x.shape}`);
  const target = (fits.length > 0 ? fits : variables)[n[0]! % (fits.length || variables.length)];
  if (!target) return;
  const value = fits.length > 0 ? x.cast('float32') : x.cast('float32').sum().mul(0.125).broadcastTo(target.shape);
  target[how](how === 'assign' ? value : value.mul(0.5));
}

/** Adds another result of an instruction. */
function also({ values, made }: Machine, value: Tensor): void {
  made(value);
  values.push(value);
}

const operations: Readonly<Record<string, Operation>> = {
  add: binary((x, y) => x.add(y)),
  sub: binary((x, y) => x.sub(y)),
  mul: binary((x, y) => x.mul(y)),
  div: binary((x, y) => x.div(y.cast('float32').abs().add(1))),
  maximum: binary((x, y) => x.maximum(y)),
  less: binary((x, y) => x.less(y)),
  equal: binary((x, y) => x.equal(y.mul(1))),
  where: (x, y) => where(x.cast('float32').greater(0.25), x, fitting(x, y)),
  scale: (x, _, n) => x.mul((n[0]! % 9) - 4),
  relu: (x) => x.relu(),
  tanh: (x) => x.tanh(),
  exp: (x) => x.cast('float32').minimum(4).exp(),
  sigmoid: (x) => x.sigmoid(),
  square: (x) => x.tanh().square(),
  sin: (x) => x.sin(),
  toInt: (x) => x.cast('float32').mul(3).cast('int32'),
  toBool: (x) => x.cast('bool'),
  toByte: (x) => x.cast('float32').mul(20).cast('uint8'),
  toHalf: (x) => x.cast('float16'),
  detach: (x) => x.detach(),
  transpose: (x) => x.transpose(),
  rotate: (x, _, n) => x.transpose(x.shape.map((_, i) => (i + n[0]!) % x.rank)),
  reshape: (x, _, n) => reshaped(x, n),
  slice: (x, _, n) => sliced(x, n),
  flip: (x, _, n) => x.flip(axesOf(x, n[0]!)),
  expand: (x, _, n) => (x.rank < 4 ? x.expandDims(n[0]! % (x.rank + 1)) : undefined),
  squeeze: (x) => x.squeeze(),
  broadcast: (x, _, n) =>
    x.size * 3 <= maxSize && x.rank < 4 ? x.broadcastTo([1 + (n[0]! % 3), ...x.shape]) : undefined,
  tile: (x, _, n) => (x.size * 4 <= maxSize ? x.tile(x.shape.map((_, i) => 1 + ((n[0]! >> i) % 2))) : undefined),
  pad: (x, _, n) =>
    x.size <= 2000
      ? x.pad(
          x.shape.map((_, i) => [(n[0]! >> i) % 2, (n[1]! >> i) % 2]),
          n[2]! % 2,
        )
      : undefined,
  concat: (x, y, n) =>
    x.rank > 0 && 2 * x.size <= maxSize
      ? concat([x, `${y.shape}` === `${x.shape}` ? y : x.cast('float32').neg()], axisOf(x, n[0]!))
      : undefined,
  stack: (x, y) =>
    x.rank < 4 && 2 * x.size <= maxSize ? stack([`${y.shape}` === `${x.shape}` ? y : x, x]) : undefined,
  sum: (x, _, n) => x.sum(axesOf(x, n[0]!)),
  sumKept: (x, _, n) => x.sum(axesOf(x, n[0]!), { keepDims: true }),
  mean: (x, _, n) => (x.size > 0 ? x.mean(axesOf(x, n[0]!)) : undefined),
  max: (x, _, n) => (x.size > 0 ? x.max(axesOf(x, n[0]!), { keepDims: n[1]! % 2 === 0 }) : undefined),
  argmax: (x, _, n) => (x.size > 0 && x.rank > 0 ? x.argmax(axisOf(x, n[0]!)) : undefined),
  any: (x, _, n) => x.any(axesOf(x, n[0]!)),
  softmax: (x, _, n) => (x.size > 0 && x.rank > 0 ? x.softmax(axisOf(x, n[0]!)) : undefined),
  matmul: (x, y) => product(x, y),
  dense: (x, y) => {
    const z = product(x, y);
    return z?.add(z.rank > 0 ? z.sum(Array.from({ length: z.rank - 1 }, (_, i) => i)) : z).relu();
  },
  gather: (x, y, n) => gathered(x, y, n),
  topK: (x, _, n, machine) => {
    if (x.rank === 0 || x.size === 0 || x.dtype === 'bool') return undefined;
    const axis = axisOf(x, n[0]!);
    const { values, indices } = x.topK(1 + (n[1]! % x.shape[axis]!), axis);
    if (n[2]! % 2 === 0) also(machine, indices);
    return values;
  },
  svd: (x, _, n, machine) => {
    if (x.rank < 2 || x.size === 0 || x.size > 300) return undefined;
    const { u, s, vh } = svd(x.tanh());
    for (const [i, y] of [u, s].entries()) if ((n[0]! >> i) % 2 === 0) also(machine, y);
    return vh;
  },
  gradient: (x, _, n, { variables }) => {
    const found = variables[n[0]! % Math.max(1, variables.length)];
    return found && gradients(x.tanh().sum(), [found])[0];
  },
  assign: (x, _, n, machine) => assign(x, n, machine, 'assign'),
  assignAdd: (x, _, n, machine) => assign(x, n, machine, 'assignAdd'),
  assignSub: (x, _, n, machine) => assign(x, n, machine, 'assignSub'),
  read: (_, __, n, { variables }) => {
    const found = variables[n[0]! % Math.max(1, variables.length)];
    return found && new Tensor(found.node);
  },
  swap: (_, __, n, { variables }) => {
    const [a, b] = [variables[n[0]! % Math.max(1, variables.length)], variables[n[1]! % Math.max(1, variables.length)]];
    if (!a || !b || `${a.shape}` !== `${b.shape}`) return undefined;
    a.assign(b);
    b.assign(a);
    return undefined;
  },
  exchange: (_, __, n, { variables }) => {
    const [a, b] = [variables[n[0]! % Math.max(1, variables.length)], variables[n[1]! % Math.max(1, variables.length)]];
    if (!a || !b || `${a.shape}` !== `${b.shape}`) return undefined;
    const before = new Tensor(a.node);
    a.assign(b);
    b.assign(before);
    return before;
  },
  assignTransposed: (_, __, n, { variables }) => {
    const square = variables.filter(({ shape }) => shape.length === 2 && shape[0] === shape[1]);
    const found = square[n[0]! % Math.max(1, square.length)];
    found?.assign(found.transpose());
    return undefined;
  },
};

export const instructions: fc.Arbitrary<Instruction[]> = fc.array(
  fc.record({
    op: fc.constantFrom(...Object.keys(operations)),
    first: fc.oneof(fc.constant(0), fc.nat({ max: 5 })),
    second: fc.nat({ max: 7 }),
    numbers: fc.array(fc.nat({ max: 1023 }), { minLength: 3, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 22 },
);

/** Runs a program. Skips instructions that do not apply to their operands. */
export function execute(program: readonly Instruction[], machine: Machine): void {
  const { values } = machine;
  for (const { op, first, second, numbers } of program) {
    const pick = (back: number): Tensor => values[values.length - 1 - (back % values.length)]!;
    const value = operations[op]!(pick(first), pick(second), numbers, machine);
    if (value) also(machine, value);
  }
}
