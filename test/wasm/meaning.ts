// What each instruction computes, in plain TypeScript, on bit patterns: the reference for the instruction table. The
// meaning follows from the instruction's name and row; an instruction that no rule here covers throws.

import { type InstructionName, instruction } from '@treadle/wasm';
import { clamp, integerOps, laneMeaning, type Machine, Trap } from './lane-meaning.ts';
import { fromFloat, join, type Lane, round, type Shape, shapeOf, split, toFloat } from './numbers.ts';

/** Immediates of one use of an instruction. */
export interface Immediates {
  readonly offset: number;
  readonly lanes: readonly number[];
}

type Meaning = (machine: Machine, args: readonly bigint[], immediates: Immediates) => bigint;

/** Lane by lane; a scalar operand beside vectors (a count of bits to shift by) serves every lane. */
function lanewise(type: string, op: string, params: readonly string[]): Meaning | undefined {
  const shape = shapeOf(type);
  const truth = shape.count > 1 ? (1n << BigInt(shape.bits)) - 1n : 1n;
  const meaning = laneMeaning(shape, op, truth);
  const isScalar = params.map((param) => shape.count > 1 && /^[if]\d+$/.test(param));
  return (
    meaning &&
    ((machine, args) => {
      const lanes = args.map((arg, k) => (isScalar[k] ? Array(shape.count).fill(arg) : split(arg, shape)));
      const results = Array.from({ length: shape.count }, (_, i) => lanes.map((lane) => lane[i]));
      return join(
        results.map((operands) => meaning(machine, operands)),
        shape.bits,
      );
    })
  );
}

// Conversions.

function numberOf(pattern: bigint, { kind, bits }: Lane, signed: boolean): number | bigint {
  if (kind === 'f') return toFloat(pattern, bits);
  return signed ? BigInt.asIntN(bits, pattern) : pattern;
}

function patternOf(x: number | bigint, { kind, bits }: Lane, signed: boolean): bigint {
  if (kind === 'f') return fromFloat(typeof x === 'bigint' ? round(x, 0, bits) : x, bits);
  if (typeof x === 'bigint') return BigInt.asUintN(bits, x);
  if (Number.isNaN(x)) return 0n;
  if (!Number.isFinite(x)) return clamp((x < 0 ? -1n : 1n) << 70n, bits, signed);
  return clamp(BigInt(Math.trunc(x)), bits, signed);
}

const conversionName =
  /^(wrap|extend|convert|trunc_sat|relaxed_trunc|demote|promote|narrow|extmul|extadd_pairwise|dot|reinterpret)(_low|_high)?_([if]\d+(?:x\d+)?)(_s|_u)?(?:_zero)?$/;

function conversion(type: string, op: string): Meaning | undefined {
  const [, verb, part, source, sign] = conversionName.exec(op) ?? [];
  if (source === undefined) return undefined;
  const [from, to] = [shapeOf(source), shapeOf(type)];
  const signed = sign === '_s';
  const first = part === '_high' ? to.count : 0;
  const each = (lane: (i: number) => bigint): bigint =>
    join(
      Array.from({ length: to.count }, (_, i) => lane(i)),
      to.bits,
    );
  const integers = (value: bigint, isSigned: boolean): bigint[] =>
    split(value, from).map((x) => (isSigned ? BigInt.asIntN(from.bits, x) : x));
  return (_, [a = 0n, b = 0n]) => {
    const [x, y] = [integers(a, signed), integers(b, signed)];
    const at = (lanes: bigint[], i: number): bigint => lanes[i] ?? 0n;
    if (verb === 'extmul') return each((i) => at(x, first + i) * at(y, first + i));
    if (verb === 'extadd_pairwise') return each((i) => at(x, 2 * i) + at(x, 2 * i + 1));
    if (verb === 'dot') return each((i) => at(x, 2 * i) * at(y, 2 * i) + at(x, 2 * i + 1) * at(y, 2 * i + 1));
    if (verb === 'narrow') {
      const both = [...integers(a, true), ...integers(b, true)];
      return each((i) => clamp(at(both, i), to.bits, signed));
    }
    if (verb === 'reinterpret') return a;
    const lanes = split(a, from);
    return each((i) =>
      first + i < from.count ? patternOf(numberOf(at(lanes, first + i), from, signed), to, signed) : 0n,
    );
  };
}

// Lanes as places.

