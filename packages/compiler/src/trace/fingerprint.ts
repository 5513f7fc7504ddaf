// The fingerprint of a capture: its structure as a list of integers, with a hash. Two captures with equal fingerprints run the same
// plan. An op counts by its key, which is given a number. A source counts by its kind alone, so that another value needs no other
// plan; only a constant counts by its value.

import { type Dtype, dtypes, type Node, type Source } from '@treadle/graph';

/** The structure of a capture. */
export interface Fingerprint {
  /** only the first `length` of them are valid */
  readonly numbers: Int32Array;
  readonly length: number;
  readonly hash: number;
}

/** Whether two captures have the same structure. */
export function sameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  if (a.hash !== b.hash || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a.numbers[i] !== b.numbers[i]) return false;
  return true;
}

/** A copy that stays valid when the next fingerprint is written. */
export function copyFingerprint({ numbers, length, hash }: Fingerprint): Fingerprint {
  return { numbers: numbers.slice(0, length), length, hash };
}

const dtypeNumbers = new Map(Object.keys(dtypes).map((dtype, number) => [dtype, number] as const));
/** Negative, because ops are numbered from 1. */
const sources: Readonly<Record<Source['kind'], number>> = {
  stored: -1,
  number: -2,
  drawn: -3,
  argument: -4,
  variable: -5,
  constant: -6,
};
const [rootMark, targetMark, nameMark] = [-7, -8, -9];

/** Numbers for the keys of ops. When there are too many all are forgotten; a number is never used for two keys. */
const mostKeys = 65_536;
const keys = new Map<string, number>();
let keysGiven = 0;

function numberOf(key: string): number {
  let number = keys.get(key);
  if (number === undefined) {
    if (keys.size >= mostKeys) keys.clear();
    number = ++keysGiven;
    keys.set(key, number);
  }
  return number;
}

/** The fingerprint of a plan that is known by a text. */
export function namedFingerprint(name: string): Fingerprint {
  const number = numberOf(name);
  return { numbers: Int32Array.of(nameMark, number), length: 2, hash: number };
}

/** A constant counts by its bits. */
const floats = new Float64Array(1);
const words = new Int32Array(floats.buffer);

/** Writes one fingerprint after another into the same buffer. */
export class FingerprintWriter {
  #numbers = new Int32Array(1024);
  #length = 0;
  #hash = 0;

  begin(): void {
    this.#length = 0;
    this.#hash = 0;
  }

  source({ shape, dtype }: Node, source: Source): void {
    this.#put(sources[source.kind]);
    this.#type(shape, dtype);
    if (source.kind === 'argument') this.#put(source.index);
    if (source.kind === 'constant') {
      floats[0] = source.value;
      this.#put(words[0] ?? 0);
      this.#put(words[1] ?? 0);
    }
  }

  /** Needs the positions of the inputs, as their `mark`. */
  applied({ op, inputs, shape, dtype }: Node): void {
    if (!op) throw new Error('internal: a node must have an op or a source');
    this.#put(numberOf(op.key));
    this.#type(shape, dtype);
    this.#put(inputs.length);
    for (const { mark } of inputs) this.#put(mark);
  }

  /** `variable`: the position of the target's old value, if something reads it. */
  root(position: number, isAssigned: boolean, variable: number | undefined): void {
    this.#put(isAssigned ? targetMark : rootMark);
    this.#put(position);
    if (isAssigned) this.#put(variable ?? -1);
  }

  /** What was written; valid until the next begin. */
  end(): Fingerprint {
    return { numbers: this.#numbers, length: this.#length, hash: this.#hash };
  }

  #type(shape: Node['shape'], dtype: Dtype): void {
    this.#put(dtypeNumbers.size * shape.length + (dtypeNumbers.get(dtype) ?? 0));
    for (const extent of shape) this.#put(extent);
  }

  #put(x: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Int32Array(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length++] = x;
    // One step of FNV-1a on words, with a rotation so that high bits affect low ones.
    const mixed = Math.imul(this.#hash ^ x, 0x01000193);
    this.#hash = (mixed << 13) | (mixed >>> 19);
  }
}
