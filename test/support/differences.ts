// Derivatives of functions of one number by central differences of the fourth order, with two step sizes. The
// difference between the two bounds the error of the smaller step; the rounding error of float64 is added.

export interface Derivative {
  readonly value: number;
  /** a bound of the distance to the true derivative */
  readonly error: number;
}

/** A function that returns its value and a bound of its error. */
export type Measured = (t: number) => Derivative;

const coefficients = [
  [-2, 1 / 12],
  [-1, -8 / 12],
  [1, 8 / 12],
  [2, -1 / 12],
] as const;

function difference(f: Measured, h: number): Derivative {
  let [value, error] = [0, 0];
  for (const [offset, weight] of coefficients) {
    const y = f(offset * h);
    value += (weight * y.value) / h;
    error += (Math.abs(weight) * (y.error + 2 ** -52 * Math.abs(y.value))) / h;
  }
  return { value, error };
}

/** f′(0), with a bound of its error. */
export function derivative(f: Measured, h = 2 ** -7): Derivative {
  const coarse = difference(f, h);
  const fine = difference(f, h / 2);
  return { value: fine.value, error: fine.error + Math.abs(fine.value - coarse.value) };
}
