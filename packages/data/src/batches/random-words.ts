// Random 32-bit words for the order of rows: sfc32, the Small Fast Counting generator of C. Doty-Humphrey (PractRand).
// The state is three mixed words and a counter, so the period is at least 2³². The update of the state is a bijection,
// so two different pairs of seed and stream never have the same state after the same number of updates. Not for
// cryptography.

/** After this many updates, every bit of the seed has changed every bit of the state. */
const warmUp = 15;

/**
 * A generator of words 0 … 2³² − 1 for a seed (0 … 2⁵³ − 1) and a stream (0 … 2³² − 1, for example the epoch). Throws
 * RangeError for a seed or a stream out of range.
 */
export function randomWords(op: string, seed: number, stream: number): () => number {
  checkInteger(op, 'seed', seed, 53);
  checkInteger(op, 'epoch', stream, 32);
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = stream | 0;
  let counter = 1;
  const next = (): number => {
    const word = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + word) | 0;
    return word >>> 0;
  };
  for (let i = 0; i < warmUp; i++) next();
  return next;
}

/** A uniform number from 0 to `last`: as many random bits as `last` has, drawn again while they exceed `last`. */
export function randomUpTo(last: number, next: () => number): number {
  if (last === 0) return 0; // below, the shift would be 32, which JavaScript takes as 0
  const shift = Math.clz32(last);
  let drawn = next() >>> shift;
  while (drawn > last) drawn = next() >>> shift;
  return drawn;
}

function checkInteger(op: string, name: string, value: number, bits: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${op}: ${name} must be a whole number from 0 to 2^${bits} − 1; got ${value}`);
  }
}
