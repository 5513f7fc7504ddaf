// Entries → the bytes of a zip file, in parts, without going back: sizes and checksums follow each entry in a data descriptor, and come
// again in the directory. Fields of 64 bits are written only where the numbers need them.

import { Deflate } from 'fflate';
import { crc32 } from '../bytes/crc32.ts';
import { type Field, record } from '../bytes/little-endian.ts';
import { count64, in64, signatures } from './directory.ts';

/** A file that is going to be packed. */
export interface UnpackedEntry {
  /** UTF-8 */
  readonly name: Uint8Array;
  readonly byteLength: number;
  parts(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** How a zip file is written. */
export interface ZipFormat {
  readonly isDeflated: boolean;
  /** sizes and offsets from here on take 64 bits; `in64` */
  readonly largest: number;
}

type Parts = AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;

interface PackedEntry {
  readonly entry: UnpackedEntry;
  readonly offset: number;
  readonly crc: number;
  readonly packedBytes: number;
}

/** The length of the file where nothing is deflated. */
export function storedLength(entries: readonly UnpackedEntry[], largest: number): number {
  const directory: PackedEntry[] = [];
  let offset = 0;
  for (const entry of entries) {
    const { byteLength: packedBytes } = entry;
    const packed: PackedEntry = { entry, offset, crc: 0, packedBytes };
    directory.push(packed);
    const format = { isDeflated: false, largest };
    offset += localHeader(entry, format).length + packedBytes + descriptor(packed, format).length;
  }
  return offset + directoryOf(directory, offset, { isDeflated: false, largest }).length;
}

/** The bytes of the file. */
export async function* zipParts(entries: readonly UnpackedEntry[], format: ZipFormat): Parts {
  const directory: PackedEntry[] = [];
  let offset = 0;
  for (const entry of entries) {
    const header = localHeader(entry, format);
    yield header;
    let [crc, packedBytes] = [0, 0];
    const unpacked = observed(entry.parts(), (part) => {
      crc = crc32(part, crc);
    });
    for await (const part of format.isDeflated ? deflated(unpacked) : unpacked) {
      packedBytes += part.length;
      yield part;
    }
    const packed = { entry, offset, crc, packedBytes };
    directory.push(packed);
    const after = descriptor(packed, format);
    yield after;
    offset += header.length + packedBytes + after.length;
  }
  yield directoryOf(directory, offset, format);
}

async function* observed(parts: AsyncIterable<Uint8Array<ArrayBuffer>>, see: (part: Uint8Array) => void): Parts {
  for await (const part of parts) {
    see(part);
    yield part;
  }
}

async function* deflated(parts: AsyncIterable<Uint8Array<ArrayBuffer>>): Parts {
  let ready: Uint8Array<ArrayBuffer>[] = [];
  const deflate = new Deflate({ level: 6 }, (part) => ready.push(part));
  for await (const part of parts) {
    deflate.push(part);
    yield* ready;
    ready = [];
  }
  deflate.push(new Uint8Array(0), true);
  yield* ready;
}

/** Whether the sizes of an entry take 64 bits. Data that cannot be compressed become longer by 5 bytes in 16 KB or more. */
function has64({ byteLength }: UnpackedEntry, { isDeflated, largest }: ZipFormat): boolean {
  return (isDeflated ? byteLength * (1 + 2 ** -9) + 1024 : byteLength) >= largest;
}

/** The version of the format that is needed to read an entry, its flags (sizes follow; names are UTF-8), its method, 1 January 1980. */
function commonFields(is64: boolean, { isDeflated }: ZipFormat): readonly Field[] {
  return [
    [2, is64 ? 45 : 20],
    [2, 0x808],
    [2, isDeflated ? 8 : 0],
    [2, 0],
    [2, 0x21],
  ];
}

function localHeader(entry: UnpackedEntry, format: ZipFormat): Uint8Array<ArrayBuffer> {
  const is64 = has64(entry, format);
  const size = is64 ? in64 : 0;
  const extra = is64
    ? record([
        [2, 1],
        [2, 16],
        [8, 0],
        [8, 0],
      ])
    : new Uint8Array(0);
  const { name } = entry;
  const fields: readonly Field[] = [[4, signatures.local], ...commonFields(is64, format), [4, 0], [4, size], [4, size]];
  return record([...fields, [2, name.length], [2, extra.length]], name, extra);
}

function descriptor({ entry, crc, packedBytes }: PackedEntry, format: ZipFormat): Uint8Array<ArrayBuffer> {
  const bytes = has64(entry, format) ? 8 : 4;
  return record([
    [4, signatures.descriptor],
    [4, crc],
    [bytes, packedBytes],
    [bytes, entry.byteLength],
  ]);
}

function directoryOf(entries: readonly PackedEntry[], offset: number, format: ZipFormat): Uint8Array<ArrayBuffer> {
  const all = entries.map((entry) => centralHeader(entry, format));
  const byteLength = all.reduce((sum, { length }) => sum + length, 0);
  const is64 = entries.length >= Math.min(count64, format.largest) || offset + byteLength >= format.largest;
  if (is64) all.push(end64(entries.length, byteLength, offset));
  const count = is64 ? count64 : entries.length;
  const [size, start] = is64 ? [in64, in64] : [byteLength, offset];
  all.push(
    record([
      [4, signatures.end],
      [4, 0],
      [2, count],
      [2, count],
      [4, size],
      [4, start],
      [2, 0],
    ]),
  );
  return record([], ...all);
}

function centralHeader({ entry, offset, crc, packedBytes }: PackedEntry, format: ZipFormat): Uint8Array<ArrayBuffer> {
  const [is64, isFar] = [has64(entry, format), offset >= format.largest];
  const wide: Field[] = is64
    ? [
        [8, entry.byteLength],
        [8, packedBytes],
      ]
    : [];
  if (isFar) wide.push([8, offset]);
  const extra = wide.length > 0 ? record([[2, 1], [2, 8 * wide.length], ...wide]) : new Uint8Array(0);
  const { name } = entry;
  const fields: readonly Field[] = [
    [4, signatures.central],
    [2, 45],
    ...commonFields(is64 || isFar, format),
    [4, crc],
    [4, is64 ? in64 : packedBytes],
    [4, is64 ? in64 : entry.byteLength],
    [2, name.length],
    [2, extra.length],
    [2, 0],
    [4, 0], // number of the disk, internal attributes
    [4, 0],
    [4, isFar ? in64 : offset],
  ];
  return record(fields, name, extra);
}

/** The end record of 64 bits, and where it is. */
function end64(count: number, byteLength: number, offset: number): Uint8Array<ArrayBuffer> {
  const counts: readonly Field[] = [
    [8, count],
    [8, count],
    [8, byteLength],
    [8, offset],
  ];
  const end = record([[4, signatures.end64], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], ...counts]);
  return record(
    [],
    end,
    record([
      [4, signatures.locator64],
      [4, 0],
      [8, offset + byteLength],
      [4, 1],
    ]),
  );
}
