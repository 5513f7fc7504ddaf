// The header of a safetensors file: 8 bytes with its length, then JSON that says for each tensor its type, its shape and where its
// bytes lie. Reading is as strict as the reference implementation (https://github.com/huggingface/safetensors): the tensors fill the rest
// of the file, without holes or overlaps, and no name comes twice.

import { FormatError, type Shape, show } from '@treadle/tensor';
import { fileBytes as elementBytes, memoryLimit, memoryOf } from '../elements/element-reader.ts';
import type { ElementName } from '../elements/element-types.ts';
import { duplicateKey } from './duplicate-key.ts';

/**
 * The most bytes that the header of a file may take. The reference implementation allows 100 MB; but JSON takes up to 20 times its
 * length in memory, and a header is small beside the tensors.
 */
export function mostHeaderBytes(fileBytes: number): number {
  return Math.min(100_000_000, Math.max(2 ** 22, Math.floor(fileBytes / 32)));
}

/** Throws FormatError where the tensors would take more memory than a file of this length may ask for. */
export function checkMemory(entries: readonly Entry[], fileBytes: number): void {
  const [needed, most] = [entries.reduce((sum, entry) => sum + memoryOf(entry), 0), memoryLimit(fileBytes)];
  if (needed > most) throw wrong(`${entries.length} tensors must take at most ${most} bytes of memory; got ${needed}`);
}

/** The one name that is no tensor. */
export const metadataName = '__metadata__';

const codes: ReadonlyMap<string, ElementName> = new Map([
  ['BOOL', 'bool'],
  ['U8', 'uint8'],
  ['I8', 'int8'],
  ['U16', 'uint16'],
  ['I16', 'int16'],
  ['U32', 'uint32'],
  ['I32', 'int32'],
  ['U64', 'uint64'],
  ['I64', 'int64'],
  ['F8_E4M3', 'float8_e4m3'],
  ['F8_E5M2', 'float8_e5m2'],
  ['F8_E8M0', 'float8_e8m0'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F32', 'float32'],
  ['F64', 'float64'],
]);

const codeOf: ReadonlyMap<ElementName, string> = new Map([...codes].map(([code, name]) => [name, code]));

/** A tensor in a file: `begin` counts from the end of the header. */
export interface Entry {
  readonly name: string;
  readonly type: ElementName;
  readonly shape: Shape;
  readonly begin: number;
}

/** What a header says. */
export interface Header {
  /** in the order of the header */
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The header as bytes, with its length before it, filled up with spaces to a multiple of 8. */
export function encodeHeader({ entries, metadata }: Header): Uint8Array<ArrayBuffer> {
  const described = entries.map(({ name, type, shape, begin }): [string, unknown] => [
    name,
    { dtype: codeOf.get(type), shape, data_offsets: [begin, begin + elementBytes({ type, shape })] },
  ]);
  const all: [string, unknown][] =
    Object.keys(metadata).length > 0 ? [[metadataName, metadata], ...described] : described;
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(all)));
  const bytes = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(32);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(text, 8);
  return bytes;
}

/** Reads the text of a header. The tensors must take `dataBytes` bytes. Throws FormatError for what is wrong. */
export function decodeHeader(bytes: Uint8Array, dataBytes: number): Header {
  const json = parse(bytes);
  const entries: Entry[] = [];
  const ends: { readonly entry: Entry; readonly end: number }[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === metadataName) continue;
    const { entry, end } = entryOf(name, value);
    entries.push(entry);
    ends.push({ entry, end });
  }
  checkCover(ends, dataBytes);
  return { entries, metadata: metadataOf(json) };
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bytes[0] !== 0x7b)
    throw wrong(`the header must begin with {; got ${bytes.length === 0 ? 'none' : `byte ${bytes[0]}`}`);
  let text = '';
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong('the header must be JSON in UTF-8; got text that is not', cause);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw wrong(`a name must come once; got ${show(twice)} twice`);
  if (isObject(json)) return json;
  throw wrong('the header must be an object');
}

function entryOf(name: string, value: unknown): { readonly entry: Entry; readonly end: number } {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  const type = typeof dtype === 'string' ? codes.get(dtype) : undefined;
  const what = `tensor ${show(name)}`;
  if (!type) throw wrong(`the dtype of ${what} must be one of ${[...codes.keys()].join(', ')}; got ${show(dtype)}`);
  if (!isSizes(shape)) throw wrong(`the shape of ${what} must be whole numbers ≥ 0; got ${show(shape)}`);
  const [begin, end] = isSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end) {
    throw wrong(`data_offsets of ${what} must be where it begins and ends; got ${show(offsets)}`);
  }
  const expected = elementBytes({ type, shape });
  if (end - begin !== expected) {
    throw wrong(`${what}, ${dtype} ${show(shape)}, must take ${expected} bytes; got ${end - begin}`);
  }
  return { entry: { name, type, shape, begin }, end };
}

/** Throws FormatError unless the tensors fill the data, each byte being part of one of them. */
function checkCover(tensors: readonly { readonly entry: Entry; readonly end: number }[], dataBytes: number): void {
  let covered = 0;
  for (const { entry, end } of [...tensors].sort((a, b) => a.entry.begin - b.entry.begin || a.end - b.end)) {
    if (entry.begin !== covered) {
      const rule = entry.begin < covered ? 'tensors must not overlap' : 'there must be no hole between tensors';
      throw wrong(`${rule}; got tensor ${show(entry.name)} at byte ${entry.begin} after one that ends at ${covered}`);
    }
    covered = end;
  }
  if (covered < dataBytes)
    throw wrong(`the file must end with its tensors, at byte ${covered}; got ${dataBytes} bytes of data`);
  if (covered > dataBytes) {
    throw wrong(`the tensors must take ${covered} bytes; got ${dataBytes}; the file is cut short`);
  }
}

function metadataOf(json: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  if (!Object.hasOwn(json, metadataName)) return {};
  const metadata = json[metadataName];
  if (!isTexts(metadata)) throw wrong(`${metadataName} must be texts by name; got ${show(metadata)}`);
  return metadata;
}

/** Whether this is an object of texts. */
export function isTexts(x: unknown): x is Readonly<Record<string, string>> {
  return isObject(x) && Object.values(x).every((value) => typeof value === 'string');
}

function isObject(x: unknown): x is Readonly<Record<string, unknown>> {
  return typeof x === 'object' && x !== null && !Array.isArray(x);
}

function isSizes(x: unknown): x is readonly number[] {
  return Array.isArray(x) && x.every((each) => Number.isSafeInteger(each) && each >= 0);
}

/** The error of a file that is not in the format. */
export function wrong(text: string, cause?: unknown): FormatError {
  return new FormatError(`safetensors: ${text}`, cause === undefined ? {} : { cause });
}
