// A module: its functions, its imports (functions, one memory, one table) and its exports; `encode()` gives the bytes. Imports come
// first in the index space, so all of them must be declared before the first function.

import { ByteWriter } from './bytes.ts';
import { BodyEncoder, typeCode, writeConstant } from './encode.ts';
import type { Signature } from './expression.ts';
import { type Func, FunctionBuilder, type Locals } from './function.ts';
import { LoopConstants } from './loop-constants.ts';
import type { ResultType, ValueType } from './types.ts';

/** A memory to import. Sizes in pages of 64 KiB. */
export interface MemoryImport {
  readonly module: string;
  readonly name: string;
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

/** A table of functions to import, of any size. */
export interface TableImport {
  readonly module: string;
  readonly name: string;
}

interface ImportedFunc {
  readonly from: string;
  readonly func: Func;
}

interface DefinedFunc {
  readonly func: Func;
  readonly builder: FunctionBuilder;
  readonly exported: boolean;
}

/** Builds one module. */
export class ModuleBuilder {
  readonly #memory: MemoryImport | undefined;
  readonly #table: TableImport | undefined;
  readonly #imports: ImportedFunc[] = [];
  readonly #functions: DefinedFunc[] = [];
  readonly #shared = new Map<string, unknown>();

  constructor({ memory, table }: { memory?: MemoryImport; table?: TableImport } = {}) {
    this.#memory = memory;
    this.#table = table;
  }

  /** A function that the instance gets from `imports[from][name]`. Throws after the first function is defined. */
  import<const P extends readonly ValueType[], R extends ResultType>(
    from: string,
    name: string,
    params: P,
    result: R,
  ): Func<P, R> {
    if (this.#functions.length > 0) throw new Error(`internal: import ${name} before the first function is defined`);
    const func = { name, params, result, index: this.#imports.length };
    this.#imports.push({ from, func });
    return func;
  }

  /** A function of this module; `build` appends its body. A function with a result must end in `f.return`. */
  func<const P extends readonly ValueType[], R extends ResultType>(
    name: string,
    params: P,
    result: R,
    build: (f: FunctionBuilder<R>, ...args: Locals<P>) => void,
    options: { exported?: boolean } = {},
  ): Func<P, R> {
    const { func, define } = this.declare(name, params, result, options);
    define(build);
    return func;
  }

  /** A function that can be called at once, also in its own body; `define` must be called once to give it a body. */
  declare<const P extends readonly ValueType[], R extends ResultType>(
    name: string,
    params: P,
    result: R,
    { exported = true }: { exported?: boolean } = {},
  ): { func: Func<P, R>; define(build: (f: FunctionBuilder<R>, ...args: Locals<P>) => void): void } {
    const func = { name, params, result, index: this.#imports.length + this.#functions.length };
    const builder = new FunctionBuilder(params, result);
    this.#functions.push({ func, builder, exported }); // before its body, which may define functions of its own
    const define = (build: (f: FunctionBuilder<R>, ...args: Locals<P>) => void): void => {
      const locals = params.map((type, index) => ({ type, index, node: { kind: 'local.get' as const, index } }));
      build(builder, ...(locals as unknown as Locals<P>));
      if (result !== 'void') builder.unreachable();
    };
    return { func, define };
  }

  /** The functions that are declared so far, in order. */
  get functions(): readonly Func[] {
    return this.#functions.map(({ func }) => func);
  }

  /** The result of the first `build` for a key: so a function that several others call is emitted once. */
  once<T>(key: string, build: () => T): T {
    if (!this.#shared.has(key)) this.#shared.set(key, build());
    return this.#shared.get(key) as T;
  }

  /**
   * The module as bytes, with the sections in the order of the specification. With `exportAll`, internal functions are exported
   * as well, by their `internalName`.
   */
  encode({ exportAll = false }: { exportAll?: boolean } = {}): Uint8Array<ArrayBuffer> {
    const to = new ByteWriter();
    const funcs = [...this.#imports, ...this.#functions].map(({ func }) => func);
    const called = this.#functions.flatMap(({ builder }) => builder.signatures);
    const signatures = new Map([...funcs, ...called].map((func) => [signatureKey(func), func]));
    const typeIndices = new Map([...signatures.keys()].map((key, index) => [key, index]));
    const typeIndex = (func: Signature): number => typeIndices.get(signatureKey(func)) as number;
    const section = (id: number, write: () => void): void => {
      to.byte(id);
      to.sized(write);
    };

    to.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]); // "\0asm", version 1
    section(1, () => to.vector([...signatures.values()], (func) => writeSignature(to, func)));
    section(2, () => {
      to.unsigned(this.#imports.length + (this.#memory ? 1 : 0) + (this.#table ? 1 : 0));
      for (const { from, func } of this.#imports) {
        to.text(from);
        to.text(func.name);
        to.byte(0x00);
        to.unsigned(typeIndex(func));
      }
      if (this.#memory) writeMemory(to, this.#memory);
      if (this.#table) writeTable(to, this.#table);
    });
    section(3, () => to.vector(this.#functions, ({ func }) => to.unsigned(typeIndex(func))));
    const exported = this.#functions.filter((defined) => defined.exported || exportAll);
    section(7, () =>
      to.vector(exported, (defined) =>
        writeExport(to, defined.exported ? defined.func.name : internalName(defined.func), defined.func),
      ),
    );
    section(10, () => to.vector(this.#functions, ({ builder }) => to.sized(() => writeBody(to, builder, typeIndex))));
    return to.bytes;
  }
}

/** The name under which `exportAll` exports an internal function. */
export function internalName({ index }: Func): string {
  return `#${index}`;
}

/** Functions with the same signature share a type. */
function signatureKey({ params, result }: Signature): string {
  return `${params.map(typeCode)}:${result === 'void' ? '' : typeCode(result)}`;
}

function writeSignature(to: ByteWriter, { params, result }: Signature): void {
  to.byte(0x60);
  to.vector(params, (type) => to.byte(typeCode(type)));
  to.vector(result === 'void' ? [] : [result], (type) => to.byte(typeCode(type)));
}

function writeMemory(to: ByteWriter, { module, name, initial, maximum, shared }: MemoryImport): void {
  to.text(module);
  to.text(name);
  to.byte(0x02);
  to.byte(shared ? 0x03 : 0x01); // both have a maximum
  to.unsigned(initial);
  to.unsigned(maximum);
}

function writeTable(to: ByteWriter, { module, name }: TableImport): void {
  to.text(module);
  to.text(name);
  to.append([0x01, 0x70, 0x00, 0x00]); // of functions, without a maximum, 0 or more
}

function writeExport(to: ByteWriter, name: string, { index }: Func): void {
  to.text(name);
  to.byte(0x00);
  to.unsigned(index);
}

function writeBody(
  to: ByteWriter,
  { params, localTypes, body }: FunctionBuilder,
  typeIndex: (signature: Signature) => number,
): void {
  const constants = new LoopConstants(params.length + localTypes.length);
  const statements = new ByteWriter();
  new BodyEncoder(statements, constants, typeIndex).statements(body);
  const held = [...constants.all];
  to.vector([...localTypes, ...held.map(({ type }) => type)], (type) => to.append([1, typeCode(type)])); // each a run of one
  for (const { type, value, index } of held) {
    writeConstant(to, type, value);
    to.byte(0x21); // local.set
    to.unsigned(index);
  }
  to.append(statements.bytes);
  to.byte(0x0b);
}
