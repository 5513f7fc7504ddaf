// The error of a float32 in units of the last place (ulp) of float32 at the true value, which is known in float64. The
// error is Infinity if only one of the two is NaN, and if the true value is zero or infinite and the result is another
// value (the sign of zero counts). A true value too large for float32 counts as 2¹²⁸, and so does a result of ±∞ for a
// finite true value.

const view = new DataView(new ArrayBuffer(8));

/** The ulp of float32 at x: 2^(⌊log₂|x|⌋ − 23), and 2⁻¹⁴⁹ for denormal numbers and zero. */
export function ulpOf(x: number): number {
  view.setFloat64(0, Math.min(Math.abs(x), 2 ** 127));
  const exponent = Math.max((view.getUint16(0) >> 4) - 1023, -126);
  view.setBigUint64(0, BigInt(exponent - 23 + 1023) << 52n);
  return view.getFloat64(0);
}

/** |got − truth| / ulp(truth). */
export function ulpDistance(got: number, truth: number): number {
  if (Number.isNaN(truth)) return Number.isNaN(got) ? 0 : Infinity;
  if (truth === 0 || !Number.isFinite(truth)) return Object.is(got, truth) ? 0 : Infinity;
  if (Number.isNaN(got)) return Infinity;
  const limit = (x: number) => Math.max(-(2 ** 128), Math.min(2 ** 128, x));
  return Math.abs(limit(got) - limit(truth)) / ulpOf(truth);
}
