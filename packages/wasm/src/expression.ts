// Typed expressions. `Expr<T>` is a frozen tree whose root leaves a value of type T; it is built by one method for each
// row of the instruction table (`f32x4.add(a, b)`, `i32.load(address, 8)`), whose TypeScript signature is computed from
// that row. An expression is text, not a value: used twice it is evaluated twice; `f.let` evaluates it once.

import { instructions } from './instructions.ts';
import type { ResultType, ValueType, Vector } from './types.ts';

type Instructions = typeof instructions;
export type InstructionName = keyof Instructions;

/** One node of an expression; what the encoder and the tests' interpreter walk. */
export type ExprNode =
  | { readonly kind: 'const'; readonly value: number | bigint | readonly number[] }
  | { readonly kind: 'local.get'; readonly index: number }
  | { readonly kind: 'call'; readonly func: { readonly index: number }; readonly args: readonly Expr<ValueType>[] }
  | { readonly kind: 'select'; readonly args: readonly [Expr<ValueType>, Expr<ValueType>, Expr<'i32'>] }
  | {
      readonly kind: 'instruction';
      readonly name: InstructionName;
      readonly args: readonly Expr<ValueType>[];
      /** byte offset of a memory access */
      readonly offset: number;
      /** lane index, or the sixteen lanes of a shuffle */
      readonly lanes: readonly number[];
    };

export interface Expr<out T extends ResultType> {
  readonly type: T;
  readonly node: ExprNode;
}

/** An operand: an expression, or a JavaScript number, which becomes a constant (in every lane of a vector). */
export type Operand<T extends ValueType> = Expr<T> | (T extends 'i64' | 'i64x2' ? bigint : number);

export function constant<T extends ValueType>(type: T, value: number | bigint | readonly number[]): Expr<T> {
  return { type, node: { kind: 'const', value } };
}

export function operand<T extends ValueType>(type: T, value: Operand<T>): Expr<T> {
  return typeof value === 'object' ? (value as Expr<T>) : constant(type, value as number | bigint);
}

/** `condition ≠ 0 ? a : b`; both sides are evaluated. */
export function select<T extends ValueType>(a: Expr<T>, b: Expr<T>, condition: Expr<'i32'>): Expr<T> {
  return { type: a.type, node: { kind: 'select', args: [a, b, condition] } };
}

/** The same 128 bits under another reading of the lanes; costs nothing. */
export function reinterpret<T extends Vector>(type: T, vector: Expr<Vector>): Expr<T> {
  return { type, node: vector.node };
}

// From a row of the table to the signature of its method.

type ParamsOf<Row> = Row extends readonly [number, infer P extends readonly string[], ...unknown[]] ? P : never;
type ResultOf<Row> = Row extends readonly [number, readonly string[], infer R, ...unknown[]] ? R : never;
type ImmediateOf<Row> = Row extends readonly [number, readonly string[], string, infer I, ...unknown[]] ? I : 'none';

type Arg<P, T extends Vector> = P extends 'v'
  ? Operand<T>
  : P extends 'mask'
    ? Expr<Vector>
    : P extends ValueType
      ? Operand<P>
      : never;
type Args<P extends readonly string[], T extends Vector> = { [I in keyof P]: Arg<P[I], T> };
type Result<R, T extends Vector> = Expr<R extends 'v' ? T : R extends ResultType ? R : never>;

type WithImmediate<I, A extends unknown[]> = I extends 'memory'
  ? [...A, offset?: number]
  : I extends 'lane'
    ? [lane: number, ...A]
    : I extends 'memory lane'
      ? [lane: number, ...A, offset?: number]
      : I extends 'shuffle'
        ? [lanes: readonly number[], ...A]
        : A;

type Mutable<A> = A extends readonly [...infer B] ? B : never;

/** A load leaves whatever lanes its reader names: `v128.load('f32x4', address)`. */
type IsGenericLoad<Row> = ParamsOf<Row> extends readonly ['i32'] ? (ResultOf<Row> extends 'v' ? true : false) : false;
type IsGeneric<Row> = 'v' extends ParamsOf<Row>[number] ? true : false;