function lanePlaces(type: string, op: string): Meaning | undefined {
  const shape = shapeOf(type);
  const { bits, count } = shape;
  const lanesOf = (value: bigint | undefined): bigint[] => split(value ?? 0n, shape);
  switch (op) {
    case 'splat':
      return (_, [a = 0n]) =>
        join(
          Array.from({ length: count }, () => a),
          bits,
        );
    case 'extract_lane':
    case 'extract_lane_u':
      return (_, [a], { lanes }) => lanesOf(a)[lanes[0] ?? 0] ?? 0n;
    case 'extract_lane_s':
      return (_, [a], { lanes }) => BigInt.asUintN(32, BigInt.asIntN(bits, lanesOf(a)[lanes[0] ?? 0] ?? 0n));
    case 'replace_lane':
      return (_, [a, b = 0n], { lanes }) =>
        join(
          lanesOf(a).map((x, i) => (i === lanes[0] ? b : x)),
          bits,
        );
    case 'shuffle':
      return (_, [a, b], { lanes }) => {
        const both = [...lanesOf(a), ...lanesOf(b)];
        return join(
          lanes.map((i) => both[i] ?? 0n),
          bits,
        );
      };
    case 'swizzle':
    case 'relaxed_swizzle':
      return (_, [a, b]) =>
        join(
          lanesOf(b).map((i) => lanesOf(a)[Number(i)] ?? 0n),
          bits,
        );
    case 'all_true':
      return (_, [a]) => (lanesOf(a).every((x) => x !== 0n) ? 1n : 0n);
    case 'any_true':
      return (_, [a]) => (a === 0n ? 0n : 1n);
    case 'bitmask':
      return (_, [a]) =>
        join(
          lanesOf(a).map((x) => x >> BigInt(bits - 1)),
          1,
        );
    case 'bitselect':
      return (_, [a = 0n, b = 0n, mask = 0n]) => (a & mask) | (b & ~mask);
  }
  return undefined;
}

// Memory.

function load({ memory }: Machine, address: number, bytes: number): bigint {
  if (address + bytes > memory.length) throw new Trap('memory access out of bounds');
  return join(Array.from(memory.subarray(address, address + bytes), BigInt), 8);
}

function store({ memory }: Machine, address: number, bytes: number, value: bigint): void {
  if (address + bytes > memory.length) throw new Trap('memory access out of bounds');
  memory.set(split(value, { kind: 'i', bits: 8, count: bytes }).map(Number), address);
}

function bulk(op: string): Meaning {
  return ({ memory }, args) => {
    const [to, from, length] = args.map(Number) as [number, number, number];
    const outside = Math.max(to, op === 'copy' ? from : 0) + length > memory.length;
    if (outside) throw new Trap('memory access out of bounds');
    if (op === 'copy') memory.copyWithin(to, from, from + length);
    else memory.fill(from, to, to + length);
    return 0n;
  };
}

function atomic(type: string, op: string, bytes: number): Meaning {
  const modify = integerOps(8 * bytes)[op.replace('rmw.', '')];
  return (machine, [address = 0n, a = 0n, b = 0n], { offset }) => {
    const at = Number(address) + offset;
    if (at % bytes !== 0) throw new Trap('operation does not support unaligned accesses');
    const old = load(machine, at, bytes);
    if (op === 'notify') return 0n; // nobody waits
    if (type === 'memory') return old === a ? 2n : 1n; // nobody wakes a waiter: time runs out
    if (op === 'rmw.cmpxchg') store(machine, at, bytes, old === a ? b : old);
    else if (op === 'store') store(machine, at, bytes, a);
    else if (modify) store(machine, at, bytes, modify(old, a));
    return op === 'store' ? 0n : old;
  };
}

function plainAccess(type: string, op: string, bytes: number): Meaning | undefined {
  const bits = 8 * bytes;
  const total = shapeOf(type).bits;
  const [, verb, , parts, how] = /^(load|store)(\d+)?(?:x(\d+))?(?:_(\w+))?$/.exec(op) ?? [];
  const places: Shape = { kind: 'i', bits, count: total / bits };
  const widen = (x: bigint, from: number, to: number): bigint =>
    BigInt.asUintN(to, how === 's' ? BigInt.asIntN(from, x) : x);
  const whole = (x: bigint): bigint => {
    if (parts !== undefined) {
      const halves = split(x, { kind: 'i', bits: bits / Number(parts), count: Number(parts) });
      return join(
        halves.map((half) => widen(half, bits / Number(parts), total / Number(parts))),
        total / Number(parts),
      );
    }
    return how === 'splat'
      ? join(
          Array.from({ length: places.count }, () => x),
          bits,
        )
      : widen(x, bits, total);
  };
  return (machine, [address = 0n, vector = 0n], { offset, lanes: [lane = 0] }) => {
    const at = Number(address) + offset;
    if (verb === 'store') store(machine, at, bytes, how === 'lane' ? (split(vector, places)[lane] ?? 0n) : vector);
    if (verb === 'store') return 0n;
    const x = load(machine, at, bytes);
    return how === 'lane'
      ? join(
          split(vector, places).map((old, i) => (i === lane ? x : old)),
          bits,
        )
      : whole(x);
  };
}

function find(name: InstructionName): Meaning | undefined {
  const [, params, , immediate, accessed] = instruction(name);
  const [, type = '', isAtomic, op = ''] = /^(\w+)\.(atomic\.)?(.+)$/.exec(name) ?? [];
  if (immediate === 'copy' || immediate === 'fill') return bulk(op);
  if (accessed !== undefined) return (isAtomic ? atomic : plainAccess)(type, op, 2 ** accessed);
  return lanePlaces(type, op) ?? conversion(type, op) ?? lanewise(type, op, params);
}

const found = new Map<InstructionName, Meaning>();

export function meaningOf(name: InstructionName): Meaning {
  const meaning = found.get(name) ?? find(name);
  if (!meaning) throw new Error(`meaning.ts: no rule covers ${name}`);
  found.set(name, meaning);
  return meaning;
}
