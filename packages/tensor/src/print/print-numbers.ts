// Numbers as NumPy prints them: as many digits as distinguish a float from its neighbours, at most eight after the point, aligned
// at the point; with exponents where magnitudes are large, small or far apart.

import { type Dtype, dtypes, isFloat, rounded } from '@treadle/graph';

/** most digits after the point */
const precision = 8;

/** The text of a single number. */
export function showNumber(x: number, dtype: Dtype): string {
  if (!isFloat(dtype) || !Number.isFinite(x)) return numberFormat([x], dtype)(x);
  const round = roundingOf(dtype);
  if (isFarFromOne([x])) return exponential(x, round).replace(/\.(?=e)/, '');
  const text = positional(x, round);
  return text.endsWith('.') ? `${text}0` : text;
}

/** How to print each of some values, such that all texts have one length. */
export function numberFormat(values: readonly number[], dtype: Dtype): (x: number) => string {
  const plain = isFloat(dtype)
    ? floatForm(values, roundingOf(dtype))
    : dtype === 'bool'
      ? (x: number) => `${x !== 0}`
      : String;
  const width = Math.max(0, ...values.map((x) => plain(x).length));
  return (x) => plain(x).padStart(width);
}

/** From any number to the nearest that the dtype has. */
type Rounding = (x: number) => number;

function roundingOf(dtype: Dtype): Rounding {
  return dtypes[dtype].code ? (x) => rounded(dtype, x) : Math.fround;
}

function floatForm(values: readonly number[], round: Rounding): (x: number) => string {
  const finite = values.filter(Number.isFinite);
  const form = isFarFromOne(finite) ? exponential : positional;
  const digits = Math.max(0, ...finite.map((x) => fraction(form(x, round)).length));
  return (x) => {
    if (Number.isNaN(x)) return 'nan';
    if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
    if (form === exponential) return exponential(x, round, digits);
    const text = positional(x, round);
    return text + ' '.repeat(digits - fraction(text).length);
  };
}

function isFarFromOne(finite: readonly number[]): boolean {
  const sizes = finite.filter((x) => x !== 0).map(Math.abs);
  const [largest, smallest] = [Math.max(...sizes), Math.min(...sizes)];
  return sizes.length > 0 && (largest >= 1e7 || smallest < Math.fround(1e-4) || largest / smallest > 1000);
}

function fraction(text: string): string {
  return text.split('.')[1]?.split('e')[0] ?? '';
}

/** `1.5`, `3.`: as many digits as are needed. */
function positional(x: number, round: Rounding): string {
  let text = '';
  for (let digits = 0; digits <= precision; digits++) {
    text = x.toFixed(digits);
    if (round(Number(text)) === x) break;
  }
  const sign = Object.is(x, -0) ? '-' : '';
  return sign + (text.includes('.') ? text.replace(/0+$/, '') : `${text}.`);
}

/** `1.5e-07`, `3.e+10`: as many digits as are needed, and `least` or more. */
function exponential(x: number, round: Rounding, least = 0): string {
  let text = x.toExponential(least);
  for (let digits = least; digits < precision && round(Number(text)) !== x; ) text = x.toExponential(++digits);
  const [mantissa = '', exponent = ''] = text.split('e');
  const sign = Object.is(x, -0) ? '-' : '';
  const point = mantissa.includes('.') ? '' : '.';
  return `${sign}${mantissa}${point}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}