type Method<Row> =
  IsGenericLoad<Row> extends true
    ? <T extends Vector>(type: T, address: Operand<'i32'>, offset?: number) => Expr<T>
    : IsGeneric<Row> extends true
      ? <T extends Vector>(
          ...args: WithImmediate<ImmediateOf<Row>, Mutable<Args<ParamsOf<Row>, T>>>
        ) => Result<ResultOf<Row>, T>
      : (
          ...args: WithImmediate<ImmediateOf<Row>, Mutable<Args<ParamsOf<Row>, Vector>>>
        ) => Result<ResultOf<Row>, Vector>;

type MethodName<S extends string> = InstructionName extends infer N ? (N extends `${S}.${infer M}` ? M : never) : never;

/** All instructions whose name begins with `S.`, as methods; and for a value type, `const`. */
export type Namespace<S extends string> = {
  readonly [M in MethodName<S>]: Method<Instructions[`${S}.${M}` & InstructionName]>;
} & (S extends ValueType ? { const(value: (S extends 'i64' ? bigint : number) | readonly number[]): Expr<S> } : unknown);

type RuntimeRow = readonly [
  number,
  readonly (ValueType | 'v' | 'mask')[],
  ResultType | 'v',
  immediate?: string,
  size?: number,
];

/** A row under a type that code at run time can read. */
export function instruction(name: InstructionName): RuntimeRow {
  return instructions[name];
}

function method(name: InstructionName): (...args: unknown[]) => Expr<ResultType> {
  const [, params, result, immediate] = instruction(name);
  const isLoad = result === 'v' && params.length === 1 && params[0] === 'i32';
  return (...given) => {
    const rest = [...given];
    const loaded = isLoad ? (rest.shift() as Vector) : undefined;
    let lanes: readonly number[] = [];
    if (immediate === 'shuffle') lanes = rest.shift() as number[];
    else if (immediate?.includes('lane')) lanes = [rest.shift() as number];
    const values = rest.slice(0, params.length) as Operand<ValueType>[];
    const offset = immediate?.includes('memory') ? ((rest[params.length] as number | undefined) ?? 0) : 0;
    // 'v' is the type of the first operand that has one: numbers beside a vector become constants of its lanes.
    const typed = values.find((v, i) => typeof v === 'object' && params[i] === 'v') as Expr<Vector> | undefined;
    const vector = loaded ?? typed?.type ?? 'i32x4';
    const args = values.map((value, i) => {
      const param = params[i] as ValueType | 'v' | 'mask';
      return operand(param === 'v' || param === 'mask' ? vector : param, value as Operand<ValueType>);
    });
    return {
      type: result === 'v' ? vector : result,
      node: { kind: 'instruction', name, args, offset, lanes },
    };
  };
}

function namespace<S extends string>(prefix: S): Namespace<S> {
  const methods: Record<string, unknown> = {};
  for (const name of Object.keys(instructions) as InstructionName[]) {
    if (name.startsWith(`${prefix}.`)) methods[name.slice(prefix.length + 1)] = method(name);
  }
  methods.const = (value: number | bigint | readonly number[]) => constant(prefix as unknown as ValueType, value);
  return methods as Namespace<S>;
}

export const i32: Namespace<'i32'> = namespace('i32');
export const i64: Namespace<'i64'> = namespace('i64');
export const f32: Namespace<'f32'> = namespace('f32');
export const f64: Namespace<'f64'> = namespace('f64');
export const v128: Namespace<'v128'> = namespace('v128');
export const i8x16: Namespace<'i8x16'> = namespace('i8x16');
export const i16x8: Namespace<'i16x8'> = namespace('i16x8');
export const i32x4: Namespace<'i32x4'> = namespace('i32x4');
export const i64x2: Namespace<'i64x2'> = namespace('i64x2');
export const f32x4: Namespace<'f32x4'> = namespace('f32x4');
export const f64x2: Namespace<'f64x2'> = namespace('f64x2');
export const memory: Namespace<'memory'> = namespace('memory');

