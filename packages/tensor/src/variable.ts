// A variable: a tensor whose value can be assigned. Everything a tensor has, it has; what was computed from its old value keeps
// seeing that.

import { initialStorageOf, VariableCell } from '@treadle/compiler';
import type { Dtype, Node, Shape } from '@treadle/graph';
import { type OptionKinds, ops, readOptions } from '@treadle/graph';
import { nodeOf, operand, readNode, Tensor, type TensorData, type TensorLike } from './tensor.ts';

export interface VariableOptions {
  readonly name?: string;
  /** whether an optimizer changes it; true by default */
  readonly trainable?: boolean;
  /** from the value that an optimizer would give it to the one that it may have */
  readonly constraint?: ((value: Tensor) => Tensor) | undefined;
}

const variableOptions: OptionKinds<VariableOptions> = { name: 'string', trainable: 'boolean', constraint: 'function' };

export class Variable extends Tensor {
  readonly name: string;
  trainable: boolean;
  /** what an optimizer's update passes through, if anything */
  readonly constraint: ((value: Tensor) => Tensor) | undefined;
  readonly #cell: VariableCell;

  constructor(initial: Node, { name = '', trainable = true, constraint }: VariableOptions = {}) {
    const cell = new VariableCell(initialStorageOf(initial), initial.shape, initial.dtype);
    super(cell.node);
    this.#cell = cell;
    this.name = name;
    this.trainable = trainable;
    this.constraint = constraint;
  }

  override get node(): Node {
    return this.#cell.node;
  }

  /** Asking for these makes no assignment that waits. */
  override get shape(): Shape {
    return this.#cell.valueNode.shape;
  }

  override get dtype(): Dtype {
    return this.#cell.valueNode.dtype;
  }

  /** Makes `value`, of the same shape, the variable's value. A number fills it. */
  assign(value: TensorLike): this {
    const node = typeof value === 'number' ? ops.broadcastTo(numberLike(value, this), this.shape) : nodeOf(value);
    this.#cell.assign(node);
    return this;
  }

  /** v ← v + value */
  assignAdd(value: TensorLike): this {
    this.#cell.assign(ops.add(this.node, operand(value)));
    return this;
  }

  /** v ← v − value */
  assignSub(value: TensorLike): this {
    this.#cell.assign(ops.sub(this.node, operand(value)));
    return this;
  }

  override async read(): Promise<TensorData> {
    return readNode(this.#cell.valueNode);
  }

  override dispose(): void {
    this.#cell.dispose();
  }
}

function numberLike(value: number, like: Tensor): Node {
  return ops.cast(nodeOf(value), like.dtype);
}

/** A variable that begins with `initial`. */
export function variable(initial: TensorLike, options: VariableOptions = {}): Variable {
  return new Variable(nodeOf(initial), readOptions('variable', options, variableOptions));
}
