// What a user holds: a handle on a node. Nothing is computed before a value is read. This file has what a tensor can do without
// computing: its type, reading, disposal. The methods that compute are the functions of functions/; methods.ts adds them. What
// tools ask of an object (printing, iteration, equality in tests) is in protocols.ts.

import { disposed, readAsync, realize, valueOf } from '@treadle/compiler';
import {
  type Dtype,
  dtypes,
  type Node,
  ops,
  release,
  retain,
  type Shape,
  type StoredArray,
  showShape,
  sizeOf,
} from '@treadle/graph';
import { type NestedNumbers, nest } from './convert/nested.ts';
import { print } from './print/print.ts';

/** A typed array with one number for each element of a tensor: Uint8Array for uint8, and for bool, as 0 and 1. */
export type TensorData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/**
 * The value of a property that every tensor has. It is a symbol, which structuredClone and postMessage cannot copy: instead of
 * making an empty object of a tensor, they throw a DataCloneError that shows this text.
 */
const neverCloned: unique symbol = Symbol(
  'structuredClone, postMessage: a tensor must stay in its thread; got one; send its data() and shape',
);

/**
 * An array of numbers of one shape and dtype, on which functions and methods compute. Values never change (`Variable` is the
 * exception), and are computed when they are read for the first time, all pending work in one plan.
 *
 * @example
 * ```ts
 * import { tensor } from 'treadle';
 * const x = tensor([[1, 2], [3, 4]]);
 * x.matmul(x).sum(1); // → [17, 37]
 * ```
 */
export class Tensor {
  /** undefined after dispose */
  #node: Node | undefined;
  /** a property that makes structuredClone and postMessage refuse a tensor */
  protected readonly cloning: typeof neverCloned = neverCloned;
  /** Its rows x[0], x[1], …, as in NumPy: tensors of one axis fewer. A 0-d tensor is not iterable. */
  declare readonly [Symbol.iterator]: () => Generator<Tensor>;
  /** 'Tensor' */
  declare readonly [Symbol.toStringTag]: string;

  /** Not for users: `tensor`, `zeros` and other functions make tensors. */
  constructor(node: Node) {
    this.#node = node;
    // A variable's own handle does not count, because it needs no value but the latest. A second handle on its node (such as its
    // reshape to its own shape) keeps the present value.
    if (new.target === Tensor) retain(node);
  }

  /**
   * The node of the graph that this tensor stands for.
   *
   * @throws Error where the tensor was disposed of.
   */
  get node(): Node {
    return this.#node ?? gone();
  }

  /** The extents of the axes; [] for a single number. */
  get shape(): Shape {
    return this.node.shape;
  }

  /** The type of the elements. */
  get dtype(): Dtype {
    return this.node.dtype;
  }

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /**
   * The elements in row-major order, computed first if they are not known yet: a copy. It is a Float32Array for float32 and float16,
   * an Int32Array for int32, a Uint8Array for uint8, and for bool a Uint8Array of 0 and 1.
   *
   * @example
   * ```ts
   * import { tensor } from 'treadle';
   * tensor([[1, 2], [3, 4]]).data(); // → [1, 2, 3, 4]
   * ```
   */
  data(): TensorData {
    return toData(valueOf(this.node).read(), this.dtype);
  }

  /**
   * The same as data(), without blocking the event loop. It gives the values at the time of the call, also of a variable that is
   * assigned meanwhile.
   *
   * @example
   * ```ts
   * import { tensor } from 'treadle';
   * const data = await tensor([1, 2]).add(1).read();
   * data; // → [2, 3]
   * ```
   */
  async read(): Promise<TensorData> {
    return readNode(this.node);
  }

  /**
   * The only element, as a number (bool as 0 or 1).
   *
   * @throws RangeError unless the tensor has one element.
   * @example
   * ```ts
   * import { tensor } from 'treadle';
   * tensor([1, 2, 3]).sum().item(); // → 6
   * ```
   */
  item(): number {
    if (this.size !== 1) {
      throw new RangeError(`item: the tensor must have one element; got shape ${showShape(this.shape)}`);
    }
    return this.data()[0] ?? 0;
  }

  /**
   * The elements as nested arrays, one level for each axis; a number for a 0-d tensor.
   *
   * @example
   * ```ts
   * import { arange } from 'treadle';
   * arange(4).reshape([2, 2]).toArray(); // → [[0, 1], [2, 3]]
   * ```
   */
  toArray(): NestedNumbers {
    return nest(this.data(), this.shape);
  }

  /** What JSON.stringify uses: the same as toArray(). JSON has neither NaN nor infinities; it has null for them. */
  toJSON(): NestedNumbers {
    return this.toArray();
  }

  /**
   * What `${t}`, t > 3 and Number(t) use: the text where a text is needed, otherwise the only element.
   *
   * @throws RangeError where a number is needed and the tensor does not have one element.
   */
  [Symbol.toPrimitive](hint: string): number | string {
    if (hint === 'string') return this.toString();
    if (this.size === 1) return this.item();
    throw new RangeError(
      `tensor: only a tensor of one element can be compared as a number; got ${showShape(this.shape)}; use greater(), equal(), add() and the like, or String(t)`,
    );
  }

  /** Shape, dtype and values as NumPy prints them; of more than 1,000 elements, the first and last three along each axis. */
  toString(): string {
    return print(this.data(), this.shape, this.dtype);
  }

  /**
   * Ends this handle: every later use of it throws. The memory is freed as soon as nothing else needs the value: another tensor of
   * the same value, a result that is not computed yet, or a call that is running. A tensor that is not disposed of is freed by the
   * garbage collector.
   *
   * @example
   * ```ts
   * import { tensor } from 'treadle';
   * const x = tensor([1, 2]);
   * const y = x.add(1); // not computed yet
   * x.dispose();
   * y; // → [2, 3]
   * ```
   */
  dispose(): void {
    const node = this.#node;
    this.#node = undefined;
    if (!node) return;
    node.isFreedWithUse = true;
    release(node);
  }

  /** dispose(), for `using t = …`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Computes the value now, instead of at the first read, and keeps it. Returns the tensor itself. */
  realize(): this {
    realize([this.node]);
    return this;
  }

  /**
   * The same values as a constant: no gradient passes through.
   *
   * @example
   * ```ts
   * import { grad } from 'treadle';
   * grad((x) => x.mul(x.detach()))(3); // → 3
   * ```
   */
  detach(): Tensor {
    return new Tensor(ops.stopGradient(this.node));
  }
}

function gone(): never {
  throw disposed();
}

/** The elements of a node at the time of the call, read without blocking the event loop. */
export async function readNode(node: Node): Promise<TensorData> {
  return toData(await readAsync(node), node.dtype);
}

function toData(values: StoredArray, dtype: Dtype): TensorData {
  return values instanceof Uint16Array ? Float32Array.from(values, dtypes[dtype].code?.load) : values;
}
