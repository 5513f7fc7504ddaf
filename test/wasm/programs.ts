// Random well-typed programs, their instructions drawn from the table itself. No program's result depends on the machine:
// operands for which the specification allows several results are mapped to ones for which it does not, and every NaN is
// replaced by the canonical one before its bits can be seen.

import {
  type Expr,
  type Func,
  type FunctionBuilder,
  f32,
  f32x4,
  f64,
  f64x2,
  type InstructionName,
  i32,
  i64,
  instruction,
  type Label,
  type Local,
  ModuleBuilder,
  type ResultType,
  reinterpret,
  select,
  type ValueType,
  type Vector,
  v128,
} from '@treadle/wasm';
import type { Program } from './interpreter.ts';
import {
  apply,
  Choices,
  chooseLanes,
  chooseOffset,
  constant,
  importedMemory,
  importedTable,
  isVector,
  noImmediates,
  rows,
  tame,
  valueTypes,
  vectors,
} from './operands.ts';

const rowsByResult = new Map<ResultType, InstructionName[]>(
  [...valueTypes, 'void' as const].map((type) => [
    type,
    rows.filter((name) => [type, isVector(type) ? 'v' : type].includes(instruction(name)[2])),
  ]),
);

export interface Written {
  readonly module: ModuleBuilder;
  readonly program: Program;
  /** index of `main`, which has neither parameters nor result */
  readonly main: number;
}

type Floats = 'f32' | 'f64' | 'f32x4' | 'f64x2';

function storing(local: Local<ValueType>, address: number): Expr<ValueType> {
  const name = isVector(local.type) ? 'v128.store' : (`${local.type}.store` as InstructionName);
  return apply(name, [i32.const(address), local], noImmediates);
}

/** Writes functions into one module. */
class Writer {
  readonly module: ModuleBuilder = new ModuleBuilder({ memory: importedMemory, table: importedTable });
  readonly program = new Map<number, FunctionBuilder>();
  readonly #choices: Choices;
  readonly #canonical: Record<Floats, Func>;
  readonly #callable: Func[] = [];

