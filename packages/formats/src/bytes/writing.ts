// Writing as parts: a format gives the bytes of a file in order, and no more than a few MB of them at once.

import {
  newStoredArray,
  type OpenElements,
  openElements,
  show,
  sizeOf,
  Tensor,
  type TensorLike,
  tensor,
} from '@treadle/tensor';

/** Small enough to stay in the caches of a processor, large enough that each write does much. */
const partBytes = 2 ** 20;

/** A file that is going to be written. The tensors in it have the values that they had when it was opened. */
export interface OutgoingFile {
  /** the length of the whole file; undefined where it is known only when all is written */
  readonly byteLength: number | undefined;
  /** The bytes. A part is valid until the next one is asked for. */
  parts(): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Lets go of the tensors. */
  close(): void;
}

/** Tensors by name: an object or a map. */
export type NamedTensors = Readonly<Record<string, TensorLike>> | ReadonlyMap<string, TensorLike>;

/** An array that is going to be written. */
export interface NamedElements extends OpenElements {
  readonly name: string;
}

/** Opens the tensors. Throws what `tensor` throws, and TypeError unless they have names. */
export function openNamed(op: string, tensors: NamedTensors): readonly NamedElements[] {
  const given: unknown = tensors;
  if (
    typeof given !== 'object' ||
    given === null ||
    Array.isArray(given) ||
    ArrayBuffer.isView(given) ||
    given instanceof Tensor
  ) {
    throw new TypeError(`${op}: tensors must have names; got ${show(given)}; give them as { name: tensor }`);
  }
  const entries = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  const opened: NamedElements[] = [];
  try {
    for (const [name, x] of entries) opened.push({ name, ...openTensor(x) });
    return opened;
  } catch (error) {
    for (const x of opened) x.close();
    throw error;
  }
}

/** Opens a tensor, or what `tensor` accepts. */
export function openTensor(x: TensorLike): OpenElements {
  return openElements(x instanceof Tensor ? x : tensor(x));
}

/** The elements as they are stored, in parts. */
export async function* elementParts(x: OpenElements): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const length = sizeOf(x.shape);
  const atOnce = Math.max(1, Math.floor((partBytes * length) / x.byteLength));
  const part = newStoredArray(x.dtype, Math.min(length, atOnce));
  for (let first = 0; first < length; first += atOnce) {
    const to = part.subarray(0, length - first);
    await x.read(first, to);
    yield new Uint8Array(to.buffer, to.byteOffset, to.byteLength);
  }
}

/** All bytes of a file. */
export async function toBytes(file: OutgoingFile): Promise<Uint8Array<ArrayBuffer>> {
  const { byteLength } = file;
  if (byteLength === undefined) return joined(file.parts());
  const bytes = new Uint8Array(byteLength);
  let at = 0;
  for await (const part of file.parts()) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

async function joined(parts: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const copies: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of parts) copies.push(part.slice());
  return new Uint8Array(await new Blob(copies).arrayBuffer());
}
