// From data to bytes: the binary format of the WebAssembly specification, chapter 5. Knows the encoding of every node and
// statement; knows nothing of what they mean.

import { type Expr, instruction } from './expression.ts';
import type { Label, Statement } from './function.ts';
import { isVector, type ResultType, type ValueType } from './types.ts';

const typeCodes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

export function typeCode(type: ValueType): number {
  return isVector(type) ? typeCodes.v128 : typeCodes[type];
}

export type Bytes = number[];

/** LEB128, unsigned. */
export function unsigned(n: number): Bytes {
  const out: Bytes = [];
  let rest = n;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return out;
}

/** LEB128, signed. */
export function signed(n: bigint): Bytes {
  const out: Bytes = [];
  let rest = n;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) return [...out, low];
    out.push(low | 0x80);
  }
}

export function vector(items: readonly Bytes[]): Bytes {
  const out = unsigned(items.length);
  for (const item of items) for (const byte of item) out.push(byte);
  return out;
}

export function text(value: string): Bytes {
  return vector([...new TextEncoder().encode(value)].map((byte) => [byte]));
}

export function section(id: number, body: Bytes): Bytes {
  const out = [id, ...unsigned(body.length)];
  for (const byte of body) out.push(byte);
  return out;
}

function opcode(code: number): Bytes {
  return code < 0x100 ? [code] : [code >>> 16, ...unsigned(code & 0xffff)];
}

function littleEndian(write: (view: DataView) => void, bytes: number): Bytes {
  const view = new DataView(new ArrayBuffer(bytes));
  write(view);
  return [...new Uint8Array(view.buffer)];
}

function vectorBytes(type: ValueType, value: number | bigint | readonly number[]): Bytes {
  const [lane, countText] = [type.slice(0, type.indexOf('x')), type.slice(type.indexOf('x') + 1)];
  const size = 16 / Number(countText);
  return littleEndian((view) => {
    for (let i = 0; i < 16 / size; i++) {
      const x = typeof value === 'object' ? (value[i] ?? 0) : value;
      if (lane === 'f32') view.setFloat32(4 * i, Number(x), true);
      else if (lane === 'f64') view.setFloat64(8 * i, Number(x), true);
      else if (lane === 'i64') view.setBigInt64(8 * i, BigInt(x), true);
      else if (lane === 'i32') view.setInt32(4 * i, Number(x), true);
      else if (lane === 'i16') view.setInt16(2 * i, Number(x), true);
      else view.setInt8(i, Number(x));
    }
  }, 16);
}

function constantBytes(type: ResultType, value: number | bigint | readonly number[]): Bytes {
  if (type === 'i32') return [0x41, ...signed(BigInt(Number(value) | 0))];
  if (type === 'i64') return [0x42, ...signed(BigInt.asIntN(64, BigInt(value as bigint)))];
  if (type === 'f32') return [0x43, ...littleEndian((v) => v.setFloat32(0, Number(value), true), 4)];
  if (type === 'f64') return [0x44, ...littleEndian((v) => v.setFloat64(0, Number(value), true), 8)];
  if (type === 'void') throw new Error('internal: a constant needs a type');
  return [0xfd, 0x0c, ...vectorBytes(type, value)];
}

/** Encodes a body into `out`. */
export class BodyEncoder {
  readonly out: Bytes = [];
  readonly #labels: (Label | undefined)[] = [];

  expression({ type, node }: Expr<ResultType>): void {
    switch (node.kind) {
      case 'const':
        return this.#push(constantBytes(type, node.value));
      case 'local.get':
        return this.#push([0x20, ...unsigned(node.index)]);
      case 'call':
        for (const arg of node.args) this.expression(arg);
        return this.#push([0x10, ...unsigned(node.func.index)]);
      case 'select':
        for (const arg of node.args) this.expression(arg);
        return this.#push([0x1c, 1, typeCode(node.args[0].type)]);
      case 'instruction': {
        for (const arg of node.args) this.expression(arg);
        const [code, , , immediate, size] = instruction(node.name);
        this.#push(opcode(code));
        if (immediate?.includes('memory')) this.#push([...unsigned(size ?? 0), ...unsigned(node.offset)]);
        if (immediate === 'copy') this.#push([0, 0]);
        if (immediate === 'fill') this.#push([0]);
        return this.#push([...node.lanes]);
      }
    }
  }

  statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(s: Statement): void {
    switch (s.kind) {
      case 'local.set':
        this.expression(s.value);
        return this.#push([0x21, ...unsigned(s.index)]);
      case 'do':
        this.expression(s.value);
        return this.#push(s.value.type === 'void' ? [] : [0x1a]);
      case 'block':
        return this.#nested([s.label.kind === 'loop' ? 0x03 : 0x02, 0x40], s.label, s.body);
      case 'if': {
        this.expression(s.condition);
        this.#push([0x04, 0x40]);
        this.#labels.push(undefined);
        this.statements(s.then);
        if (s.otherwise.length > 0) {
          this.#push([0x05]);
          this.statements(s.otherwise);
        }
        this.#labels.pop();
        return this.#push([0x0b]);
      }
      case 'br': {
        const depth = this.#labels.length - 1 - this.#labels.lastIndexOf(s.label);
        if (depth >= this.#labels.length) throw new Error('internal: branch to a label that does not enclose it');
        if (s.condition) this.expression(s.condition);
        return this.#push([s.condition ? 0x0d : 0x0c, ...unsigned(depth)]);
      }
      case 'return':
        if (s.value) this.expression(s.value);
        return this.#push([0x0f]);
      case 'unreachable':
        return this.#push([0x00]);
    }
  }

  #nested(head: Bytes, label: Label, body: readonly Statement[]): void {
    this.#push(head);
    this.#labels.push(label);
    this.statements(body);
    this.#labels.pop();
    this.#push([0x0b]);
  }

  #push(bytes: Bytes): void {
    for (const byte of bytes) this.out.push(byte);
  }
}
