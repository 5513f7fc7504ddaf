// What ops on stacks of small matrices share: [..., m, n] as [count, m, n], the checks of shapes, and an op around a kernel that
// computes one matrix after the other.

import type { Kernel, Operand, View } from '@treadle/kernels';
import { ShapeError } from '../../calls/errors.ts';
import { applyOp } from '../../make-node.ts';
import type { Node, TiledOp } from '../../node.ts';
import { resultNodes } from '../../results.ts';
import { denseView, type Shape, showShape, sizeOf } from '../../shape.ts';
import { cast } from '../elementwise/cast.ts';
import { reshape } from '../moves/reshape.ts';
import { transpose } from '../moves/transpose.ts';

/** A stack of matrices. */
export interface Stack {
  /** [count, m, n], float32 */
  readonly matrices: Node;
  readonly outer: Shape;
  readonly m: number;
  readonly n: number;
  /** [count, …] → [..., …] */
  back(matrices: Node): Node;
}

/** x [..., m, n] as float32. Throws ShapeError for fewer axes than two. */
export function stackOf(name: string, x: Node): Stack {
  if (x.shape.length < 2) {
    throw new ShapeError(`${name}: a must have two axes or more, [..., rows, columns]; got ${showShape(x.shape)}`);
  }
  const outer = x.shape.slice(0, -2);
  const [m = 1, n = 1] = x.shape.slice(-2);
  return {
    matrices: reshape(cast(x, 'float32'), [sizeOf(outer), m, n]),
    outer,
    m,
    n,
    back: (matrices) => reshape(matrices, [...outer, ...matrices.shape.slice(1)]),
  };
}

/** x [..., n, n] as float32. Throws ShapeError unless the matrices are square. */
export function squareStackOf(name: string, x: Node): Stack {
  const stack = stackOf(name, x);
  if (stack.m === stack.n) return stack;
  throw new ShapeError(`${name}: a must be square, [..., n, n]; got ${showShape(x.shape)}`);
}

/** [count, m, n] → [count, n, m] */
export function transposed(x: Node): Node {
  return transpose(x, [0, 2, 1]);
}

export interface MatrixOp {
  readonly name: string;
  readonly inputs: readonly Node[];
  /** shape of the result: [count, m, n] */
  readonly shape: Shape;
  kernel(sources: readonly Operand[], store: Operand, title: string): Kernel;
  gradient: TiledOp['gradient'];
}

/** The node of an op whose kernel reads and writes stacks of matrices. */
export function matrixNode({ name, inputs, shape, kernel, gradient }: MatrixOp): Node {
  const op: TiledOp = {
    kind: 'tiled',
    name,
    key: name,
    kernels: ({ inputs: sources, output }) => [
      kernel(sources, { slot: output, view: denseView(shape) }, `${name} ${shape.join('×')}`),
    ],
    gradient,
  };
  return applyOp(op, inputs, shape, 'float32');
}

/** One of several results: its kernel writes matrices [count, rows, columns]. */
export interface MatrixResult {
  readonly rows: number;
  readonly columns: number;
  /** shape of the node; it has the same elements in the same order */
  readonly shape: Shape;
}

export interface MatrixResultsOp {
  readonly name: string;
  /** [count, m, n] */
  readonly a: Node;
  readonly results: readonly MatrixResult[];
  kernel(a: Operand, stores: readonly (Operand | undefined)[], title: string): Kernel;
  /** da, given the gradients of the results, undefined for a result without one; all are [count, rows, columns] */
  gradient(dys: readonly (Node | undefined)[], results: readonly Node[], a: Node): Node | undefined;
}

/** The results of an op whose kernel reads a stack of matrices and writes several. */
export function matrixNodes({ name, a, results, kernel, gradient }: MatrixResultsOp): readonly Node[] {
  const [count = 1] = a.shape;
  const viewOf = ({ rows, columns }: MatrixResult): View => denseView([count, rows, columns]);
  const all = (nodes: readonly (Node | undefined)[]): readonly (Node | undefined)[] =>
    results.map((result, i) => nodes[i] && reshape(nodes[i], viewOf(result).shape));
  return resultNodes(
    {
      name,
      key: `${name} ${results.map(({ shape }) => `[${shape}]`)}`,
      results: results.map(({ shape }) => ({ shape, dtype: 'float32' })),
      kernels: ({ inputs, outputs }) => {
        const stores = results.map((result, i) => {
          const slot = outputs[i];
          return slot === undefined ? undefined : { slot, view: viewOf(result) };
        });
        return [kernel(firstOf(inputs), stores, `${name} ${a.shape.join('×')}`)];
      },
      gradientOfResults: (dys, found, [matrices = a]) => {
        return [
          gradient(
            all(dys),
            all(found).filter((x) => x !== undefined),
            matrices,
          ),
        ];
      },
    },
    [a],
  );
}

/** The first of an op's operands. */
export function firstOf([a]: readonly Operand[]): Operand {
  if (!a) throw new Error('internal: a matrix op needs its input');
  return a;
}
