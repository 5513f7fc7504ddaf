// What instructions compute in one lane, or in a scalar, which is a single lane. A lane is a bit pattern.

import { fromFloat, fusedMultiplyAdd, type Lane, nearest, toFloat } from './numbers.ts';

/** What a running program can change, and what the machine under test is known to do. */
export interface Machine {
  readonly memory: Uint8Array;
  /** the index of the function at each position; undefined where there is none */
  readonly table: readonly (number | undefined)[];
  /** whether relaxed multiply-add rounds once */
  readonly fused: boolean;
}

export class Trap extends Error {}

type Binary<T, R> = (a: T, b: T) => R;

export function clamp(x: bigint, bits: number, signed: boolean): bigint {
  const [low, high] = signed ? [-(1n << BigInt(bits - 1)), 1n << BigInt(bits - 1)] : [0n, 1n << BigInt(bits)];
  return x < low ? low : x >= high ? high - 1n : x;
}

function divide(a: bigint, b: bigint, bits: number): bigint {
  if (b === 0n) throw new Trap('divide by zero');
  if (a / b === 1n << BigInt(bits - 1) && b === -1n) throw new Trap('integer overflow');
  return a / b;
}

function remainder(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new Trap('remainder by zero');
  return a % b;
}

const ones = (x: bigint): number => x.toString(2).replaceAll('0', '').length;
const width = (x: bigint): number => (x === 0n ? 0 : x.toString(2).length);

export function integerOps(bits: number): Record<string, Binary<bigint, bigint>> {
  const n = BigInt(bits);
  const s = (x: bigint): bigint => BigInt.asIntN(bits, x);
  return {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div_s: (a, b) => divide(s(a), s(b), bits),
    div_u: (a, b) => divide(a, b, bits),
    rem_s: (a, b) => remainder(s(a), s(b)),
    rem_u: (a, b) => remainder(a, b),
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    andnot: (a, b) => a & ~b,
    not: (a) => ~a,
    shl: (a, b) => a << (b % n),
    shr_s: (a, b) => s(a) >> (b % n),
    shr_u: (a, b) => a >> (b % n),
    rotl: (a, b) => (a << (b % n)) | (a >> (n - (b % n))),
    rotr: (a, b) => (a >> (b % n)) | (a << (n - (b % n))),
    clz: (a) => n - BigInt(width(a)),
    ctz: (a) => (a === 0n ? n : BigInt(width(a & -a) - 1)),
    popcnt: (a) => BigInt(ones(a)),
    abs: (a) => (s(a) < 0n ? -a : a),
    neg: (a) => -a,
    min_s: (a, b) => (s(a) < s(b) ? a : b),
    min_u: (a, b) => (a < b ? a : b),
    max_s: (a, b) => (s(a) > s(b) ? a : b),
    max_u: (a, b) => (a > b ? a : b),
    avgr_u: (a, b) => (a + b + 1n) >> 1n,
    add_sat_s: (a, b) => clamp(s(a) + s(b), bits, true),
    add_sat_u: (a, b) => clamp(a + b, bits, false),
    sub_sat_s: (a, b) => clamp(s(a) - s(b), bits, true),
    sub_sat_u: (a, b) => clamp(a - b, bits, false),
    q15mulr_sat_s: (a, b) => clamp((s(a) * s(b) + 0x4000n) >> 15n, bits, true),
    xchg: (_, b) => b,
    extend8_s: (a) => BigInt.asIntN(8, a),
    extend16_s: (a) => BigInt.asIntN(16, a),
    extend32_s: (a) => BigInt.asIntN(32, a),
  };
}

function integerTests(bits: number): Record<string, Binary<bigint, boolean>> {
  const s = (x: bigint): bigint => BigInt.asIntN(bits, x);
  return {
    eqz: (a) => a === 0n,
    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    lt_s: (a, b) => s(a) < s(b),
    lt_u: (a, b) => a < b,
    gt_s: (a, b) => s(a) > s(b),
    gt_u: (a, b) => a > b,
    le_s: (a, b) => s(a) <= s(b),
    le_u: (a, b) => a <= b,
    ge_s: (a, b) => s(a) >= s(b),
    ge_u: (a, b) => a >= b,
  };
}

const floatOps: Record<string, Binary<number, number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  sqrt: (a) => Math.sqrt(a),
  ceil: (a) => Math.ceil(a),
  floor: (a) => Math.floor(a),
  trunc: (a) => Math.trunc(a),
  nearest: (a) => nearest(a),
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
  relaxed_min: (a, b) => Math.min(a, b),
  relaxed_max: (a, b) => Math.max(a, b),
};

const floatTests: Record<string, Binary<number, boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  ge: (a, b) => a >= b,
};

/** Of floats, but exact in every bit, NaN or not. */
function patternOps(bits: number): Record<string, Binary<bigint, bigint>> {
  const sign = 1n << BigInt(bits - 1);
  return {
    abs: (a) => a & ~sign,
    neg: (a) => a ^ sign,
    copysign: (a, b) => (a & ~sign) | (b & sign),
    pmin: (a, b) => (toFloat(b, bits) < toFloat(a, bits) ? b : a),
    pmax: (a, b) => (toFloat(a, bits) < toFloat(b, bits) ? b : a),
  };
}

export type LaneMeaning = (machine: Machine, lanes: readonly bigint[]) => bigint;

/** Tests leave 1 in a scalar and all ones in a lane. */
export function laneMeaning({ kind, bits }: Lane, op: string, truth: bigint): LaneMeaning | undefined {
  const value = (x: bigint | undefined): number => toFloat(x ?? 0n, bits);
  if (/^relaxed_n?madd$/.test(op)) {
    return ({ fused }, [a, b, c]) => {
      const x = op === 'relaxed_nmadd' ? -value(a) : value(a);
      const product = toFloat(fromFloat(x * value(b), bits), bits);
      return fromFloat(fused ? fusedMultiplyAdd(x, value(b), value(c), bits) : product + value(c), bits);
    };
  }
  if (op === 'relaxed_laneselect') return (_, [a = 0n, b = 0n, mask = 0n]) => (a & mask) | (b & ~mask);
  const exact = (kind === 'i' ? integerOps : patternOps)(bits)[op];
  if (exact) return (_, [a = 0n, b = 0n]) => exact(a, b);
  const onIntegers = kind === 'i' ? integerTests(bits)[op] : undefined;
  if (onIntegers) return (_, [a = 0n, b = 0n]) => (onIntegers(a, b) ? truth : 0n);
  const onFloats = kind === 'f' ? floatTests[op] : undefined;
  if (onFloats) return (_, [a, b]) => (onFloats(value(a), value(b)) ? truth : 0n);
  const rounded = kind === 'f' ? floatOps[op] : undefined;
  if (rounded) return (_, [a, b]) => fromFloat(rounded(value(a), value(b)), bits);
  return undefined;
}
