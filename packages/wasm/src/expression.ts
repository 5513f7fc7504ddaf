// Typed expressions. `Expr<T>` is an immutable tree whose root leaves a value of type T. There is one method for each row of the
// instruction table (`f32x4.add(a, b)`, `i32.load(at, 8)`); its TypeScript signature is computed from that row. An expression is
// text, not a value: if it is used twice, it is evaluated twice; `f.let` evaluates it once.

import { instructions } from './instructions.ts';
import {
  type AddressType,
  addressType,
  isValueType,
  laneCounts,
  type ResultType,
  type ValueType,
  type Vector,
} from './types.ts';

type Instructions = typeof instructions;
/** The name of an instruction in the WebAssembly specification. */
export type InstructionName = keyof Instructions;

/** One node of an expression: what the encoder and the interpreter of the tests read. */
export type ExprNode =
  | { readonly kind: 'const'; readonly type: ValueType; readonly value: ConstantValue }
  | { readonly kind: 'local.get'; readonly index: number }
  | { readonly kind: 'call'; readonly func: { readonly index: number }; readonly args: readonly Expr<ValueType>[] }
  /** `args`: the operands, then the position in the table */
  | { readonly kind: 'call_indirect'; readonly signature: Signature; readonly args: readonly Expr<ValueType>[] }
  | { readonly kind: 'select'; readonly args: readonly [Expr<ValueType>, Expr<ValueType>, Expr<'i32'>] }
  | {
      readonly kind: 'instruction';
      readonly name: InstructionName;
      readonly args: readonly Expr<ValueType>[];
      /** byte offset of a memory access */
      readonly offset: number;
      /** the lane of an access to one lane, or the sixteen lanes of a shuffle; otherwise none */
      readonly lanes: readonly number[];
    };

/** The parameters and the result of a function. */
export interface Signature<P extends readonly ValueType[] = readonly ValueType[], R extends ResultType = ResultType> {
  readonly params: Readonly<P>;
  readonly result: R;
}

/** An expression that leaves a value of type T, or nothing where T is 'void'. */
export interface Expr<out T extends ResultType> {
  readonly type: T;
  readonly node: ExprNode;
}

/** One number, or one for each lane of a vector. */
export type ConstantValue = number | bigint | readonly (number | bigint)[];

type Lane<T extends ValueType> = T extends 'i64' | 'i64x2' ? bigint : number;

/** An operand: an expression, or a JavaScript number, which becomes a constant (in every lane of a vector). */
export type Operand<T extends ValueType> = Expr<T> | Lane<T>;

function constant<T extends ValueType>(type: T, value: ConstantValue): Expr<T> {
  if (typeof value === 'object' && value.length !== laneCounts[type]) {
    throw new Error(
      `internal: ${type}.const: the numbers must fill the lanes; got ${value.length} of ${laneCounts[type]}`,
    );
  }
  return { type, node: { kind: 'const', type, value } };
}

/** The expression that an operand stands for. */
export function operand<T extends ValueType>(type: T, value: Operand<T>): Expr<T> {
  return typeof value === 'object' ? (value as Expr<T>) : constant(type, value as number | bigint);
}

/** `condition ≠ 0 ? a : b`; both sides are evaluated. */
export function select<T extends ValueType>(a: Expr<T>, b: Expr<NoInfer<T>>, condition: Expr<'i32'>): Expr<T> {
  return { type: a.type, node: { kind: 'select', args: [a, b, condition] } };
}

/** The same 128 bits read as other lanes; costs nothing. */
export function reinterpret<T extends Vector>(type: T, vector: Expr<Vector>): Expr<T> {
  return { type, node: vector.node };
}

// Types: from a row of the table to the signature of its method.

type ParamsOf<Row> = Row extends readonly [number, infer P extends readonly string[], ...unknown[]] ? P : never;
type ResultOf<Row> = Row extends readonly [number, readonly string[], infer R, ...unknown[]] ? R : never;
type ImmediateOf<Row> = Row extends readonly [number, readonly string[], string, infer I, ...unknown[]] ? I : 'none';

/** The first operand 'v' of a row decides the vector type; the others have the same type. */
type Args<P extends readonly unknown[], T extends Vector, Named = false> = P extends readonly [infer A, ...infer Rest]
  ? A extends 'v'
    ? [Named extends true ? Operand<NoInfer<T>> : Expr<T>, ...Args<Rest, T, true>]
    : [OperandOf<A>, ...Args<Rest, T, Named>]
  : [];
type OperandOf<A> = A extends 'mask'
  ? Expr<Vector>
  : A extends 'address'
    ? Operand<AddressType>
    : A extends ValueType
      ? Operand<A>
      : never;
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

