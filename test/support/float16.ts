// float16 by its definition: the value of each bit pattern, and the nearest of all values, found by search. Shares nothing with
// the arithmetic that the engine uses.

/** The number that 16 bits stand for: IEEE 754 binary16. */
export function float16Of(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

/** The finite values that are not negative, in ascending order, which is that of their bits; and 2¹⁶, which stands for infinity. */
const ascending: readonly number[] = [...Array.from({ length: 0x7c00 }, (_, bits) => float16Of(bits)), 2 ** 16];

/** The bits of the float16 nearest to a number; of two equally near, the one whose bits are even. NaN is 0x7e00. */
export function nearestFloat16(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const size = Math.min(Math.abs(x), 2 ** 16);
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! >= size) high = middle;
    else low = middle + 1;
  }
  const [above, below] = [low, Math.max(0, low - 1)];
  const toAbove = ascending[above]! - size;
  const toBelow = size - ascending[below]!;
  const isBelow = toBelow < toAbove || (toBelow === toAbove && below % 2 === 0);
  return (isBelow ? below : above) | (x < 0 || Object.is(x, -0) ? 0x8000 : 0);
}
