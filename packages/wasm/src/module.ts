// A module: functions, what it imports (other modules' functions, one memory) and what it exports; `encode()` gives the
// bytes. Imports come first in the index space, so all of them are declared before the first function.

import { BodyEncoder, type Bytes, section, text, typeCode, unsigned, vector } from './encode.ts';
import { type Func, FunctionBuilder, type Locals } from './function.ts';
import type { ResultType, ValueType } from './types.ts';

/** A memory to import. Sizes in pages of 64 KiB. */
export interface MemoryImport {
  readonly module: string;
  readonly name: string;
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
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

export class ModuleBuilder {
  readonly #memory: MemoryImport | undefined;
  readonly #imports: ImportedFunc[] = [];
  readonly #functions: DefinedFunc[] = [];

  constructor(options: { memory?: MemoryImport } = {}) {
    this.#memory = options.memory;
  }

  /** A function that the instance is given under `imports[from][name]`. */
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

  /** A function of this module; `build` appends its body. A function with a result ends in `f.return`. */
  func<const P extends readonly ValueType[], R extends ResultType>(
    name: string,
    params: P,
    result: R,
    build: (f: FunctionBuilder, ...args: Locals<P>) => void,
    { exported = true }: { exported?: boolean } = {},
  ): Func<P, R> {
    const func = { name, params, result, index: this.#imports.length + this.#functions.length };
    const builder = new FunctionBuilder(params);
    this.#functions.push({ func, builder, exported });
    const locals = params.map((type, index) => ({ type, index, node: { kind: 'local.get' as const, index } }));
    build(builder, ...(locals as unknown as Locals<P>));
    if (result !== 'void') builder.unreachable();
    return func;
  }

  encode(): Uint8Array<ArrayBuffer> {
    const types = new Map<string, { index: number; bytes: Bytes }>();
    const typeIndex = ({ params, result }: Func): number => {
      const results = result === 'void' ? [] : [[typeCode(result)]];
      const bytes = [0x60, ...vector(params.map((p) => [typeCode(p)])), ...vector(results)];
      const key = bytes.join();
      const known = types.get(key) ?? { index: types.size, bytes };
      types.set(key, known);
      return known.index;
    };
    const imports = this.#imports.map(({ from, func }) => [
      ...text(from),
      ...text(func.name),
      0x00,
      ...unsigned(typeIndex(func)),
    ]);
    if (this.#memory) {
      const { module, name, initial, maximum, shared } = this.#memory;
      imports.push([...text(module), ...text(name), 0x02, shared ? 3 : 1, ...unsigned(initial), ...unsigned(maximum)]);
    }
    const functions = this.#functions.map(({ func }) => unsigned(typeIndex(func)));
    const exports = this.#functions
      .filter(({ exported }) => exported)
      .map(({ func }) => [...text(func.name), 0x00, ...unsigned(func.index)]);
    const code = this.#functions.map(({ builder }) => encodeBody(builder));
    return new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // "\0asm", version 1
      ...section(1, vector([...types.values()].map(({ bytes }) => bytes))),
      ...section(2, vector(imports)),
      ...section(3, vector(functions)),
      ...section(7, vector(exports)),
      ...section(10, vector(code)),
    ]);
  }
}

function encodeBody(builder: FunctionBuilder): Bytes {
  const encoder = new BodyEncoder();
  encoder.statements(builder.body);
  const locals = vector(builder.localTypes.map((type) => [1, typeCode(type)]));
  const size = locals.length + encoder.out.length + 1;
  const out = unsigned(size);
  for (const byte of locals) out.push(byte);
  for (const byte of encoder.out) out.push(byte);
  out.push(0x0b);
  return out;
}
