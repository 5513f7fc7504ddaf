// The checksum of a tensor: XXH32 of its bytes as they are stored (Y. Collet, XXH32 specification), which is fast without any native
// code. It finds damage; it is no protection against somebody who means to deceive.

import { newStoredArray, openElements, type Tensor } from '@treadle/tensor';

const primes = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;
const [p1, p2, p3, p4, p5] = primes;
/** bytes that are taken in at once */
const stripe = 16;
/** elements that are read at once */
const partLength = 2 ** 18;

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** XXH32 with seed 0 over bytes that come in parts. */
class Checksum {
  #a = (p1 + p2) | 0;
  #b = p2 | 0;
  #c = 0;
  #d = -p1 | 0;
  #length = 0;
  /** bytes that do not fill a stripe yet */
  readonly #rest = new Uint8Array(stripe);
  #restLength = 0;

  /** Takes in further bytes. */
  add(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let at = 0;
    if (this.#restLength > 0) {
      at = Math.min(bytes.length, stripe - this.#restLength);
      this.#rest.set(bytes.subarray(0, at), this.#restLength);
      this.#restLength += at;
      if (this.#restLength < stripe) return;
      this.#takeStripes(this.#rest);
    }
    const whole = at + stripe * Math.floor((bytes.length - at) / stripe);
    this.#takeStripes(bytes.subarray(at, whole));
    this.#rest.set(bytes.subarray(whole));
    this.#restLength = bytes.length - whole;
  }

  /** The checksum of all bytes so far, as 8 hexadecimal digits. */
  get value(): string {
    const rest = new DataView(this.#rest.buffer, 0, this.#restLength);
    let h = p5 | 0;
    if (this.#length >= stripe) h = rotate(this.#a, 1) + rotate(this.#b, 7) + rotate(this.#c, 12) + rotate(this.#d, 18);
    h = (h + this.#length) | 0;
    let at = 0;
    for (; at + 4 <= rest.byteLength; at += 4) {
      h = Math.imul(rotate(h + Math.imul(rest.getUint32(at, true), p3), 17), p4);
    }
    for (; at < rest.byteLength; at++) h = Math.imul(rotate(h + Math.imul(rest.getUint8(at), p5), 11), p1);
    h = Math.imul(h ^ (h >>> 15), p2);
    h = Math.imul(h ^ (h >>> 13), p3);
    return ((h ^ (h >>> 16)) >>> 0).toString(16).padStart(8, '0');
  }

  /** Four sums of products, one for each word of a stripe. Words are read as the machine stores them, as the tensors are. */
  #takeStripes(bytes: Uint8Array): void {
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d];
    for (let i = 0; i < words.length; i += 4) {
      a = Math.imul(rotate(a + Math.imul(words[i]!, p2), 13), p1);
      b = Math.imul(rotate(b + Math.imul(words[i + 1]!, p2), 13), p1);
      c = Math.imul(rotate(c + Math.imul(words[i + 2]!, p2), 13), p1);
      d = Math.imul(rotate(d + Math.imul(words[i + 3]!, p2), 13), p1);
    }
    [this.#a, this.#b, this.#c, this.#d] = [a, b, c, d];
  }
}

/** The checksum of the elements of a tensor at the time of the call. */
export async function checksumOf(x: Tensor): Promise<string> {
  const elements = openElements(x);
  try {
    const checksum = new Checksum();
    const part = newStoredArray(elements.dtype, Math.min(x.size, partLength));
    for (let first = 0; first < x.size; first += partLength) {
      const to = part.subarray(0, x.size - first);
      await elements.read(first, to);
      checksum.add(new Uint8Array(to.buffer, to.byteOffset, to.byteLength));
    }
    return checksum.value;
  } finally {
    elements.close();
  }
}
