// Writes ONNX models of one graph as protocol buffers (onnx.proto of ONNX 1.12: opset 13, IR version 7). A field is a
// tag (number · 8 + wire type), followed by a varint, or by a length and bytes.

import { type Inputs, input, type Row } from './row.ts';

type Bytes = readonly number[] | Uint8Array;

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

const number = (field: number, value: number): Uint8Array => Uint8Array.of(...varint(field * 8), ...varint(value));

function bytes(field: number, ...parts: readonly Bytes[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [...varint(field * 8 + 2), ...varint(length)];
  const all = new Uint8Array(head.length + length);
  all.set(head);
  let at = head.length;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const text = (field: number, value: string): Uint8Array => bytes(field, new TextEncoder().encode(value));

const float = 1; // TensorProto.DataType.FLOAT

interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** attributes that are whole numbers */
  readonly attributes?: Readonly<Record<string, number>>;
}

const attribute = ([name, value]: readonly [string, number]): Uint8Array =>
  bytes(5, text(1, name), number(3, value), number(20, 2)); // type INT

const node = ({ op, inputs, output, attributes = {} }: Node): Uint8Array =>
  bytes(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map(attribute),
  );

/** A float32 value whose axes have any length. */
const value = (field: number, name: string, rank: number): Uint8Array => {
  const shape = bytes(2, ...Array.from({ length: rank }, () => bytes(1)));
  return bytes(field, text(1, name), bytes(2, bytes(1, number(1, float), shape)));
};

function constant(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): Uint8Array {
  const type = data instanceof Float32Array ? float : 7;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return bytes(5, ...shape.map((extent) => number(1, extent)), number(2, type), text(8, name), bytes(9, raw));
}

interface Graph {
  readonly nodes: readonly Node[];
  /** names and ranks */
  readonly inputs: Readonly<Record<string, number>>;
  readonly outputRank: number;
  readonly constants?: readonly Uint8Array[];
}

function model({ nodes, inputs, outputRank, constants = [] }: Graph): Uint8Array {
  const ins = Object.entries(inputs).map(([name, rank]) => value(11, name, rank));
  const graph = bytes(7, ...nodes.map(node), text(2, 'graph'), ...constants, ...ins, value(12, 'out', outputRank));
  return Buffer.concat([number(1, 7), graph, bytes(8, text(1, ''), number(2, 13))]);
}

/** The row as a model with the output `out`. undefined for training steps, because ONNX has no ops for them. */
export function modelOf(row: Row, inputs: Inputs): Uint8Array | undefined {
  switch (row.kind) {
    case 'matmul':
      return model({
        nodes: [{ op: 'MatMul', inputs: ['a', 'b'], output: 'out' }],
        inputs: { a: 2, b: 2 },
        outputRank: 2,
      });
    case 'fused':
      return model({
        nodes: [
          { op: 'Mul', inputs: ['a', 'b'], output: 'ab' },
          { op: 'Add', inputs: ['ab', 'c'], output: 'abc' },
          { op: 'Tanh', inputs: ['abc'], output: 't' },
          { op: 'Sigmoid', inputs: ['a'], output: 's' },
          { op: 'Mul', inputs: ['t', 's'], output: 'ts' },
          { op: 'ReduceSum', inputs: ['ts'], output: 'out', attributes: { keepdims: 0 } },
        ],
        inputs: { a: 1, b: 1, c: 1 },
        outputRank: 0,
      });
    case 'softmax':
      return model({ nodes: [{ op: 'Softmax', inputs: ['a'], output: 'out' }], inputs: { a: 2 }, outputRank: 2 });
    case 'columnSums':
      return model({
        nodes: [{ op: 'ReduceSum', inputs: ['a', 'axes'], output: 'out', attributes: { keepdims: 0 } }],
        inputs: { a: 2 },
        outputRank: 1,
        constants: [constant('axes', [1], BigInt64Array.of(0n))],
      });
    case 'transpose':
      return model({ nodes: [{ op: 'Transpose', inputs: ['a'], output: 'out' }], inputs: { a: 2 }, outputRank: 2 });
    case 'forward':
      return forward(row.sizes, inputs);
    case 'train':
    case 'trainLenet':
      return undefined;
  }
}

/** Dense layers with relu between them. The model contains the weights. */
function forward(sizes: readonly number[], inputs: Inputs): Uint8Array {
  const last = sizes.length - 2;
  const nodes = sizes.slice(1).flatMap((_, l): Node[] => {
    const z = l === last ? 'out' : `z${l}`;
    const dense: Node = { op: 'Gemm', inputs: [l === 0 ? 'x' : `h${l - 1}`, `w${l}`, `b${l}`], output: z };
    return l === last ? [dense] : [dense, { op: 'Relu', inputs: [z], output: `h${l}` }];
  });
  const names = sizes.slice(1).flatMap((_, l) => [`w${l}`, `b${l}`]);
  const constants = names.map((name) => constant(name, input(inputs, name).shape, input(inputs, name).values));
  return model({ nodes, inputs: { x: 2 }, outputRank: 2, constants });
}
