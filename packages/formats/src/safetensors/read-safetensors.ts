// Bytes in the format of safetensors → tensors by name and metadata. The header is checked as a whole before any memory is taken for
// tensors, so they take no more than the file has bytes for.

import { show, type Tensor } from '@treadle/tensor';
import { type Reader, readPart } from '../bytes/reading.ts';
import { fill } from '../bytes/sink.ts';
import { ElementReader } from '../elements/element-reader.ts';
import { checkMemory, decodeHeader, mostHeaderBytes, wrong } from './header.ts';

/** What a safetensors file holds. */
export interface TensorFile {
  /** in the order of the file's header */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** texts by name; {} where the file has none */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads a whole file. Throws FormatError for what is not in the format, and for values that no dtype here has. */
export const readSafetensors: Reader<TensorFile> = function* (byteLength) {
  if (byteLength < 8)
    throw wrong(`a file must begin with 8 bytes for the length of its header; got ${byteLength} bytes`);
  const prefix = yield* readPart(0, 8);
  const headerBytes = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  const most = Math.min(mostHeaderBytes(byteLength), byteLength - 8);
  if (headerBytes > most) throw wrong(`the header must take at most ${most} bytes here; got ${headerBytes}`);
  const start = 8 + headerBytes;
  const { entries, metadata } = decodeHeader(yield* readPart(8, headerBytes), byteLength - start);
  checkMemory(entries, byteLength);
  const tensors: [string, Tensor][] = [];
  for (const { name, begin, ...layout } of entries) {
    const elements = new ElementReader(`safetensors: elements of ${show(name)}`, layout);
    yield* fill(elements, start + begin);
    tensors.push([name, elements.tensor()]);
  }
  return { tensors: Object.fromEntries(tensors), metadata };
};
