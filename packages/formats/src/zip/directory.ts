// The directory at the end of a zip file (PKWARE's APPNOTE.TXT, 4.3): where each entry begins, how long it is, and how it is packed.
// Reading is strict: the directory fills the file up to its end record, and what this package does not unpack is refused by name.

import { FormatError, show } from '@treadle/tensor';
import { uint64, viewOf } from '../bytes/little-endian.ts';
import { type Reading, readPart } from '../bytes/reading.ts';

export const signatures = {
  local: 0x04034b50,
  descriptor: 0x08074b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;

/** the lengths of records, but for names and what follows them */
export const lengths = { local: 30, central: 46, end: 22, end64: 56, locator64: 20 } as const;

/** the size or offset that means: see the field of 8 bytes */
export const in64 = 0xffffffff;
/** the count that means the same */
export const count64 = 0xffff;

/** A file in a zip file. */
export interface ZipEntry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly byteLength: number;
  /** where its local header begins */
  readonly offset: number;
}

/** Where the directory lies. */
interface Extent {
  readonly count: number;
  readonly offset: number;
  readonly byteLength: number;
}

/** The entries in the order of their places in the file, and where the directory begins. */
export function* readDirectory(
  what: string,
  fileBytes: number,
): Reading<{ readonly entries: readonly ZipEntry[]; readonly end: number }> {
  const { count, offset, byteLength } = yield* readEnd(what, fileBytes);
  const bytes = yield* readPart(offset, byteLength);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { entry, length } = entryAt(what, bytes.subarray(at));
    if (entry.offset > offset)
      throw wrong(what, `${show(entry.name)} must lie before the directory; got byte ${entry.offset}`);
    entries.push(entry);
    at += length;
  }
  if (entries.length !== count) throw wrong(what, `the directory must have ${count} entries; got ${entries.length}`);
  const names = new Set<string>();
  for (const { name } of entries) {
    if (names.has(name)) throw wrong(what, `a name must come once; got ${show(name)} twice`);
    names.add(name);
  }
  return { entries: entries.sort((a, b) => a.offset - b.offset), end: offset };
}

/** The end record is the last one; only a comment follows it. */
function* readEnd(what: string, fileBytes: number): Reading<Extent> {
  const tail = yield* readPart(
    Math.max(0, fileBytes - lengths.end - 0xffff),
    Math.min(fileBytes, lengths.end + 0xffff),
  );
  const view = viewOf(tail);
  let at = tail.length - lengths.end;
  const isEnd = (): boolean =>
    view.getUint32(at, true) === signatures.end && at + lengths.end + view.getUint16(at + 20, true) === tail.length;
  while (at >= 0 && !isEnd()) at--;
  if (at < 0)
    throw wrong(what, 'a zip file must end with its directory; got none; the file is cut short, or no zip file');
  const position = fileBytes - tail.length + at;
  const [disk, directoryDisk, here, count] = [4, 6, 8, 10].map((field) => view.getUint16(at + field, true));
  const [byteLength = 0, offset = 0] = [12, 16].map((field) => view.getUint32(at + field, true));
  if (disk !== 0 || directoryDisk !== 0 || here !== count || count === undefined) {
    throw wrong(what, 'a zip file must be one file; got a part of several');
  }
  const end64 = yield* readEnd64(what, position);
  if (end64) return end64;
  if (count !== count64 && byteLength !== in64 && offset !== in64) {
    return checkExtent(what, { count, offset, byteLength }, position);
  }
  throw wrong(what, 'a directory of 64 bits must have its end record; got none');
}

/** What the end record of 64 bits says, which some programs write even where nothing needs it; undefined where there is none. */
function* readEnd64(what: string, end: number): Reading<Extent | undefined> {
  if (end < lengths.locator64 + lengths.end64) return undefined;
  const locator = viewOf(yield* readPart(end - lengths.locator64, lengths.locator64));
  if (locator.getUint32(0, true) !== signatures.locator64) return undefined;
  const position = uint64(locator, 8);
  if (position <= end - lengths.locator64 - lengths.end64) {
    const view = viewOf(yield* readPart(position, lengths.end64));
    const isThere = view.getUint32(0, true) === signatures.end64;
    if (isThere && position + 12 + uint64(view, 4) === end - lengths.locator64) {
      const [count, byteLength, offset] = [uint64(view, 32), uint64(view, 40), uint64(view, 48)];
      return checkExtent(what, { count, byteLength, offset }, position);
    }
  }
  throw wrong(what, `the end record of 64 bits must lie before its locator; got byte ${position}`);
}

