// matmul: the matrix product, over leading batch axes. Transposed operands are moves, which cost nothing: the kernel reads them through
// strides when it packs them.

import { matmul as matmulKernels } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import { type OptionKinds, readOptions } from '../../calls/options.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, TiledOp } from '../../node.ts';
import { broadcastShapes, showShape, sizeOf } from '../../shape.ts';
import { cast } from '../elementwise/cast.ts';
import { reshape } from '../moves/reshape.ts';
import { transpose } from '../moves/transpose.ts';
import { broadcastTo } from '../reduce/sum-and-broadcast.ts';

const product: TiledOp = {
  kind: 'tiled',
  name: 'matmul',
  key: 'matmul',
  takesEpilogue: true,
  kernels: ({ inputs: [a, b], output, level, allocate, epilogue, combined, present }) => {
    if (!a || !b) throw new Error('internal: matmul needs two inputs');
    return matmulKernels({ a, b, out: output, level, allocate, epilogue, depth: combined, present });
  },
  dynamicAxis: (input, axis, shape) => (axis === shape.length - (input === 0 ? 1 : 2) ? 'combined' : axis),
  // Σₜ Aₜ·Bₜ is one product: the Aₜ side by side, times the Bₜ one below the other
  sumOfBatch: ([a, b]) => {
    if (!a || !b) throw new Error('internal: matmul needs two inputs');
    const rank = a.shape.length;
    const [steps = 1, ...rest] = a.shape;
    const [m = 1, k = 1] = rest.slice(-2);
    const inner = Array.from({ length: rank - 3 }, (_, i) => i + 1);
    const left = transpose(a, [...inner, rank - 2, 0, rank - 1]);
    const right = transpose(b, [...inner, 0, rank - 2, rank - 1]);
    const batch = rest.slice(0, -2);
    return multiply(
      reshape(left, [...batch, m, steps * k]),
      reshape(right, [...batch, steps * k, b.shape.at(-1) ?? 1]),
    );
  },
  gradient: gradientOf({}),
};

/**
 * C = A·B: dA = dC·Bᵀ, dB = Aᵀ·dC. For an operand that is read transposed, the transposed gradient is computed, so that it has the
 * operand's order in memory; the sums and their order are the same.
 */
function gradientOf({ transposeA = false, transposeB = false }: MatmulOptions): TiledOp['gradient'] {
  return (dy, _, [a, b]) => {
    if (!a || !b) return [];
    const da = transposeA ? swap(multiply(b, swap(dy))) : multiply(dy, swap(b));
    const db = transposeB ? swap(multiply(swap(dy), a)) : multiply(swap(a), dy);
    return [da, db];
  };
}

/** x with its last two axes swapped. */
function swap(x: Node): Node {
  const rank = x.shape.length;
  return transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
}

/** a [batch…, m, k] · b [batch…, k, n], batch axes equal. */
function multiply(a: Node, b: Node, op: TiledOp = product): Node {
  return applyOp(op, [a, b], [...a.shape.slice(0, -1), b.shape.at(-1) ?? 1], 'float32');
}

/** Which operands of a product are given transposed. */
export interface MatmulOptions {
  /** whether a is given as [..., k, m]; false by default */
  readonly transposeA?: boolean;
  /** whether b is given as [..., n, k]; false by default */
  readonly transposeB?: boolean;
}

const matmulOptions: OptionKinds<MatmulOptions> = { transposeA: 'boolean', transposeB: 'boolean' };

/**
 * a [..., m, k] × b [..., k, n] → [..., m, n], float32; leading axes broadcast. A vector a [k] counts as [1, k], a vector
 * b [k] as [k, 1], and that axis is dropped from the result. Throws ShapeError when the inner sizes differ.
 */
export function matmul(a: Node, b: Node, options: MatmulOptions = {}): Node {
  const { transposeA = false, transposeB = false } = readOptions('matmul', options, matmulOptions);
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw new ShapeError(
      `matmul: operands must have one axis or more; got ${showShape(a.shape)} × ${showShape(b.shape)}`,
    );
  }
  const refusal = (rule: string): ShapeError => {
    const note = `${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`;
    return new ShapeError(`matmul: ${rule}; got ${showShape(a.shape)} × ${showShape(b.shape)}${note}`);
  };
  const left = matrix(a, 0, transposeA);
  const right = matrix(b, 1, transposeB);
  if (left.shape.at(-1) !== right.shape.at(-2)) {
    throw refusal('inner sizes must match');
  }
  const op = transposeA || transposeB ? { ...product, gradient: gradientOf({ transposeA, transposeB }) } : product;
  const tall = tallProduct(left, right, op);
  const y = tall ?? multiplyBatches(left, right, op, () => refusal('batch axes must be equal or 1, from the end'));
  const drop = [a.shape.length === 1 ? y.shape.length - 2 : -1, b.shape.length === 1 ? y.shape.length - 1 : -1];
  return reshape(
    y,
    y.shape.filter((_, i) => !drop.includes(i)),
  );
}

function matrix(x: Node, newAxis: 0 | 1, transposed: boolean): Node {
  const node = cast(x, 'float32');
  if (node.shape.length > 1) return transposed ? swap(node) : node;
  return reshape(node, newAxis === 0 ? [1, ...node.shape] : [...node.shape, 1]);
}

/** A batch of a times one matrix b is one tall product: [..., m, k] · [k, n] as [… · m, k] · [k, n]. */
function tallProduct(a: Node, b: Node, op: TiledOp): Node | undefined {
  if (a.shape.length <= 2 || b.shape.length !== 2) return undefined;
  const rows = reshape(a, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1) ?? 1]);
  return reshape(multiply(rows, b, op), [...a.shape.slice(0, -1), b.shape[1] ?? 1]);
}

function multiplyBatches(a: Node, b: Node, op: TiledOp, refusal: () => ShapeError): Node {
  const batch = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2), refusal);
  const toBatch = (x: Node): Node => broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return multiply(toBatch(a), toBatch(b), op);
}
