// What JavaScript and its tools ask of any object, answered by a tensor: how it prints, which rows it has, what it is equal to.
// Tests compare the enumerable properties that an object has of its own, and a tensor has none: all that it is lies behind its
// handle. Giving them to every tensor would cost every op. But before they look, all of node:assert, Jest and Vitest read the
// tag or the iterator; so a tensor gets those properties then, as accessors.

import { inspect } from 'node:util';
import { disposed, isConcrete, isRecording, StoredValue, valueOf } from '@treadle/compiler';
import { joinLost, type Node, numberNode, ops, sizeOf, sourceNode } from '@treadle/graph';
import { heading } from './print/print.ts';
import type { Tensor } from './tensor.ts';

/**
 * The value of a property that every tensor has: structuredClone and postMessage, which would make an empty object of it, throw a
 * DataCloneError that shows this text.
 */
export const neverCloned: unique symbol = Symbol(
  'structuredClone, postMessage: a tensor must stay in its thread; got one; send its data() and shape',
);

/** What is compared. */
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

/** An object that holds a tensor without a value, which is recorded or was disposed of, can be printed all the same. */
function printed(t: Tensor): string {
  try {
    const { node, shape, dtype } = t;
    return isConcrete(node) ? t.toString() : `${heading(shape, dtype)} (value not known while recorded)`;
  } catch (error) {
    if (error instanceof Error && error.message === disposed().message) return 'Tensor (disposed of)';
    throw error;
  }
}

/** Rows [...] of a node [n, ...], as nodes. A row of what gradients are asked for stays connected with it. */
function* rowsOf(node: Node): Generator<Node> {
  const [count = 0, ...shape] = node.shape;
  if (isRecording() || node.tracked) {
    for (let i = 0; i < count; i++) yield ops.gather(node, numberNode(i, 'int32'), 0);
    return;
  }
  const values = valueOf(node).read();
  const length = sizeOf(shape);
  node.captured = true; // a gradient that leads here is lost
  const lost = joinLost(node.lost, 'untracked');
  for (let i = 0; i < count; i++) {
    const storage = StoredValue.of(values.slice(i * length, (i + 1) * length), node.dtype);
    yield sourceNode({ kind: 'stored', storage }, shape, node.dtype, { lost });
  }
}

/** The rows of what a handle of the iterator's own holds: an assignment on the way changes none of them. */
function* wrappedRows(own: Tensor, wrap: (node: Node) => Tensor): Generator<Tensor> {
  try {
    for (const node of rowsOf(own.node)) yield wrap(node);
  } finally {
    own.dispose();
  }
}

/** Gives the protocols to a class of tensors; `wrap` makes one of a node. */
export function addProtocols(prototype: Tensor, wrap: (node: Node) => Tensor): void {
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
        return () => wrappedRows(wrap(this.node), wrap);
      },
    },
    // What console.log shows.
    [inspect.custom]: {
      value(depth: number, { stylize }: { stylize(text: string, style: 'special'): string }) {
        return depth < 0 ? stylize('[Tensor]', 'special') : printed(this);
      },
    },
  };
  Object.defineProperties(prototype, protocols);
}