function checkExtent(what: string, extent: Extent, end: number): Extent {
  const { offset, byteLength } = extent;
  if (offset + byteLength === end) return extent;
  throw wrong(what, `the directory must end at byte ${end}; got ${offset} + ${byteLength}`);
}

function entryAt(what: string, bytes: Uint8Array): { readonly entry: ZipEntry; readonly length: number } {
  const view = viewOf(bytes);
  if (bytes.length < lengths.central || view.getUint32(0, true) !== signatures.central) {
    throw wrong(what, 'the directory must have an entry where one is announced; got other bytes');
  }
  const [flags = 0, method = 0] = [8, 10].map((field) => view.getUint16(field, true));
  const [crc = 0, packed = 0, unpacked = 0] = [16, 20, 24].map((field) => view.getUint32(field, true));
  const [nameBytes = 0, extraBytes = 0, commentBytes = 0] = [28, 30, 32].map((field) => view.getUint16(field, true));
  const length = lengths.central + nameBytes + extraBytes + commentBytes;
  if (length > bytes.length) throw wrong(what, 'the directory must be complete; got an entry that is cut');
  const name = nameOf(what, bytes.subarray(lengths.central, lengths.central + nameBytes), flags);
  checkMethod(what, name, flags, method);
  const extra = bytes.subarray(lengths.central + nameBytes, lengths.central + nameBytes + extraBytes);
  const [byteLength = 0, packedBytes = 0, offset = 0] = widened(what, name, extra, [
    unpacked,
    packed,
    view.getUint32(42, true),
  ]);
  const isDeflated = method === 8;
  if (!isDeflated && packedBytes !== byteLength) {
    throw wrong(what, `${show(name)}, which is stored, must take ${byteLength} bytes; got ${packedBytes}`);
  }
  return { entry: { name, isDeflated, crc, packedBytes, byteLength, offset }, length };
}

export function nameOf(what: string, bytes: Uint8Array, flags: number): string {
  const isUtf8 = (flags & 0x800) !== 0;
  if (!isUtf8 && bytes.some((byte) => byte > 127)) {
    throw wrong(what, 'names must be ASCII or UTF-8; got one in another encoding');
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${what}: names must be UTF-8; got bytes that are not`, { cause });
  }
}

function checkMethod(what: string, name: string, flags: number, method: number): void {
  if ((flags & 0x2061) !== 0)
    throw wrong(what, `${show(name)} must not be encrypted or patched; got flags 0x${flags.toString(16)}`);
  const methods: Readonly<Record<number, string>> = {
    9: 'Deflate64',
    12: 'bzip2',
    14: 'LZMA',
    93: 'Zstandard',
    95: 'xz',
  };
  if (method === 0 || method === 8) return;
  throw wrong(
    what,
    `${show(name)} must be stored or deflated; got method ${method}${method in methods ? ` (${methods[method]})` : ''}`,
  );
}

/** The fields, those that say so taken from the extra field of 64 bits. */
function widened(what: string, name: string, extra: Uint8Array, fields: readonly number[]): readonly number[] {
  if (!fields.includes(in64)) return fields;
  const view = viewOf(extra);
  let at = 0;
  while (at + 4 <= extra.length && view.getUint16(at, true) !== 1) at += 4 + view.getUint16(at + 2, true);
  const end = at + 4 <= extra.length ? at + 4 + view.getUint16(at + 2, true) : 0;
  let from = at + 4;
  return fields.map((field) => {
    if (field !== in64) return field;
    if (from + 8 > Math.min(end, extra.length)) {
      throw wrong(what, `the sizes of ${show(name)} must be in its extra field of 64 bits; got none`);
    }
    from += 8;
    return uint64(view, from - 8);
  });
}

/** The error of a file that breaks a rule. */
export function wrong(what: string, text: string): FormatError {
  return new FormatError(`${what}: ${text}`);
}
