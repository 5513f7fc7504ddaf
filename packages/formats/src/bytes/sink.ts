// Where bytes go as they are read: a sink says where the next ones belong, and is told how many were put there.

import type { Reading } from './reading.ts';

/** Takes bytes in order. */
export interface Sink {
  /** Where the next bytes belong; empty if none is missing. It need not be filled. */
  room(): Uint8Array<ArrayBuffer>;
  /** Says that so many bytes were put into the room. */
  took(count: number): void;
}

/** Reads from a position on until the sink misses no byte. */
export function* fill(sink: Sink, begin: number): Reading<void> {
  let position = begin;
  for (let into = sink.room(); into.length > 0; into = sink.room()) {
    yield { position, into };
    sink.took(into.length);
    position += into.length;
  }
}

/** Gives these bytes to the sink. Returns how many it took. */
export function feed(sink: Sink, bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const room = sink.room();
    const part = bytes.subarray(at, at + room.length);
    if (part.length === 0) break;
    room.set(part);
    sink.took(part.length);
    at += part.length;
  }
  return at;
}
