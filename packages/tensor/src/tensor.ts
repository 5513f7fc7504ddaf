// What a user holds: a handle on a node. Methods check their arguments and append nodes; nothing is computed before a value
// is read. All of the ops' meaning is in @treadle/graph; here are only the names that users call them by.

import { disposed, readAsync, realize, valueOf } from '@treadle/compiler';
import {
  type Axes,
  type Conv1dOptions,
  type ConvOptions,
  type ConvTransposeOptions,
  type DilatedOptions,
  type Dtype,
  dtypes,
  type Interpolation,
  letGo,
  type MatmulOptions,
  type Node,
  ops,
  type Pair,
  type PoolOptions,
  type ReduceOptions,
  retain,
  type Shape,
  ShapeError,
  type SortOptions,
  type StoredArray,
  sameShape,
  showShape,
  sizeOf,
} from '@treadle/graph';
import { asIndices } from './convert/indices.ts';
import { mostAxes, type NestedNumbers, nest, tooDeep } from './convert/nested.ts';
import { alike, type Numbers, toNode } from './convert/values.ts';
import { print } from './print/print.ts';
import { addProtocols, neverCloned } from './protocols.ts';

/** What an operand may be: a tensor, numbers that become one, or arrays of both, which are stacked. */
export type TensorLike = Tensor | Numbers | readonly TensorLike[];

/** A typed array of one number for each element of a tensor. Uint8Array: of uint8, and of bool as 0 and 1. */
export type TensorData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The operand as a node; a number stays one, so that it takes the other operand's dtype. */
export function operand(x: TensorLike): Node | number {
  return typeof x === 'number' ? x : nodeOf(x);
}

/** The operand as a node. Throws ShapeError where stacked tensors have other shapes than what stands beside them. */
export function nodeOf(x: TensorLike): Node {
  return nodeIn(x, 0);
}

function nodeIn(x: TensorLike, depth: number): Node {
  if (x instanceof Tensor) return x.node;
  if (depth > mostAxes) throw tooDeep();
  return isNumbers(x, depth) ? toNode(x) : stacked(x, depth);
}

/** Whether there are only numbers in the arrays, no tensors. */
export function isNumbers(x: TensorLike, depth = 0): x is Numbers {
  if (x instanceof Tensor) return false;
  if (!isArray(x) || depth > mostAxes) return true; // too deep an array is refused as such
  return x.every((part) => typeof part !== 'object' || isNumbers(part, depth + 1));
}

function isArray(x: TensorLike): x is readonly TensorLike[] {
  return Array.isArray(x);
}

function stacked(parts: readonly TensorLike[], depth: number): Node {
  const nodes = Array.from(parts, (part) => nodeIn(part, depth + 1));
  const [first] = nodes;
  const other = nodes.findIndex(({ shape }) => first && !sameShape(shape, first.shape));
  if (other >= 0) {
    const [got, unlike] = [showShape(first?.shape ?? []), showShape(nodes[other]?.shape ?? [])];
    throw new ShapeError(`tensor: rows must have equal shapes; got ${got} at [0], ${unlike} at [${other}]`);
  }
  return ops.stack(alike(nodes), 0);
}

export class Tensor {
  /** undefined once disposed of */
  #node: Node | undefined;
  /** what keeps a tensor from being cloned, or sent to another thread, as an empty object */
  protected readonly cloning: typeof neverCloned = neverCloned;
  /** Its rows, x[0], x[1], …, as NumPy: tensors of one axis fewer. A 0-d tensor is not iterable. */
  declare readonly [Symbol.iterator]: () => Generator<Tensor>;
  /** 'Tensor' */
  declare readonly [Symbol.toStringTag]: string;

  /** Tensors are made by `tensor`, `zeros` and their like, and by ops. */
  constructor(node: Node) {
    this.#node = node;
    // A variable's own handle does not count, for it needs no value but the latest; a second one (its reshape to its own
    // shape) goes on seeing the present value.
    if (new.target === Tensor) retain(node);
  }

