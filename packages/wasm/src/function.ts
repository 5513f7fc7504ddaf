// A function under construction: parameters, locals, and statements in structured control flow. Statements are data; the encoder
// turns them into bytes later. A label is an object that is passed only to the body that it encloses; a branch to a label
// outside that body throws at once.

import { type Expr, i32, type Operand, operand, type Signature } from './expression.ts';
import { type Integer, integer, type Whole } from './integer.ts';
import type { ResultType, ValueType } from './types.ts';

/** The target of branches: behind the end of a block, or the beginning of a loop. */
export interface Label {
  readonly kind: 'block' | 'loop';
}

/** One statement of a body. */
export type Statement =
  | { readonly kind: 'local.set'; readonly index: number; readonly value: Expr<ValueType> }
  | { readonly kind: 'do'; readonly value: Expr<ResultType> }
  | { readonly kind: 'block'; readonly label: Label; readonly body: readonly Statement[] }
  | {
      readonly kind: 'if';
      readonly condition: Expr<'i32'>;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: 'br'; readonly label: Label; readonly condition: Expr<'i32'> | undefined }
  | { readonly kind: 'return'; readonly value: Expr<ValueType> | undefined }
  | { readonly kind: 'unreachable' };

/** A local variable: it is an expression that reads it; `f.set` writes it. */
export interface Local<T extends ValueType> extends Expr<T> {
  readonly index: number;
}

/** A function that can be called: `f.call(func, …)`. */
export interface Func<P extends readonly ValueType[] = readonly ValueType[], R extends ResultType = ResultType>
  extends Signature<P, R> {
  readonly name: string;
  /** position in the index space of the module */
  readonly index: number;
}

/** The locals that hold the parameters of a function. */
export type Locals<P extends readonly ValueType[]> = { [I in keyof P]: Local<P[I]> };
/** The operands of a call. */
export type Operands<P extends readonly ValueType[]> = { [I in keyof P]: Operand<P[I]> };

/** Builds the body of one function with result `R`. Statements are appended in the order of the calls. */
export class FunctionBuilder<R extends ResultType = ResultType> {
  readonly params: readonly ValueType[];
  readonly result: R;
  readonly localTypes: ValueType[] = [];
  /** of the functions that are called through the table */
  readonly signatures: Signature[] = [];
  /** the labels that enclose the next statement, outermost first */
  readonly #labels: Label[] = [];
  #statements: Statement[] = [];

  constructor(params: readonly ValueType[], result: R) {
    this.params = params;
    this.result = result;
  }

  get body(): readonly Statement[] {
    return this.#statements;
  }

  /** A new local, set to `initial` here; without it, zero when the function begins. */
  local<T extends ValueType>(type: T, initial?: Operand<NoInfer<T>>): Local<T> {
    const index = this.params.length + this.localTypes.length;
    this.localTypes.push(type);
    const local: Local<T> = { type, index, node: { kind: 'local.get', index } };
    if (initial !== undefined) this.set(local, initial);
    return local;
  }

  /** A new local that holds the value of the expression, which is evaluated once, here. */
  let<T extends ValueType>(value: Expr<T>): Local<T> {
    return this.local(value.type, value);
  }

  /** local = value */
  set<T extends ValueType>(local: Local<T>, value: Operand<NoInfer<T>>): void {
    this.#statements.push({ kind: 'local.set', index: local.index, value: operand(local.type, value) });
  }

  /** local += step */
  increment<T extends Integer>(local: Local<T>, step: Whole<NoInfer<T>>): void {
    this.set(local, integer.add(local, step));
  }

  /** Evaluates for effect (stores, calls) and drops values that are left. */
  do(...values: Expr<ResultType>[]): void {
    for (const value of values) this.#statements.push({ kind: 'do', value });
  }

  /** Calls a function. The call is an expression: it happens where the expression is evaluated. */
  call<P extends readonly ValueType[], S extends ResultType>(func: Func<P, S>, ...args: Operands<P>): Expr<S> {
    const values = func.params.map((type, i) => operand(type, args[i] as Operand<ValueType>));
    return { type: func.result, node: { kind: 'call', func, args: values } };
  }

  /** Calls the function at a position of the table of the module; traps unless it has this signature. */
  callIndirect<P extends readonly ValueType[], S extends ResultType>(
    signature: Signature<P, S>,
    position: Operand<'i32'>,
    ...args: Operands<P>
  ): Expr<S> {
    this.signatures.push(signature);
    const values = signature.params.map((type, i) => operand(type, args[i] as Operand<ValueType>));
    const node = { kind: 'call_indirect' as const, signature, args: [...values, operand('i32', position)] };
    return { type: signature.result, node };
  }

  /** A block; `br(exit)` leaves it. */
  block(body: (exit: Label) => void): void {
    this.#nest('block', body);
  }

  /** A loop; `br(again)` starts the next round, and reaching the end leaves the loop. */
  loop(body: (again: Label) => void): void {
    this.#nest('loop', body);
  }

  /** Runs `then` if the condition is not 0, otherwise `otherwise`. */
  if(condition: Expr<'i32'>, then: () => void, otherwise: () => void = () => {}): void {
    this.#statements.push({
      kind: 'if',
      condition,
      body: this.#collect(then),
      otherwise: this.#collect(otherwise),
    });
  }

  /** Branches to a label. */
  br(label: Label): void {
    this.#branch(label, undefined);
  }

  /** Branches to a label if the condition is not 0. */
  brIf(label: Label, condition: Expr<'i32'>): void {
    this.#branch(label, condition);
  }

  /** Leaves the function, with its result where it has one. */
  return(...value: [Operand<Exclude<R, 'void'>>] | ('void' extends R ? [] : never)): void {
    const [result] = value as [Operand<ValueType>?];
    this.#statements.push({
      kind: 'return',
      value: result === undefined ? undefined : operand(this.result as ValueType, result),
    });
  }

  /** Traps. */
  unreachable(): void {
    this.#statements.push({ kind: 'unreachable' });
  }

  /** Runs `body` while the condition, evaluated before every round, is not 0. */
  while(condition: Expr<'i32'>, body: () => void): void {
    this.block((exit) => {
      this.loop((again) => {
        this.brIf(exit, i32.eqz(condition));
        body();
        this.br(again);
      });
    });
  }

  /**
   * Runs `body` while counter + step ≤ end (signed) and increments the counter by `step` after each round: full steps only.
   * The test is at the end of the loop, which is the form that V8 compiles best.
   */
  forSteps<T extends Integer>(counter: Local<T>, end: Expr<NoInfer<T>>, step: number, body: () => void): void {
    const last = this.let<T>(integer.sub(end, step));
    this.if(integer.le_s(counter, last), () => {
      this.loop((again) => {
        body();
        this.increment(counter, step);
        this.brIf(again, integer.le_s(counter, last));
      });
    });
  }

  #branch(label: Label, condition: Expr<'i32'> | undefined): void {
    if (!this.#labels.includes(label)) throw new Error('internal: branch to a label that does not enclose it');
    this.#statements.push({ kind: 'br', label, condition });
  }

  #nest(kind: Label['kind'], body: (label: Label) => void): void {
    const label: Label = { kind };
    this.#labels.push(label);
    this.#statements.push({ kind: 'block', label, body: this.#collect(() => body(label)) });
    this.#labels.pop();
  }

  #collect(body: () => void): readonly Statement[] {
    const outer = this.#statements;
    this.#statements = [];
    body();
    const inner = this.#statements;
    this.#statements = outer;
    return inner;
  }
}
