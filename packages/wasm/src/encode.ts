// From data to bytes: chapter 5 of the WebAssembly specification. Knows the encoding of every node and statement; knows nothing of
// their meaning. Relies on the function builder: the label of every branch encloses it.

import type { ByteWriter } from './bytes.ts';
import { type ConstantValue, type Expr, type ExprNode, instruction, type Signature } from './expression.ts';
import type { Label, Statement } from './function.ts';
import type { LoopConstants } from './loop-constants.ts';
import { isVector, laneCounts, type ResultType, type ValueType } from './types.ts';

const typeCodes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** The byte that stands for a type; all vectors are v128. */
export function typeCode(type: ValueType): number {
  return isVector(type) ? typeCodes.v128 : typeCodes[type];
}

const laneWriters = {
  i8x16: (to: ByteWriter, lane: number | bigint) => to.byte(Number(lane)),
  i16x8: (to: ByteWriter, lane: number | bigint) => to.int16(Number(lane)),
  i32x4: (to: ByteWriter, lane: number | bigint) => to.int32(Number(lane)),
  i64x2: (to: ByteWriter, lane: number | bigint) => to.int64(BigInt(lane)),
  f32x4: (to: ByteWriter, lane: number | bigint) => to.float32(Number(lane)),
  f64x2: (to: ByteWriter, lane: number | bigint) => to.float64(Number(lane)),
};

export function writeConstant(to: ByteWriter, type: ValueType, value: ConstantValue): void {
  if (isVector(type)) {
    to.byte(0xfd);
    to.byte(0x0c);
    for (let i = 0; i < laneCounts[type]; i++) {
      laneWriters[type](to, typeof value === 'object' ? (value[i] as number | bigint) : value);
    }
  } else if (type === 'i32') {
    to.byte(0x41);
    to.signed32(Number(value) | 0);
  } else if (type === 'i64') {
    to.byte(0x42);
    to.signed64(BigInt.asIntN(64, BigInt(value as bigint)));
  } else if (type === 'f32') {
    to.byte(0x43);
    to.float32(Number(value));
  } else {
    to.byte(0x44);
    to.float64(Number(value));
  }
}

/** Writes the statements and expressions of one function body. */
export class BodyEncoder {
  readonly #to: ByteWriter;
  /** the labels that enclose the current statement, outermost first; an `if` counts as a level but has no label */
  readonly #labels: (Label | undefined)[] = [];
  /** how many loops are among them */
  #loops = 0;
  readonly #constants: LoopConstants;
  readonly #typeIndex: (signature: Signature) => number;

  /** `typeIndex`: the number of a signature in the module. */
  constructor(to: ByteWriter, constants: LoopConstants, typeIndex: (signature: Signature) => number) {
    this.#to = to;
    this.#constants = constants;
    this.#typeIndex = typeIndex;
  }

  /** Writes statements in order. */
  statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #expression({ node }: Expr<ResultType>): void {
    const to = this.#to;
    switch (node.kind) {
      case 'const': {
        const held = this.#loops > 0 ? this.#constants.localOf(node.type, node.value) : undefined;
        if (held === undefined) writeConstant(to, node.type, node.value);
        else this.#localGet(held);
        break;
      }
      case 'local.get':
        this.#localGet(node.index);
        break;
      case 'call':
        for (const arg of node.args) this.#expression(arg);
        to.byte(0x10);
        to.unsigned(node.func.index);
        break;
      case 'call_indirect':
        for (const arg of node.args) this.#expression(arg);
        to.byte(0x11);
        to.unsigned(this.#typeIndex(node.signature));
        to.byte(0x00); // the table
        break;
      case 'select':
        for (const arg of node.args) this.#expression(arg);
        to.byte(0x1c);
        to.byte(1);
        to.byte(typeCode(node.args[0].type));
        break;
      case 'instruction':
        for (const arg of node.args) this.#expression(arg);
        this.#instruction(node);
    }
  }

  #localGet(index: number): void {
    this.#to.byte(0x20);
    this.#to.unsigned(index);
  }

  #instruction({ name, offset, lanes }: Extract<ExprNode, { kind: 'instruction' }>): void {
    const to = this.#to;
    const [code, , , immediate, accessed] = instruction(name);
    if (code > 0xff) {
      to.byte(code >>> 16);
      to.unsigned(code & 0xffff);
    } else to.byte(code);
    if (accessed !== undefined) {
      to.unsigned(accessed);
      to.unsigned(offset);
    }
    if (immediate === 'copy')
      to.append([0, 0]); // both memories
    else if (immediate === 'fill') to.byte(0);
    else for (const lane of lanes) to.byte(lane);
  }

  #statement(s: Statement): void {
    const to = this.#to;
    switch (s.kind) {
      case 'local.set':
        this.#expression(s.value);
        to.byte(0x21);
        to.unsigned(s.index);
        break;
      case 'do':
        this.#expression(s.value);
        if (s.value.type !== 'void') to.byte(0x1a);
        break;
      case 'block':
        to.byte(s.label.kind === 'loop' ? 0x03 : 0x02);
        to.byte(0x40);
        this.#nested(s.label, s.body);
        to.byte(0x0b);
        break;
      case 'if':
        this.#expression(s.condition);
        to.byte(0x04);
        to.byte(0x40);
        this.#nested(undefined, s.body);
        if (s.otherwise.length > 0) {
          to.byte(0x05);
          this.#nested(undefined, s.otherwise);
        }
        to.byte(0x0b);
        break;
      case 'br':
        if (s.condition) this.#expression(s.condition);
        to.byte(s.condition ? 0x0d : 0x0c);
        to.unsigned(this.#labels.length - 1 - this.#labels.lastIndexOf(s.label));
        break;
      case 'return':
        if (s.value) this.#expression(s.value);
        to.byte(0x0f);
        break;
      case 'unreachable':
        to.byte(0x00);
    }
  }

  #nested(label: Label | undefined, body: readonly Statement[]): void {
    const loops = label?.kind === 'loop' ? 1 : 0;
    this.#labels.push(label);
    this.#loops += loops;
    this.statements(body);
    this.#loops -= loops;
    this.#labels.pop();
  }
}