/** A load of a whole vector names the type of its lanes: `v128.load('f32x4', at)`. */
type IsGenericLoad<Row> =
  ParamsOf<Row> extends readonly ['address'] ? (ResultOf<Row> extends 'v' ? true : false) : false;
type IsGeneric<Row> = 'v' extends ParamsOf<Row>[number] ? true : false;

type Method<Row> =
  IsGenericLoad<Row> extends true
    ? <T extends Vector>(type: T, address: Operand<AddressType>, offset?: number) => Expr<T>
    : IsGeneric<Row> extends true
      ? <T extends Vector>(...args: WithImmediate<ImmediateOf<Row>, Args<ParamsOf<Row>, T>>) => Result<ResultOf<Row>, T>
      : (...args: WithImmediate<ImmediateOf<Row>, Args<ParamsOf<Row>, Vector>>) => Result<ResultOf<Row>, Vector>;

type MethodName<S extends string> = InstructionName extends infer N ? (N extends `${S}.${infer M}` ? M : never) : never;

/** All instructions whose name begins with `S.`, as methods; and for a value type, `const`. */
export type Namespace<S extends string> = {
  readonly [M in MethodName<S>]: Method<Instructions[`${S}.${M}` & InstructionName]>;
} & (S extends ValueType ? { const(value: Constant<S>): Expr<S> } : unknown);

type Constant<S extends ValueType> = S extends Vector ? Lane<S> | readonly Lane<S>[] : Lane<S>;

type RuntimeParam = ValueType | 'v' | 'mask';
type RuntimeRow = readonly [
  code: number,
  params: readonly RuntimeParam[],
  result: ResultType | 'v',
  immediate?: string,
  size?: number,
];

const rows = new Map<InstructionName, RuntimeRow>();

/** A row of the table as code reads it at run time; an address has the type that addresses have. */
export function instruction(name: InstructionName): RuntimeRow {
  const known = rows.get(name);
  if (known) return known;
  const [code, params, ...rest] = instructions[name] as readonly [
    number,
    readonly ('address' | RuntimeParam)[],
    ResultType | 'v',
  ];
  const row: RuntimeRow = [code, params.map((param) => (param === 'address' ? addressType : param)), ...rest];
  rows.set(name, row);
  return row;
}

/** What a method must know of its instruction. */
function callOf(name: InstructionName) {
  const [, params, result, immediate, accessed] = instruction(name);
  const isLoad = result === 'v' && params.length === 1 && params[0] === addressType;
  const hasLanes = immediate === 'shuffle' || immediate === 'lane' || immediate === 'memory lane';
  const first = isLoad || hasLanes ? 1 : 0; // index of the first operand
  const naming = first + params.indexOf('v'); // index of the operand that decides the vector type
  return { params, result, isLoad, hasLanes, first, naming, hasOffset: accessed !== undefined };
}

function method(name: InstructionName): (...args: unknown[]) => Expr<ResultType> {
  // read from the table at the first call: a program uses few instructions, and a package should be imported quickly
  let call: ReturnType<typeof callOf> | undefined;
  return (...given) => {
    call ??= callOf(name);
    const { params, result, isLoad, hasLanes, first, naming, hasOffset } = call;
    const vector = (isLoad ? given[0] : (given[naming] as Partial<Expr<Vector>> | undefined)?.type) as Vector;
    const args = params.map((param, i) => {
      const value = given[first + i] as Operand<ValueType>;
      return operand(param === 'v' || param === 'mask' ? vector : param, value);
    });
    const offset = hasOffset ? ((given[first + params.length] as number | undefined) ?? 0) : 0;
    const lanes = hasLanes ? ([given[0]].flat() as number[]) : noLanes;
    return { type: result === 'v' ? vector : result, node: { kind: 'instruction', name, args, offset, lanes } };
  };
}

const noLanes: readonly number[] = [];

/** The methods of all namespaces, by the part of the instruction's name before the first dot. */
const methods: Record<string, Record<string, unknown>> = {};
for (const name of Object.keys(instructions) as InstructionName[]) {
  const dot = name.indexOf('.');
  const prefix = name.slice(0, dot);
  methods[prefix] ??= isValueType(prefix) ? { const: (value: ConstantValue) => constant(prefix, value) } : {};
  methods[prefix][name.slice(dot + 1)] = method(name);
}

function namespace<S extends string>(prefix: S): Namespace<S> {
  return methods[prefix] as Namespace<S>;
}

/** The instructions of a type, as methods: `i32.add(a, b)`, `f32x4.const(0)`; `v128` has those of any vector. */
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
