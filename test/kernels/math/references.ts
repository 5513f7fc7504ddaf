// Float64 references of functions that JavaScript does not have.

const { abs, exp, PI, sqrt } = Math;

/** 2/√π·Σ 2ⁿx²ⁿ⁺¹/(1·3·…·(2n + 1))·e^−x²: all terms positive, so no cancellation; for |x| < 2.5. */
function erfSeries(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; abs(term) > 1e-18 * abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / sqrt(PI)) * exp(-x * x) * sum;
}

/** e^−x²/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), Laplace's continued fraction, for x ≥ 2.5. */
function erfcFraction(x: number): number {
  let fraction = x;
  for (let n = 80; n > 0; n--) fraction = x + n / 2 / fraction;
  return exp(-x * x) / sqrt(PI) / fraction;
}

/** The error function, to about 1e-15. */
export function erf(x: number): number {
  if (abs(x) < 2.5) return erfSeries(x);
  return x > 6 ? 1 : x < -6 ? -1 : x > 0 ? 1 - erfcFraction(x) : x < 0 ? erfcFraction(-x) - 1 : x;
}

/** 1 − erf x, to about 1e-12 of itself. */
export function erfc(x: number): number {
  if (abs(x) < 2.5) return 1 - erfSeries(x);
  if (x === Infinity) return 0;
  return x < 0 ? 2 - erfc(-x) : erfcFraction(x);
}