  /** The node that this tensor stands for. Throws when the tensor was disposed of. */
  get node(): Node {
    return this.#node ?? gone();
  }

  get shape(): Shape {
    return this.node.shape;
  }

  get dtype(): Dtype {
    return this.node.dtype;
  }

  /** How many elements there are. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** How many axes there are. */
  get rank(): number {
    return this.shape.length;
  }

  // Reading.

  /**
   * The elements in row-major order, in an array of its own: a Float32Array for float32 and float16, an Int32Array for int32, a
   * Uint8Array for uint8, and for bool one of 0 and 1.
   */
  data(): TensorData {
    return toData(valueOf(this.node).read(), this.dtype);
  }

  /** The same as they are at the time of the call, with the event loop free while they are computed. */
  async read(): Promise<TensorData> {
    return readNode(this.node);
  }

  /** The only element, as a number (bool as 0 or 1). Throws RangeError when there are more or none. */
  item(): number {
    if (this.size !== 1) {
      throw new RangeError(`item: the tensor must have one element; got shape [${this.shape.join(', ')}]`);
    }
    return this.data()[0] ?? 0;
  }

  /** The elements as arrays in arrays, an axis a level; a number for a 0-d tensor. */
  toArray(): NestedNumbers {
    return nest(this.data(), this.shape);
  }

  /** What JSON.stringify takes: the same as toArray(). JSON has no NaN and no infinities: it writes null for them. */
  toJSON(): NestedNumbers {
    return this.toArray();
  }

  /**
   * What `${t}`, t > 3 and Number(t) take: the text where a text is asked for, otherwise the only element. Throws RangeError
   * where there are more elements, or none.
   */
  [Symbol.toPrimitive](hint: string): number | string {
    if (hint === 'string') return this.toString();
    if (this.size === 1) return this.item();
    throw new RangeError(
      `tensor: only a tensor of one element can be compared as a number; got ${showShape(this.shape)}; use greater(), equal(), add() and the like, or String(t)`,
    );
  }

  toString(): string {
    return print(this.data(), this.shape, this.dtype);
  }

