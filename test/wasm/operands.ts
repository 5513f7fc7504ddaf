// Instructions and operands chosen at random. A list of random numbers decides every choice, so that fast-check can shrink the
// result by shrinking the list: zeros stand for the simplest choice.

import * as wasm from '@treadle/wasm';
import {
  type Expr,
  f32x4,
  f64x2,
  type InstructionName,
  i32,
  i64,
  instruction,
  reinterpret,
  type ValueType,
  type Vector,
  v128,
} from '@treadle/wasm';
import { shapeOf } from './numbers.ts';

export const rows = Object.keys(wasm.instructions) as InstructionName[];
export const vectors: readonly Vector[] = ['i8x16', 'i16x8', 'i32x4', 'i64x2', 'f32x4', 'f64x2'];
export const valueTypes: readonly ValueType[] = ['i32', 'i64', 'f32', 'f64', ...vectors];

export const importedTable = { module: 'env', name: 'table' } as const;
export const importedMemory = { module: 'env', name: 'memory', initial: 1, maximum: 1, shared: true } as const;

/** A list of random numbers, zeros after its end. */
export class Choices {
  readonly #numbers: readonly number[];
  #next = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** A whole number below n. */
  below(n: number): number {
    return (this.#numbers[this.#next++] ?? 0) % n;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

export const isVector = (type: string): type is Vector => type.includes('x');

function methodOf(name: string): (...args: readonly unknown[]) => Expr<ValueType> {
  const dot = name.indexOf('.');
  const namespace: object = Reflect.get(wasm, name.slice(0, dot));
  return Reflect.get(namespace, name.slice(dot + 1));
}

/** Calls the method of the row with operands in the order of the row. (A store's type is void: only `f.do` asks.) */
export function apply(
  name: InstructionName,
  operands: readonly (Expr<ValueType> | number | bigint)[],
  { vector, lanes, offset }: { vector: Vector; lanes: readonly number[]; offset: number },
): Expr<ValueType> {
  const [, params, result, immediate, accessed] = instruction(name);
  const args: unknown[] = [...operands];
  if (result === 'v' && params.length === 1 && params[0] === 'i32') args.unshift(vector);
  if (immediate === 'shuffle') args.unshift(lanes);
  else if (immediate?.includes('lane')) args.unshift(lanes[0]);
  if (accessed !== undefined) args.push(offset);
  return methodOf(name)(...args);
}

/** Random lanes for the row's immediate. */
export function chooseLanes(name: InstructionName, choices: Choices): readonly number[] {
  const [, , , immediate, accessed] = instruction(name);
  if (immediate === 'shuffle') return Array.from({ length: 16 }, () => choices.below(32));
  if (!immediate?.includes('lane')) return [];
  const count = accessed === undefined ? shapeOf(name.slice(0, name.indexOf('.'))).count : 16 / 2 ** accessed;
  return [choices.below(count)];
}

/** A random offset for the row's access; a multiple of the access where it must be aligned. */
export function chooseOffset(name: InstructionName, choices: Choices): number {
  return choices.of([0, 16, 0x100, 0x4000]) + (name.includes('atomic') ? 0 : choices.below(16));
}

/** Maps operand `i` of the row to one for which the result is certain, and from which a program comes back. */
export function tame(name: InstructionName, i: number, value: Expr<ValueType>): Expr<ValueType> {
  const [, , , immediate, accessed] = instruction(name);
  const whole = (v: Expr<ValueType>): Expr<'i32x4'> => reinterpret('i32x4', v as Expr<Vector>);
  if (immediate === 'copy' || immediate === 'fill') return i32.and(value as Expr<'i32'>, 0x3fff);
  if (accessed !== undefined && i === 0) return i32.and(value as Expr<'i32'>, 0x7ff0);
  if (name.includes('.wait') && i === 2) return i64.and(value as Expr<'i64'>, 0x3ffn); // nanoseconds; negative is for ever
  if (/^f32x4\.relaxed_(min|max)$/.test(name)) return f32x4.convert_i32x4_s(whole(value));
  if (/^f64x2\.relaxed_(min|max)$/.test(name)) return f64x2.convert_low_i32x4_s(whole(value));
  if (/relaxed_trunc\w+_s$/.test(name)) return f32x4.convert_i32x4_s(v128.and(whole(value), -256));
  if (/relaxed_trunc\w+_u$/.test(name)) return f32x4.convert_i32x4_u(v128.and(whole(value), -256));
  if (name === 'i8x16.relaxed_swizzle' && i === 1) return v128.and(value as Expr<'i8x16'>, 0x8f);
  if (name.endsWith('.relaxed_laneselect') && i === 2) {
    const { bits } = shapeOf(value.type);
    return apply(`${value.type}.shr_s` as InstructionName, [value, bits - 1], noImmediates);
  }
  return value;
}

export const noImmediates = { vector: 'i32x4', lanes: [], offset: 0 } as const;

const integers = [0, 1, -1, 2, 7, 255, 65_535, 0x7fff_ffff, -0x8000_0000, 0x1234_5678, 123_456_789, -77_777];
const wide = [...integers.map(BigInt), 2n ** 63n - 1n, -(2n ** 63n), 0x0123_4567_89ab_cdefn, 2n ** 53n + 1n];
const floats = [
  0,
  1,
  -1,
  -0,
  0.5,
  1.5,
  2.5,
  -3.5,
  1e-40,
  3e38,
  -1e300,
  5e-324,
  1 / 3,
  2 ** 31,
  -(2 ** 63),
  2 ** 64,
  Infinity,
  NaN,
];

function numberFor(type: ValueType, choices: Choices): number | bigint {
  if (shapeOf(type).kind === 'f') return choices.of(floats);
  return shapeOf(type).bits === 64 ? choices.of(wide) : choices.of(integers);
}

export function constant(type: ValueType, choices: Choices): Expr<ValueType> {
  const lanes =
    isVector(type) && choices.below(2) === 1
      ? Array.from({ length: shapeOf(type).count }, () => numberFor(type, choices))
      : undefined;
  return methodOf(`${type}.const`)(lanes ?? numberFor(type, choices));
}
