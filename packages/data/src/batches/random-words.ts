// Random 32-bit words for the order of rows: sfc32, the Small Fast Counting generator of C. Doty-Humphrey (PractRand). Its
// state is three mixed words and a counter, so the period is at least 2³², and its step is a bijection: two different
// pairs of seed and stream never meet in the same state at the same step. Not for secrets.

const warmUp = 15; // steps until every bit of the seed has reached every bit of the state

/**
 * The generator of words 0 … 2³² − 1 of a seed (0 … 2⁵³ − 1) and a stream (0 … 2³² − 1, the epoch for one).
 * Throws RangeError for others.
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

/** One of 0 … `last`, each as likely: the lowest bits that can hold `last`, drawn again while they exceed it. */
export function randomUpTo(last: number, next: () => number): number {
  const shift = Math.clz32(last); // 32 when last is 0, and a shift by 32 is none: so 0 is answered apart
  if (last === 0) return 0;
  let drawn = next() >>> shift;
  while (drawn > last) drawn = next() >>> shift;
  return drawn;
}

function checkInteger(op: string, name: string, value: number, bits: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${op}: ${name} must be a whole number from 0 to 2^${bits} − 1; got ${value}`);
  }
}