  /**
   * Gives the tensor back; every later use of it throws. Its memory is freed now, or as soon as nothing needs it any more:
   * other tensors of the same value, results that are yet to be computed from it, calls under way. None of them notices. A
   * tensor that is merely forgotten is freed in time.
   */
  dispose(): void {
    const node = this.#node;
    this.#node = undefined;
    if (!node) return;
    node.isFreedWithUse = true;
    letGo(node);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Computes the value now, and keeps it. */
  realize(): this {
    realize([this.node]);
    return this;
  }

  /** The same values, without a history: no gradient passes through. */
  detach(): Tensor {
    return new Tensor(ops.stopGradient(this.node));
  }

  // Element by element, with broadcasting.

  add(other: TensorLike): Tensor {
    return new Tensor(ops.add(this.node, operand(other)));
  }
  sub(other: TensorLike): Tensor {
    return new Tensor(ops.sub(this.node, operand(other)));
  }
  mul(other: TensorLike): Tensor {
    return new Tensor(ops.mul(this.node, operand(other)));
  }
  /** Always float32. */
  div(other: TensorLike): Tensor {
    return new Tensor(ops.div(this.node, operand(other)));
  }
  /** int32 to a negative power is 0, or ±1 where the base is. */
  pow(exponent: TensorLike): Tensor {
    return new Tensor(ops.pow(this.node, operand(exponent)));
  }
  /** The remainder that has the divisor's sign. By 0 it is NaN, for int32 it is 0. */
  mod(divisor: TensorLike): Tensor {
    return new Tensor(ops.mod(this.node, operand(divisor)));
  }
  maximum(other: TensorLike): Tensor {
    return new Tensor(ops.maximum(this.node, operand(other)));
  }
  minimum(other: TensorLike): Tensor {
    return new Tensor(ops.minimum(this.node, operand(other)));
  }
  /** No less than `low`, no more than `high`. */
  clip(low: TensorLike, high: TensorLike): Tensor {
    return new Tensor(ops.clip(this.node, operand(low), operand(high)));
  }
  neg(): Tensor {
    return new Tensor(ops.neg(this.node));
  }
  abs(): Tensor {
    return new Tensor(ops.abs(this.node));
  }
  sign(): Tensor {
    return new Tensor(ops.sign(this.node));
  }
  exp(): Tensor {
    return new Tensor(ops.exp(this.node));
  }
  /** eˣ − 1 */
  expm1(): Tensor {
    return new Tensor(ops.expm1(this.node));
  }
  /** ln x */
  log(): Tensor {
    return new Tensor(ops.log(this.node));
  }
  /** ln(1 + x) */
  log1p(): Tensor {
    return new Tensor(ops.log1p(this.node));
  }
  sqrt(): Tensor {
    return new Tensor(ops.sqrt(this.node));
  }
  /** 1 / √x */
  rsqrt(): Tensor {
    return new Tensor(ops.rsqrt(this.node));
  }
  square(): Tensor {
    return new Tensor(ops.square(this.node));
  }
  reciprocal(): Tensor {
    return new Tensor(ops.reciprocal(this.node));
  }
  floor(): Tensor {
    return new Tensor(ops.floor(this.node));
  }
  ceil(): Tensor {
    return new Tensor(ops.ceil(this.node));
  }
  /** To the nearest whole number, halves to the even one. */
  round(): Tensor {
    return new Tensor(ops.round(this.node));
  }
  sin(): Tensor {
    return new Tensor(ops.sin(this.node));
  }
  cos(): Tensor {
    return new Tensor(ops.cos(this.node));
  }
  tan(): Tensor {
    return new Tensor(ops.tan(this.node));
  }
  tanh(): Tensor {
    return new Tensor(ops.tanh(this.node));
  }
  /** 1 / (1 + e⁻ˣ) */
  sigmoid(): Tensor {
    return new Tensor(ops.sigmoid(this.node));
  }
  erf(): Tensor {
    return new Tensor(ops.erf(this.node));
  }
  /** 1 − erf x, accurate where that is small */
  erfc(): Tensor {
    return new Tensor(ops.erfc(this.node));
  }
  /** ln(1 + eˣ) */
  softplus(): Tensor {
    return new Tensor(ops.softplus(this.node));
  }
  /** max(x, 0) */
  relu(): Tensor {
    return new Tensor(ops.relu(this.node));
  }

  // Comparisons, which give bool.

  equal(other: TensorLike): Tensor {
    return new Tensor(ops.equal(this.node, operand(other)));
  }
  notEqual(other: TensorLike): Tensor {
    return new Tensor(ops.notEqual(this.node, operand(other)));
  }
  less(other: TensorLike): Tensor {
    return new Tensor(ops.less(this.node, operand(other)));
  }
  lessEqual(other: TensorLike): Tensor {
    return new Tensor(ops.lessEqual(this.node, operand(other)));
  }
  greater(other: TensorLike): Tensor {
    return new Tensor(ops.greater(this.node, operand(other)));
  }
  greaterEqual(other: TensorLike): Tensor {
    return new Tensor(ops.greaterEqual(this.node, operand(other)));
  }
  logicalAnd(other: TensorLike): Tensor {
    return new Tensor(ops.logicalAnd(this.node, nodeOf(other)));
  }
  logicalOr(other: TensorLike): Tensor {
    return new Tensor(ops.logicalOr(this.node, nodeOf(other)));
  }
  logicalNot(): Tensor {
    return new Tensor(ops.logicalNot(this.node));
  }
  /** this ? a : b, element by element; this must be bool. */
  where(a: TensorLike, b: TensorLike): Tensor {
    return new Tensor(ops.where(this.node, operand(a), operand(b)));
  }

  // Matrix products.

  /** [..., m, k] × [..., k, n] → [..., m, n]; leading axes broadcast. Throws ShapeError when the inner sizes differ. */
  matmul(other: TensorLike, options?: MatmulOptions): Tensor {
    return new Tensor(ops.matmul(this.node, nodeOf(other), options));
  }

  // Windows over images [batch, rows, columns, channels] and sequences [batch, steps, channels].

  /** ⋆ w [steps, channels / groups, filters] → [batch, steps′, filters] */
  conv1d(w: TensorLike, options?: Conv1dOptions): Tensor {
    return new Tensor(ops.conv1d(this.node, nodeOf(w), options));
  }
  /** ⋆ w [rows, columns, channels / groups, filters] → [batch, rows′, columns′, filters] */
  conv2d(w: TensorLike, options?: ConvOptions): Tensor {
    return new Tensor(ops.conv2d(this.node, nodeOf(w), options));
  }
  /** The adjoint of conv2d: w [rows, columns, filters, channels] → [batch, rows′, columns′, filters]. */
  conv2dTranspose(w: TensorLike, options?: ConvTransposeOptions): Tensor {
    return new Tensor(ops.conv2dTranspose(this.node, nodeOf(w), options));
  }
  /** Each channel by itself: w [rows, columns, channels, multiplier] → [batch, rows′, columns′, channels · multiplier]. */
  depthwiseConv2d(w: TensorLike, options?: DilatedOptions): Tensor {
    return new Tensor(ops.depthwiseConv2d(this.node, nodeOf(w), options));
  }
  /** The largest element of each window of each channel; NaN wins. The gradient goes to the first that is largest. */
  maxPool2d(size: Pair, options?: PoolOptions): Tensor {
    return new Tensor(ops.maxPool2d(this.node, size, options));
  }
  /** The mean of each window of each channel, over the elements that are there. */
  averagePool2d(size: Pair, options?: PoolOptions): Tensor {
    return new Tensor(ops.averagePool2d(this.node, size, options));
  }
  /** Images at another size, [rows′, columns′]; 'nearest' by default, or 'bilinear'. */
  resize(size: Pair, interpolation?: Interpolation): Tensor {
    return new Tensor(ops.resize(this.node, size, interpolation));
  }

  // Shapes.

  /** The same elements under another shape; one extent may be −1: whatever is left. */
  reshape(shape: Shape): Tensor {
    return new Tensor(ops.reshape(this.node, shape));
  }
  /** All elements along one axis. */
  flatten(): Tensor {
    return this.reshape([-1]);
  }
  /** The axes in another order; reversed by default. */
  transpose(axes?: readonly number[]): Tensor {
    return new Tensor(ops.transpose(this.node, axes));
  }
  /** Without the axes of extent 1 that are named; without all of them by default. */
  squeeze(axes?: number | readonly number[]): Tensor {
    return new Tensor(ops.squeeze(this.node, axes));
  }
  /** With an axis of extent 1 put in. */
  expandDims(axis: number): Tensor {
    return new Tensor(ops.expandDims(this.node, axis));
  }
  broadcastTo(shape: Shape): Tensor {
    return new Tensor(ops.broadcastTo(this.node, shape));
  }
  /** The axes named run backwards; all by default. */
  flip(axes?: number | readonly number[]): Tensor {
    return new Tensor(ops.flip(this.node, axes));
  }
  /** x[begin[i] : end[i] : strides[i]] along every axis i; negative positions count from the end. */
  slice(begin: readonly number[], end?: readonly number[], strides?: readonly number[]): Tensor {
    return new Tensor(ops.slice(this.node, begin, end, strides));
  }
  /** `value` put around every axis: widths[i] = [before, after]. */
  pad(widths: readonly (readonly [number, number])[], value?: number): Tensor {
    return new Tensor(ops.pad(this.node, widths, value));
  }
  /** Repeated counts[i] times along axis i. */
  tile(counts: readonly number[]): Tensor {
    return new Tensor(ops.tile(this.node, counts));
  }
  /** Into so many equal parts along an axis, or into parts of the lengths given. */
  split(parts: number | readonly number[], axis?: number): Tensor[] {
    return ops.split(this.node, parts, axis).map((node) => new Tensor(node));
  }
  /**
   * The slices at `indices` (int32, any shape) along an axis; negative ones count from the end. Throws RangeError for an
   * index that does not exist: here where it is known, otherwise whatever computes the slices does, and assigns nothing.
   */
  gather(indices: TensorLike, axis = 0): Tensor {
    return new Tensor(ops.gather(this.node, asIndices(nodeOf(indices)), axis));
  }

  // Reductions over the axes named, or all of them.

  sum(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.sum(this.node, axes, options));
  }
  mean(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.mean(this.node, axes, options));
  }
  prod(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.prod(this.node, axes, options));
  }
  max(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.max(this.node, axes, options));
  }
  min(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.min(this.node, axes, options));
  }
  /** The mean squared distance from the mean (divided by n). */
  variance(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.variance(this.node, axes, options));
  }
  /** √variance */
  std(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.std(this.node, axes, options));
  }
  /** ln Σ eˣ, without overflow. */
  logSumExp(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.logSumExp(this.node, axes, options));
  }
  /** The index of the first largest element along an axis; of all elements by default. */
  argmax(axis?: number, options?: ReduceOptions): Tensor {
    return new Tensor(ops.argmax(this.node, axis, options));
  }
  /** The index of the first smallest element along an axis; of all elements by default. */
  argmin(axis?: number, options?: ReduceOptions): Tensor {
    return new Tensor(ops.argmin(this.node, axis, options));
  }
  /** Running sums along an axis; of all elements, flattened, by default. */
  cumsum(axis?: number): Tensor {
    return new Tensor(ops.cumsum(this.node, axis));
  }
  any(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.any(this.node, axes, options));
  }
  all(axes?: Axes, options?: ReduceOptions): Tensor {
    return new Tensor(ops.all(this.node, axes, options));
  }

  // Order along an axis, the last by default; equal elements as they stand, NaN above everything.

  sort(axis?: number, options?: SortOptions): Tensor {
    return new Tensor(ops.sort(this.node, axis, options));
  }
  /** The positions (int32) at which the elements stand in order. */
  argsort(axis?: number, options?: SortOptions): Tensor {
    return new Tensor(ops.argsort(this.node, axis, options));
  }
  /** The k largest elements, the largest first, and their positions (int32). */
  topK(k: number, axis?: number): { readonly values: Tensor; readonly indices: Tensor } {
    const [values, positions] = ops.topK(this.node, k, axis);
    return { values: new Tensor(values), indices: new Tensor(positions) };
  }

  // The rest.

  /**
   * float32 → int32 rounds towards zero, beyond int32 to the nearest end of it, NaN to 0; anything ≠ 0 is true. To uint8, whole
   * numbers wrap around (256 → 0) and floats are cut off and clamped to 0 … 255; to float16, floats round to the nearest.
   */
  cast(dtype: Dtype): Tensor {
    return new Tensor(ops.cast(this.node, dtype));
  }
  /** Labels (int32) → [..., depth]: 1 at the label, 0 elsewhere. */
  oneHot(depth: number): Tensor {
    return new Tensor(ops.oneHot(this.node, depth));
  }
  softmax(axis?: number): Tensor {
    return new Tensor(ops.softmax(this.node, axis));
  }
  /** ln softmax */
  logSoftmax(axis?: number): Tensor {
    return new Tensor(ops.logSoftmax(this.node, axis));
  }
}

function gone(): never {
  throw disposed();
}

/** The elements of a node as they are at the time of the call, with the event loop free. */
export async function readNode(node: Node): Promise<TensorData> {
  return toData(await readAsync(node), node.dtype);
}

function toData(values: StoredArray, dtype: Dtype): TensorData {
  return values instanceof Uint16Array ? Float32Array.from(values, dtypes[dtype].code?.load) : values;
}

addProtocols(Tensor.prototype, (node) => new Tensor(node));
