// Records of numbers in little-endian order, for the headers of files.

/** A number and the bytes that it takes: 2, 4 or 8. */
export type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** The fields one after the other, followed by these bytes. */
export function record(fields: readonly Field[], ...rest: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const start = fields.reduce((sum, [bytes]) => sum + bytes, 0);
  const all = new Uint8Array(rest.reduce((sum, { length }) => sum + length, start));
  const view = new DataView(all.buffer);
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  for (const bytes of rest) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

/** A view of bytes for reading numbers. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** A number of 8 bytes. One that is no safe integer is rounded, and larger than any file. */
export function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
