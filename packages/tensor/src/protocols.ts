// Protocols of JavaScript and its tools: how a tensor prints, iterates, and compares in tests.
//
// Test frameworks compare own enumerable properties. A tensor has none, and giving them to every tensor would slow down every op. But
// node:assert, Jest and Vitest all read the tag or the iterator of an object before they compare it, so a tensor defines the
// properties at that moment, as accessors.

import { disposed, isConcrete, isRecording, StoredValue, valueOf } from '@treadle/compiler';
import { joinLostHistory, type Node, numberNode, ops, sizeOf, sourceNode } from '@treadle/graph';
import { heading } from './print/print.ts';
import { inspectSymbol } from './print/table.ts';
import { Tensor } from './tensor.ts';

/** the properties that are compared */
const compared: PropertyDescriptorMap & ThisType<Tensor> = {
  shape: {
    get() {
      return this.node.shape;
    },
  },
  dtype: {
    get() {
      return this.node.dtype;
    },
  },
  values: {
    get() {
      return this.toArray();
    },
  },
};
for (const property of Object.values(compared)) {
  property.enumerable = true;
  property.configurable = true;
}

function showProperties(t: Tensor): void {
  if (!Object.hasOwn(t, 'values') && Object.isExtensible(t)) Object.defineProperties(t, compared);
}

/** The text of console.log. It never throws, so that objects which hold a tensor without a value can be printed too. */
function printed(t: Tensor): string {
  try {
    const { node, shape, dtype } = t;
    return isConcrete(node) ? t.toString() : `${heading(shape, dtype)} (value not known while recorded)`;
  } catch (error) {
    if (error instanceof Error && error.message === disposed().message) return 'Tensor (disposed of)';
    throw error;
  }
}

/** The rows [...] of a node [n, ...], as nodes. Where gradients may be asked for, rows keep their history. */
function* rowsOf(node: Node): Generator<Node> {
  const [count = 0, ...shape] = node.shape;
  if (isRecording() || node.tracked) {
    for (let i = 0; i < count; i++) yield ops.gather(node, numberNode(i, 'int32'), 0);
    return;
  }
  const values = valueOf(node).read();
  const length = sizeOf(shape);
  node.captured = true; // the rows below have no history, so gradients cannot pass
  const lostHistory = joinLostHistory(node.lostHistory, 'untracked');
  for (let i = 0; i < count; i++) {
    const storage = StoredValue.of(values.slice(i * length, (i + 1) * length), node.dtype);
    yield sourceNode({ kind: 'stored', storage }, shape, node.dtype, { lostHistory });
  }
}

/** The rows of a handle that the iterator owns: an assignment while it runs changes none of them. */
function* rowsOfHandle(own: Tensor): Generator<Tensor> {
  try {
    for (const node of rowsOf(own.node)) yield new Tensor(node);
  } finally {
    own.dispose();
  }
}

const protocols: PropertyDescriptorMap & ThisType<Tensor> = {
  [Symbol.toStringTag]: {
    get() {
      showProperties(this);
      return 'Tensor';
    },
  },
  // A 0-d tensor has no rows and no iterator: for … of says that it is not iterable.
  [Symbol.iterator]: {
    get() {
      if (this.rank === 0) return undefined;
      showProperties(this);
      return () => rowsOfHandle(new Tensor(this.node));
    },
  },
  // What console.log shows.
  [inspectSymbol]: {
    value(depth: number, { stylize }: { stylize(text: string, style: 'special'): string }) {
      return depth < 0 ? stylize('[Tensor]', 'special') : printed(this);
    },
  },
};
Object.defineProperties(Tensor.prototype, protocols);
