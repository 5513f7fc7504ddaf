// Derivatives of plain functions of one number, by central differences of the fourth order at two steps: their difference
// bounds what the smaller step still lacks, and rounding in float64 is added.

export interface Derivative {
  readonly value: number;
  /** how far the true derivative may be */
  readonly error: number;
}

/** f gives its value and how far that may be from the truth. */
export type Measured = (t: number) => Derivative;

const coefficients = [
  [-2, 1 / 12],
  [-1, -8 / 12],
  [1, 8 / 12],
  [2, -1 / 12],
] as const;

function difference(f: Measured, h: number): Derivative {
  let [value, error] = [0, 0];
  for (const [steps, weight] of coefficients) {
    const y = f(steps * h);
    value += (weight * y.value) / h;
    error += (Math.abs(weight) * (y.error + 2 ** -52 * Math.abs(y.value))) / h;
  }
  return { value, error };
}

/** f′(0). */
export function derivative(f: Measured, h = 2 ** -7): Derivative {
  const coarse = difference(f, h);
  const fine = difference(f, h / 2);
  return { value: fine.value, error: fine.error + Math.abs(fine.value - coarse.value) };
}
