// Elements of a file → stored elements of a tensor, as the bytes come. A source asks where the next bytes belong (`room`), puts some
// there, and says how many (`took`). Bytes that need no conversion are put into the final array at once, so nothing is copied; all
// others go through a buffer of fixed size.

import {
  checkShape,
  FormatError,
  newStoredArray,
  type Shape,
  type StoredArray,
  showShape,
  sizeOf,
  type Tensor,
  tensorOfStored,
} from '@treadle/tensor';
import type { Sink } from '../bytes/sink.ts';
import { type ElementName, type ElementType, elementTypes } from './element-types.ts';

/** A multiple of the size of every element. */
const bufferBytes = 2 ** 18;
/** Node reads less than 2 GiB at once; smaller parts let the event loop go on between them. */
const mostBytesAtOnce = 2 ** 26;

/** NumPy's and PyTorch's limit. */
const mostAxes = 64;

/** How the elements of an array lie in a file. */
export interface Layout {
  readonly type: ElementName;
  readonly shape: Shape;
  readonly isBigEndian?: boolean;
  /** whether the first axis is the one whose index changes fastest */
  readonly isFortranOrder?: boolean;
}

/** The bytes that an array takes in a file. */
export function fileBytes({ type, shape }: Layout): number {
  return elementTypes[type].bytes * sizeOf(shape);
}

/** What a tensor takes besides its elements; measured: 0.7 kB, and as much again while it is made. */
const tensorOverhead = 1024;

/** The bytes of memory that its tensor takes. */
export function memoryOf({ type, shape }: Layout): number {
  return tensorOverhead + newStoredArray(elementTypes[type].dtype, 0).BYTES_PER_ELEMENT * sizeOf(shape);
}

/** The bytes of memory that what is read from a file may take, so that a small file cannot fill the memory. */
export function memoryLimit(fileBytes: number): number {
  return 4 * fileBytes + 48 * 2 ** 20;
}

export class ElementReader implements Sink {
  readonly #layout: Layout;
  readonly #type: ElementType;
  /** begins the message of errors, such as `safetensors: elements of "w"` */
  readonly #what: string;
  readonly #values: StoredArray;
  readonly #order: FortranOrder | undefined;
  /** the final array or the buffer */
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #isDirect: boolean;
  /** bytes in #bytes */
  #filled = 0;
  /** elements converted */
  #count = 0;
  /** bytes that are still to come */
  #missing: number;

  constructor(what: string, layout: Layout) {
    const { type: name, shape, isBigEndian = false, isFortranOrder = false } = layout;
    checkSize(what, shape);
    this.#layout = layout;
    this.#what = what;
    this.#type = elementTypes[name];
    this.#missing = fileBytes(layout);
    this.#values = newStoredArray(this.#type.dtype, sizeOf(shape));
    this.#isDirect =
      this.#type.isStored && !(isFortranOrder && shape.length > 1) && !(isBigEndian && this.#type.bytes > 1);
    const { buffer } = this.#values;
    this.#bytes = this.#isDirect ? new Uint8Array(buffer) : new Uint8Array(Math.min(bufferBytes, this.#missing));
    this.#order =
      isFortranOrder && shape.length > 1
        ? new FortranOrder(shape, newStoredArray(this.#type.dtype, this.#bytes.length / this.#type.bytes))
        : undefined;
  }

  room(): Uint8Array<ArrayBuffer> {
    const length = Math.min(this.#missing, this.#bytes.length - this.#filled, mostBytesAtOnce);
    return this.#bytes.subarray(this.#filled, this.#filled + length);
  }

  /** Throws FormatError for elements that the dtype does not have. */
  took(count: number): void {
    this.#filled += count;
    this.#missing -= count;
    if (!this.#isDirect && (this.#filled === this.#bytes.length || this.#missing === 0)) this.#convert();
  }

  /** All elements. No byte may be missing. */
  tensor(): Tensor {
    if (this.#missing > 0) throw new Error('internal: an array was not read to its end');
    return tensorOfStored(this.#values, this.#layout.shape, this.#type.dtype);
  }

  /** Converts the elements in the buffer, which are whole: its size is a multiple of theirs. */
  #convert(): void {
    const part = this.#bytes.subarray(0, this.#filled);
    if (this.#layout.isBigEndian) swapBytes(part, this.#type.bytes);
    const order = this.#order;
    const misfit = order
      ? this.#type.convert(part, order.part, 0)
      : this.#type.convert(part, this.#values, this.#count);
    if (misfit >= 0) throw this.#misfit(part, misfit);
    const count = part.length / this.#type.bytes;
    order?.scatter(count, this.#values);
    this.#count += count;
    this.#filled = 0;
  }

  #misfit(part: Uint8Array<ArrayBuffer>, index: number): FormatError {
    const { type, shape } = this.#layout;
    const value = this.#type.show(new DataView(part.buffer, part.byteOffset, part.byteLength), index);
    return new FormatError(
      `${this.#what} must fit ${this.#type.dtype}; got ${value} (${type}) at element ${this.#count + index} of ${showShape(shape)}`,
    );
  }
}

/** Where elements of a file in Fortran order belong in row-major order. */
class FortranOrder {
  /** elements in the order of the file */
  readonly part: StoredArray;
  readonly #shape: Shape;
  readonly #strides: readonly number[];
  readonly #indices: number[];
  #at = 0;

  constructor(shape: Shape, part: StoredArray) {
    this.part = part;
    this.#shape = shape;
    this.#strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
    this.#indices = shape.map(() => 0);
  }

  /** Moves the first `count` elements of the part to their places. */
  scatter(count: number, to: StoredArray): void {
    for (let i = 0; i < count; i++) {
      to[this.#at] = this.part[i] ?? 0;
      this.#advance();
    }
  }

  #advance(): void {
    for (let axis = 0; axis < this.#shape.length; axis++) {
      const [extent = 0, stride = 0] = [this.#shape[axis], this.#strides[axis]];
      const index = (this.#indices[axis] ?? 0) + 1;
      this.#at += stride;
      if (index < extent) {
        this.#indices[axis] = index;
        return;
      }
      this.#indices[axis] = 0;
      this.#at -= extent * stride;
    }
  }
}

/** Throws FormatError for an array that is larger than tensors can be, or has more axes than arrays of NumPy. */
function checkSize(what: string, shape: Shape): void {
  if (shape.length > mostAxes) throw new FormatError(`${what} must have at most ${mostAxes} axes; got ${shape.length}`);
  try {
    checkShape(what, shape);
  } catch (cause) {
    throw new FormatError(cause instanceof Error ? cause.message : what, { cause });
  }
}

function swapBytes(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
