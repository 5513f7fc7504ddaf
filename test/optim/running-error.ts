// Float64 figures that know how far float32 arithmetic may have got from them: running error analysis (Wilkinson). Every
// operation adds what rounding its result to float32 costs to what its operands were already off.

/** Half the distance from 1 to the next float32. */
export const u = 2 ** -24;

export interface Figure {
  readonly value: number;
  /** |float32 − value| is no more */
  readonly error: number;
}

/** Rounded to float32, in its denormal range too: half of 2⁻¹⁴⁹ there. */
const rounded = (value: number, error: number, units = 1): Figure => ({
  value,
  error: error + units * (u * (Math.abs(value) + error) + 2 ** -150),
});

/** What float32 holds exactly. */
export const exact = (value: number): Figure => ({ value, error: 0 });
/** A number that becomes a float32. */
export const given = (value: number): Figure => rounded(value, 0);

export const add = (a: Figure, b: Figure): Figure => rounded(a.value + b.value, a.error + b.error);
export const sub = (a: Figure, b: Figure): Figure => rounded(a.value - b.value, a.error + b.error);
export const mul = (a: Figure, b: Figure): Figure =>
  rounded(a.value * b.value, Math.abs(a.value) * b.error + Math.abs(b.value) * a.error + a.error * b.error);

export const div = (a: Figure, b: Figure): Figure => {
  const least = Math.abs(b.value) - b.error;
  return rounded(a.value / b.value, (a.error + Math.abs(a.value / b.value) * b.error) / least);
};

export const sqrt = (a: Figure): Figure => {
  const root = Math.sqrt(a.value);
  const low = root - Math.sqrt(Math.max(0, a.value - a.error));
  return rounded(root, Math.max(low, Math.sqrt(a.value + a.error) - root));
};

export const neg = (a: Figure): Figure => ({ value: -a.value, error: a.error });
export const abs = (a: Figure): Figure => ({ value: Math.abs(a.value), error: a.error });
export const max = (a: Figure, b: Figure): Figure => ({
  value: Math.max(a.value, b.value),
  error: Math.max(a.error, b.error),
});
/** −1, 0 or 1: any of them where the figure may lie on either side of 0. */
export const sign = (a: Figure): Figure => ({
  value: Math.sign(a.value),
  error: Math.abs(a.value) > a.error ? 0 : a.error && 2,
});

/** cos x, which the engine computes to 2 ulp (4u). */
export const cos = (a: Figure): Figure => rounded(Math.cos(a.value), a.error, 4);

/** eˣ and eˣ − 1, which the engine computes to 2 ulp (4u). */
export const exp = (a: Figure): Figure => rounded(Math.exp(a.value), Math.exp(a.value + a.error) * a.error, 4);
export const expm1 = (a: Figure): Figure => rounded(Math.expm1(a.value), Math.exp(a.value + a.error) * a.error, 4);

/** Fails where a figure of float32 is further off than it may be. */
export function check(got: ArrayLike<number>, expected: readonly Figure[], when: string): void {
  if (got.length !== expected.length) throw new Error(`${when}: got ${got.length} figures for ${expected.length}`);
  expected.forEach(({ value, error }, i) => {
    const off = Math.abs(got[i]! - value);
    if (!(off <= error))
      throw new Error(`${when}, at ${i}: got ${got[i]}, expected ${value}, off by ${off}, bound ${error}`);
  });
}
