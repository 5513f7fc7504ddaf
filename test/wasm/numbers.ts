// Bit patterns and numbers. A value of any type is held as its bit pattern, a bigint; here patterns become numbers and
// numbers are rounded back to patterns. Every NaN that is computed has the canonical pattern.

export interface Lane {
  readonly kind: 'i' | 'f';
  readonly bits: number;
}

export interface Shape extends Lane {
  readonly count: number;
}

/** The lanes of a type as instruction names write it: `f32`, `i16x8`, `v128` (one lane of 128 bits). */
export function shapeOf(type: string): Shape {
  const [, kind, bits, count] = /^([ifv])(\d+)(?:x(\d+))?$/.exec(type) ?? [];
  if (kind === undefined) throw new Error(`no shape for ${type}`);
  return { kind: kind === 'f' ? 'f' : 'i', bits: Number(bits), count: Number(count ?? 1) };
}

export function split(value: bigint, { bits, count }: Shape): bigint[] {
  return Array.from({ length: count }, (_, i) => BigInt.asUintN(bits, value >> BigInt(bits * i)));
}

export function join(lanes: readonly bigint[], bits: number): bigint {
  return lanes.reduce((value, lane, i) => value | (BigInt.asUintN(bits, lane) << BigInt(bits * i)), 0n);
}

const scratch = new DataView(new ArrayBuffer(8));

export function toFloat(pattern: bigint, bits: number): number {
  scratch.setBigUint64(0, bits === 32 ? pattern << 32n : pattern);
  return bits === 32 ? scratch.getFloat32(0) : scratch.getFloat64(0);
}

/** Rounds to nearest, ties to even. */
export function fromFloat(value: number, bits: number): bigint {
  if (Number.isNaN(value)) return bits === 32 ? 0x7fc0_0000n : 0x7ff8_0000_0000_0000n;
  if (bits === 32) scratch.setFloat32(0, value);
  else scratch.setFloat64(0, value);
  return bits === 32 ? BigInt(scratch.getUint32(0)) : scratch.getBigUint64(0);
}

/** mantissa · 2^exponent, exactly. */
function decompose(x: number): { mantissa: bigint; exponent: number } {
  const pattern = fromFloat(x, 64);
  const biased = Number((pattern >> 52n) & 0x7ffn);
  const fraction = pattern & 0xf_ffff_ffff_ffffn;
  const magnitude = biased === 0 ? fraction : fraction | (1n << 52n);
  return { mantissa: x < 0 ? -magnitude : magnitude, exponent: Math.max(biased, 1) - 1075 };
}

/** mantissa · 2^exponent rounded once to a float of `bits` bits, ties to even. */
export function round(mantissa: bigint, exponent: number, bits: number): number {
  const [precision, least] = bits === 32 ? [24, -149] : [53, -1074];
  const magnitude = mantissa < 0n ? -mantissa : mantissa;
  const dropped = Math.max(magnitude.toString(2).length - precision, least - exponent, 0);
  let kept = magnitude >> BigInt(dropped);
  const twice = (magnitude - (kept << BigInt(dropped))) << 1n;
  const one = 1n << BigInt(dropped);
  if (twice > one || (twice === one && kept % 2n === 1n)) kept += 1n;
  const rounded = Number(kept) * 2 ** (exponent + dropped);
  return mantissa < 0n ? -rounded : rounded;
}

/** a · b + c, rounded once. */
export function fusedMultiplyAdd(a: number, b: number, c: number, bits: number): number {
  if (![a, b, c].every(Number.isFinite)) return a * b + c;
  const [x, y, z] = [decompose(a), decompose(b), decompose(c)];
  const product = x.exponent + y.exponent;
  const least = Math.min(product, z.exponent);
  const sum = ((x.mantissa * y.mantissa) << BigInt(product - least)) + (z.mantissa << BigInt(z.exponent - least));
  return sum === 0n ? a * b + c : round(sum, least, bits); // a sum of zero is exact; its sign follows the usual rule
}

/** Rounds to an integer, ties to even. */
export function nearest(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return up ? (below === -1 ? -0 : below + 1) : x === 0 ? x : below;
}
