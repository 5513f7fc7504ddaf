// Ops whose operands are equals, as functions; the same as the methods.

import { type Axes, checkArray, type MatmulOptions, type Node, ops } from '@treadle/graph';
import { alike } from './convert/values.ts';
import { nodeOf, operand, Tensor, type TensorLike } from './tensor.ts';

type Binary = (a: TensorLike, b: TensorLike) => Tensor;

/** A function of two operands, read by `read`. Throws TypeError for more of them, except what Array.reduce adds. */
function binary<T>(op: string, read: (x: TensorLike) => T, apply: (a: T, b: T) => Node): Binary {
  return (a: TensorLike, b: TensorLike, ...more: readonly unknown[]) => {
    if (more.length > 0 && !isOfReduce(more)) {
      throw new TypeError(
        `${op}: there must be two operands; got ${more.length + 2}; ${op}(${op}(a, b), c) takes a third`,
      );
    }
    return new Tensor(apply(read(a), read(b)));
  };
}

/** Whether these are an index and an array, which tensors.reduce(add) gives after the two operands. */
function isOfReduce([index, array, ...more]: readonly unknown[]): boolean {
  return typeof index === 'number' && Array.isArray(array) && more.length === 0;
}

export const add: Binary = binary('add', operand, ops.add);
export const sub: Binary = binary('sub', operand, ops.sub);
export const mul: Binary = binary('mul', operand, ops.mul);
export const div: Binary = binary('div', operand, ops.div);
export const pow: Binary = binary('pow', operand, ops.pow);
export const mod: Binary = binary('mod', operand, ops.mod);
export const maximum: Binary = binary('maximum', operand, ops.maximum);
export const minimum: Binary = binary('minimum', operand, ops.minimum);
export const equal: Binary = binary('equal', operand, ops.equal);
export const notEqual: Binary = binary('notEqual', operand, ops.notEqual);
export const less: Binary = binary('less', operand, ops.less);
export const lessEqual: Binary = binary('lessEqual', operand, ops.lessEqual);
export const greater: Binary = binary('greater', operand, ops.greater);
export const greaterEqual: Binary = binary('greaterEqual', operand, ops.greaterEqual);
export const logicalAnd: Binary = binary('logicalAnd', nodeOf, ops.logicalAnd);
export const logicalOr: Binary = binary('logicalOr', nodeOf, ops.logicalOr);

/** condition ? a : b, element by element; the condition must be bool. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  return new Tensor(ops.where(nodeOf(condition), operand(a), operand(b)));
}

/** a [..., m, k] × b [..., k, n] → [..., m, n]; leading axes broadcast. Throws ShapeError when the inner sizes differ. */
export function matmul(a: TensorLike, b: TensorLike, options?: MatmulOptions): Tensor {
  return new Tensor(ops.matmul(nodeOf(a), nodeOf(b), options));
}

export interface StandardizeOptions {
  /** what is added to the variance; 0 by default */
  readonly epsilon?: number | undefined;
  /** the scale, which broadcasts to the shape of the mean; 1 by default */
  readonly gamma?: Tensor | undefined;
  /** the shift, which does so as well; 0 by default */
  readonly beta?: Tensor | undefined;
}

/** What `standardize` gives: `values` has the shape of x, the others keep the axes with extent 1. */
export interface Standardized {
  readonly values: Tensor;
  readonly mean: Tensor;
  /** the mean squared distance from the mean */
  readonly variance: Tensor;
}

/** (x − mean)/√(variance + epsilon)·gamma + beta, mean and variance over the axes. Throws ShapeError where factors do not fit. */
export function standardize(x: Tensor, axes: Axes, { epsilon, gamma, beta }: StandardizeOptions = {}): Standardized {
  const factors = { gamma: gamma && nodeOf(gamma), beta: beta && nodeOf(beta) };
  const [values, mean, variance] = ops.standardize(nodeOf(x), axes, { epsilon, ...factors });
  return { values: new Tensor(values), mean: new Tensor(mean), variance: new Tensor(variance) };
}

/** One after the other along an axis; the other extents are equal. Mixed dtypes become the one that holds them all. */
export function concat(tensors: readonly TensorLike[], axis = 0): Tensor {
  return new Tensor(ops.concat(alike(nodesOf('concat', tensors)), axis));
}

/** Side by side along a new axis; the shapes are equal. */
export function stack(tensors: readonly TensorLike[], axis = 0): Tensor {
  return new Tensor(ops.stack(alike(nodesOf('stack', tensors)), axis));
}

function nodesOf(op: string, tensors: readonly TensorLike[]): readonly Node[] {
  const one: unknown = tensors;
  checkArray(`${op}: the tensors`, one, one instanceof Tensor ? `; ${op}([a, b]) takes them as one argument` : '');
  return Array.from(tensors, (x) => nodeOf(x));
}
