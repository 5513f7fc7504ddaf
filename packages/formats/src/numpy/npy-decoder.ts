// The bytes of an npy file as they come → a tensor. Nothing is allocated for elements before the header has been checked against the
// length of the file.

import { FormatError, show, type Tensor } from '@treadle/tensor';
import { viewOf } from '../bytes/little-endian.ts';
import type { Sink } from '../bytes/sink.ts';
import { ElementReader, fileBytes, memoryOf } from '../elements/element-reader.ts';
import { decodeNpyHeader, magic, mostTextBytes } from './npy-header.ts';

/** Takes a whole npy file. Throws FormatError as soon as a byte is wrong; `what` begins its message. */
export class NpyDecoder implements Sink {
  readonly #what: string;
  readonly #byteLength: number;
  readonly #willTake: (bytes: number) => void;
  /** the part of the header under way */
  #part: Uint8Array<ArrayBuffer> = new Uint8Array(10);
  #filled = 0;
  /** what is done when the part is full */
  #next: () => void = () => this.#readStart();
  /** the bytes of the header so far */
  #headerBytes = 10;
  #elements: ElementReader | undefined;

  /** For a file of so many bytes. `willTake` is told the bytes that the tensor is going to take, and may throw. */
  constructor(what: string, byteLength: number, willTake: (bytes: number) => void = () => undefined) {
    this.#what = what;
    this.#byteLength = byteLength;
    this.#willTake = willTake;
    if (byteLength < 10) throw this.#wrong(`a file must begin with 10 bytes of header; got ${byteLength} bytes`);
  }

  room(): Uint8Array<ArrayBuffer> {
    return this.#elements ? this.#elements.room() : this.#part.subarray(this.#filled);
  }

  took(count: number): void {
    if (this.#elements) {
      this.#elements.took(count);
      return;
    }
    this.#filled += count;
    if (this.#filled === this.#part.length) this.#next();
  }

  /** The tensor, after the last byte. */
  tensor(): Tensor {
    if (!this.#elements) throw new Error('internal: a header was not read to its end');
    return this.#elements.tensor();
  }

  #readStart(): void {
    const start = this.#part;
    if (magic.some((byte, i) => start[i] !== byte))
      throw this.#wrong('a file must begin with 0x93 NUMPY; got other bytes');
    const [major = 0, minor = 0] = start.subarray(6);
    if (major < 1 || major > 3 || minor !== 0)
      throw this.#wrong(`the version must be 1.0, 2.0 or 3.0; got ${major}.${minor}`);
    const encoding = major === 3 ? 'utf-8' : 'latin1';
    if (major === 1) {
      this.#expectText(viewOf(start).getUint16(8, true), encoding);
      return;
    }
    this.#expect(2, () => {
      const high = viewOf(this.#part).getUint16(0, true);
      this.#expectText(viewOf(start).getUint16(8, true) + 2 ** 16 * high, encoding);
    });
  }

  #expectText(length: number, encoding: 'latin1' | 'utf-8'): void {
    const most = Math.min(mostTextBytes, this.#byteLength - this.#headerBytes);
    if (length > most) throw this.#wrong(`the text of the header must take at most ${most} bytes here; got ${length}`);
    this.#expect(length, () => this.#readText(encoding));
  }

  /** Lets the next bytes be a part of the header. */
  #expect(length: number, next: () => void): void {
    this.#headerBytes += length;
    if (this.#headerBytes > this.#byteLength)
      throw this.#wrong(`the header must be complete; got ${this.#byteLength} bytes`);
    this.#part = new Uint8Array(length);
    this.#filled = 0;
    this.#next = next;
    if (length === 0) next();
  }

  #readText(encoding: 'latin1' | 'utf-8'): void {
    const layout = decodeNpyHeader(this.#what, this.#part, encoding);
    const expected = this.#headerBytes + fileBytes(layout);
    if (expected !== this.#byteLength) {
      const hint = expected > this.#byteLength ? 'the file is cut short' : 'the file is longer than its header says';
      throw this.#wrong(
        `an array ${show(layout.shape)} of ${layout.type} must take ${expected} bytes with its header; got ${this.#byteLength}; ${hint}`,
      );
    }
    this.#willTake(memoryOf(layout));
    this.#elements = new ElementReader(`${this.#what}elements`, layout);
  }

  #wrong(text: string): FormatError {
    return new FormatError(`${this.#what}${text}`);
  }
}