  constructor(choices: Choices) {
    this.#choices = choices;
    this.#canonical = {
      f32: this.define('nan_f32', ['f32'], 'f32', (f, x) => f.return(select(x, f32.const(NaN), f32.eq(x, x)))),
      f64: this.define('nan_f64', ['f64'], 'f64', (f, x) => f.return(select(x, f64.const(NaN), f64.eq(x, x)))),
      f32x4: this.define('nan_f32x4', ['f32x4'], 'f32x4', (f, x) =>
        f.return(v128.bitselect(x, f32x4.const(NaN), f32x4.eq(x, x))),
      ),
      f64x2: this.define('nan_f64x2', ['f64x2'], 'f64x2', (f, x) =>
        f.return(v128.bitselect(x, f64x2.const(NaN), f64x2.eq(x, x))),
      ),
    };
  }

  /** A function that the interpreter can run as well. */
  define: ModuleBuilder['func'] = (name, params, result, build) => {
    let written: FunctionBuilder | undefined;
    const func = this.module.func(name, params, result, (f, ...args) => {
      written = f;
      build(f, ...args);
    });
    if (written) this.program.set(func.index, written);
    return func;
  };

  /** A function of random parameters and body that later ones may call. */
  helper(name: string): void {
    const params = Array.from({ length: this.#choices.below(4) }, () => this.#choices.of(valueTypes));
    const result = this.#choices.of(valueTypes);
    const func = this.define(name, params, result, (f, ...args) => {
      const body = new Body(this, this.#choices, f, args);
      body.statements(2);
      f.return(body.expression(result, 2));
    });
    this.#callable.push(func);
  }

  main(): Func {
    return this.define('main', [], 'void', (f) => {
      const body = new Body(this, this.#choices, f, []);
      f.block((exit) => body.within(exit, () => body.statements(3)));
      for (const [i, local] of body.locals.entries()) f.do(storing(local, 0x8000 + 16 * i));
    });
  }

  canonical(type: ValueType): Func | undefined {
    return type in this.#canonical ? this.#canonical[type as Floats] : undefined;
  }

  callable(type: ValueType): readonly Func[] {
    return this.#callable.filter((func) => func.result === type);
  }
}

/** Writes the body of one function. */
class Body {
  readonly locals: Local<ValueType>[];
  readonly #writer: Writer;
  readonly #choices: Choices;
  readonly #f: FunctionBuilder;
  readonly #exits: Label[] = [];

  constructor(writer: Writer, choices: Choices, f: FunctionBuilder, params: readonly Local<ValueType>[]) {
    this.#writer = writer;
    this.#choices = choices;
    this.#f = f;
    this.locals = [...params];
  }

  expression(type: ValueType, depth: number): Expr<ValueType> {
    const choices = this.#choices;
    const locals = this.locals.filter((local) => local.type === type);
    const callable = this.#writer.callable(type);
    switch (depth > 0 ? choices.below(9) : choices.below(2)) {
      case 0:
        return constant(type, choices);
      case 1:
        return locals.length > 0 ? choices.of(locals) : constant(type, choices);
      case 2:
        return select(this.expression(type, depth - 1), this.expression(type, depth - 1), this.#condition(depth - 1));
      case 3:
        if (!isVector(type)) break;
        return reinterpret(type, this.expression(choices.of(vectors), depth - 1) as Expr<Vector>);
      case 4: {
        if (callable.length === 0) break;
        const func = choices.of(callable);
        return this.#f.call(func, ...func.params.map((param) => this.expression(param, depth - 1))) as Expr<ValueType>;
      }
      case 5: {
        const func = this.#writer.canonical(type);
        if (!func) break;
        const value = this.expression(type, depth - 1);
        const position = choices.below(8) === 7 ? this.#condition(depth - 1) : func.index; // the former mostly traps
        return this.#f.callIndirect(func, position, value) as Expr<ValueType>;
      }
    }
    const value = this.#instruction(choices.of(rowsByResult.get(type) ?? []), type, depth);
    const canonical = this.#writer.canonical(type);
    return canonical ? (this.#f.call(canonical, value) as Expr<ValueType>) : value;
  }

  #condition(depth: number): Expr<'i32'> {
    return this.expression('i32', depth) as Expr<'i32'>;
  }

  #instruction(name: InstructionName, result: ResultType, depth: number): Expr<ValueType> {
    const choices = this.#choices;
    const vector = isVector(result) ? result : choices.of(vectors);
    const [, params, , , accessed] = instruction(name);
    const operands = params.map((param, i) => {
      const type = param === 'v' ? vector : param === 'mask' ? choices.of(vectors) : param;
      if (i > 0 && param !== 'mask' && !name.includes('relaxed') && accessed === undefined && choices.below(6) === 5) {
        return type === 'i64' || type === 'i64x2' ? 3n : 3; // a number stands for a constant
      }
      const value = tame(name, i, this.expression(type, depth - 1));
      if (/^i32\.(div|rem)/.test(name) && i === 1) return i32.or(value as Expr<'i32'>, 1);
      if (/^i64\.(div|rem)/.test(name) && i === 1) return i64.or(value as Expr<'i64'>, 1n);
      return value;
    });
    const offset = choices.below(50) === 49 ? 0xfff0 : chooseOffset(name, choices); // the former may lie outside
    return apply(name, operands, { vector, lanes: chooseLanes(name, choices), offset });
  }

  within(exit: Label, body: () => void): void {
    this.#exits.push(exit);
    body();
    this.#exits.pop();
  }

  statements(depth: number): void {
    for (let i = 1 + this.#choices.below(4); i > 0; i--) this.#statement(depth);
  }

  #statement(depth: number): void {
    const [f, choices] = [this.#f, this.#choices];
    switch (depth > 0 ? choices.below(11) : choices.below(4)) {
      case 0:
        this.locals.push(f.let(this.expression(choices.of(valueTypes), 3)));
        break;
      case 1: {
        const writable = this.locals;
        if (writable.length === 0) break;
        const local = choices.of(writable);
        f.set(local, this.expression(local.type, 3));
        break;
      }
      case 2:
        f.do(this.#instruction(choices.of(rowsByResult.get('void') ?? []), 'void', 3));
        break;
      case 3:
        f.do(this.expression(choices.of(valueTypes), 3));
        break;
      case 4:
        f.if(this.#condition(2), () => this.statements(depth - 1));
        break;
      case 5:
        f.if(
          this.#condition(2),
          () => this.statements(depth - 1),
          () => this.statements(depth - 1),
        );
        break;
      case 6:
        f.block((exit) => this.within(exit, () => this.statements(depth - 1)));
        break;
      case 7:
        this.#leave();
        break;
      case 8:
        this.#loop(depth);
        break;
      case 9:
        this.#countedLoop(depth);
        break;
      case 10: {
        const { result } = f;
        if (result !== 'void') f.if(this.#condition(2), () => f.return(this.expression(result, 2)));
      }
    }
  }

  #leave(): void {
    const [f, choices] = [this.#f, this.#choices];
    const exit = this.#exits.length > 0 ? choices.of(this.#exits) : undefined;
    const certain = choices.below(4) === 3;
    if (!exit) return;
    if (certain) f.br(exit);
    else f.brIf(exit, this.#condition(2));
  }

  /** Counts its rounds first, so that branches to its start come to an end. */
  #loop(depth: number): void {
    const f = this.#f;
    const rounds = f.local('i32', 0);
    const limit = this.#choices.below(4);
    f.block((exit) => {
      f.loop((again) => {
        f.increment(rounds, 1);
        f.brIf(exit, i32.gt_s(rounds, limit));
        this.within(exit, () => this.within(again, () => this.statements(depth - 1)));
        f.br(again);
      });
    });
  }

  #countedLoop(depth: number): void {
    const f = this.#f;
    const counter = f.local('i32', this.#choices.below(3) - 1);
    const body = (): void => this.statements(depth - 1);
    if (this.#choices.below(2) === 0) {
      f.forSteps(counter, i32.const(this.#choices.below(7)), 1 + this.#choices.below(3), body);
    } else {
      f.while(i32.lt_s(counter, 3), () => {
        f.increment(counter, 1);
        body();
      });
    }
  }
}

/** A module of two helpers and a main that leaves its locals in memory. */
export function writeProgram(numbers: readonly number[]): Written {
  const writer = new Writer(new Choices(numbers));
  writer.helper('first');
  writer.helper('second');
  const main = writer.main();
  return { module: writer.module, program: writer.program, main: main.index };
}
