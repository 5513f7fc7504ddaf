// A variable: a tensor whose value can be assigned. Everything a tensor has, it has; what was computed from its old value keeps
// seeing that.

import { initialStorageOf, VariableCell } from '@treadle/compiler';
import type { Dtype, Node, Shape } from '@treadle/graph';
import { type OptionKinds, ops, readOptions } from '@treadle/graph';
import { nodeOf, operand, type TensorLike } from './operand.ts';
import { readNode, Tensor, type TensorData } from './tensor.ts';

export interface VariableOptions {
  readonly name?: string;
  /** whether an optimizer changes it; true by default */
  readonly trainable?: boolean;
  /** from the value that an optimizer would give it to the one that it may have */
  readonly constraint?: ((value: Tensor) => Tensor) | undefined;
  /**
   * Whether optimizers skip rows (along the first axis) whose gradient is 0 in every element: such a row keeps its value, and
   * the optimizer keeps what it has for it, so no mean fades and no weight decays there. All other rows move by the optimizer's
   * rule, whose count of steps goes on for all. A step then costs what the rows cost that were looked up; clipping by a norm,
   * constraints and averages (emaMomentum) still go through all rows. false by default; without momentum and decay, `sgd` and
   * `adagrad` have the same result either way, and always skip such rows.
   */
  readonly sparseGradient?: boolean | undefined;
}

const variableOptions: OptionKinds<VariableOptions> = {
  name: 'string',
  trainable: 'boolean',
  constraint: 'function',
  sparseGradient: 'boolean',
};

export class Variable extends Tensor {
  readonly name: string;
  trainable: boolean;
  /** what an optimizer's update passes through, if anything */
  readonly constraint: ((value: Tensor) => Tensor) | undefined;
  /** whether rows whose gradient is 0 stay as they are in an optimizer's update */
  readonly sparseGradient: boolean;
  readonly #cell: VariableCell;

  constructor(initial: Node, options: VariableOptions = {}) {
    const { name = '', trainable = true, constraint, sparseGradient = false } = options;
    const cell = new VariableCell(initialStorageOf(initial), initial.shape, initial.dtype);
    super(cell.node);
    this.#cell = cell;
    this.name = name;
    this.trainable = trainable;
    this.constraint = constraint;
    this.sparseGradient = sparseGradient;
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
