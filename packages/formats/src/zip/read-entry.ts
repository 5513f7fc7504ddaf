// The content of one entry of a zip file, stored or deflated, given to a sink. No more is unpacked than the directory says, and what was
// unpacked has the checksum that the directory says. Entries must not overlap: so all of them together take no more than the file.

import { show } from '@treadle/tensor';
import { Inflate } from 'fflate';
import { crc32 } from '../bytes/crc32.ts';
import { viewOf } from '../bytes/little-endian.ts';
import { type Reading, readPart } from '../bytes/reading.ts';
import { feed, type Sink } from '../bytes/sink.ts';
import { lengths, nameOf, signatures, wrong, type ZipEntry } from './directory.ts';

/** Inflates to 8 MB at most: DEFLATE stores 258 bytes in two bits. */
const partBytes = 2 ** 13;
/** A block that is stored takes at most 65,540 bytes, and then gives output. */
const mostWithoutOutput = 2 ** 17;

/** A sink that knows the name of what it takes. */
interface Checked {
  readonly sink: Sink;
  readonly refuse: (text: string) => Error;
  crc: number;
  byteLength: number;
}

/**
 * Reads an entry that begins after `from` and ends before `to`. Returns where it ends. `sink` must take exactly so many bytes as the
 * entry says. Throws FormatError for what is wrong.
 */
export function* readEntry(what: string, entry: ZipEntry, from: number, to: number, sink: Sink): Reading<number> {
  const refuse = refusal(what, entry);
  const start = yield* readLocalHeader(what, entry, from, to);
  const end = start + entry.packedBytes;
  if (end > to) throw refuse(`must end before byte ${to}; got ${end}`);
  const checked: Checked = { sink, refuse, crc: 0, byteLength: 0 };
  if (entry.isDeflated) yield* readDeflated(entry, start, checked);
  else yield* readStored(entry, start, checked);
  if (checked.byteLength !== entry.byteLength) {
    throw refuse(`must unpack to ${entry.byteLength} bytes; got ${checked.byteLength}`);
  }
  if (checked.crc !== entry.crc)
    throw refuse(`must have the checksum ${hex(entry.crc)}; got ${hex(checked.crc)}; it is damaged`);
  return end;
}

/** Makes errors that begin with the name of the entry. */
function refusal(what: string, { name }: ZipEntry): Checked['refuse'] {
  return (text) => wrong(what, `${show(name)} ${text}`);
}

/** Where the content begins. */
function* readLocalHeader(what: string, entry: ZipEntry, from: number, to: number): Reading<number> {
  const refuse = refusal(what, entry);
  const { offset, name } = entry;
  if (offset < from) throw refuse(`must not overlap with another entry; got byte ${offset} before ${from}`);
  if (offset + lengths.local > to) throw refuse('must have a local header; got none');
  const view = viewOf(yield* readPart(offset, lengths.local));
  const [flags = 0, nameBytes = 0, extraBytes = 0] = [6, 26, 28].map((field) => view.getUint16(field, true));
  const start = offset + lengths.local + nameBytes + extraBytes;
  if (view.getUint32(0, true) !== signatures.local || start > to) throw refuse('must have a local header; got none');
  const local = nameOf(what, yield* readPart(offset + lengths.local, nameBytes), flags);
  if (local !== name) throw refuse(`must have that name in its local header; got ${show(local)}`);
  return start;
}

function* readStored(entry: ZipEntry, start: number, checked: Checked): Reading<void> {
  const { sink } = checked;
  while (checked.byteLength < entry.byteLength) {
    const room = sink.room();
    const into = room.subarray(0, entry.byteLength - checked.byteLength);
    if (into.length === 0) throw checked.refuse('must end with its array; got more bytes');
    yield { position: start + checked.byteLength, into };
    checked.crc = crc32(into, checked.crc);
    checked.byteLength += into.length;
    sink.took(into.length);
  }
}

function* readDeflated(entry: ZipEntry, start: number, checked: Checked): Reading<void> {
  const inflate = new Inflate((part) => take(entry, part, checked));
  let silent = 0;
  for (let at = 0; at < entry.packedBytes; at += partBytes) {
    const into = new Uint8Array(Math.min(partBytes, entry.packedBytes - at));
    yield { position: start + at, into };
    const before = checked.byteLength;
    push(inflate, into, at + into.length === entry.packedBytes, checked);
    silent = checked.byteLength > before ? 0 : silent + into.length;
    if (silent > mostWithoutOutput) throw checked.refuse('must end where its deflated data end; got more bytes');
  }
}

function push(inflate: Inflate, part: Uint8Array, isLast: boolean, { refuse }: Checked): void {
  try {
    inflate.push(part, isLast);
  } catch (error) {
    // fflate numbers its errors; others come from the sink
    if (error instanceof Error && typeof Reflect.get(error, 'code') === 'number') {
      throw refuse(`must be deflated data; got data that are not (${error.message})`);
    }
    throw error;
  }
}

function take(entry: ZipEntry, part: Uint8Array, checked: Checked): void {
  if (checked.byteLength + part.length > entry.byteLength) {
    throw checked.refuse(`must unpack to ${entry.byteLength} bytes; got more`);
  }
  if (feed(checked.sink, part) < part.length) throw checked.refuse('must end with its array; got more bytes');
  checked.crc = crc32(part, checked.crc);
  checked.byteLength += part.length;
}

function hex(crc: number): string {
  return `0x${crc.toString(16).padStart(8, '0')}`;
}
