// A variable: a tensor whose value can be assigned. It has all that a tensor has. Tensors computed from it before an assignment
// keep the values that follow from the old value.

import { initialStorageOf, VariableCell } from '@treadle/compiler';
import type { Dtype, Node, Shape } from '@treadle/graph';
import { type OptionKinds, ops, readOptions } from '@treadle/graph';
import { nodeOf, operand, type TensorLike } from './operand.ts';
import { readNode, Tensor, type TensorData } from './tensor.ts';

/** Options of variable. */
export interface VariableOptions {
  /** '' by default; layers use it as the name of a weight */
  readonly name?: string;
  /** whether optimizers change it; true by default */
  readonly trainable?: boolean;
  /** maps the value that an optimizer computed to one that is allowed, such as by clipping; none by default */
  readonly constraint?: ((value: Tensor) => Tensor) | undefined;
  /**
   * Whether optimizers skip rows (along the first axis) whose gradient is 0 in every element. Such a row keeps its value, and the
   * optimizer keeps its state for it: no moving average fades there, and no weight decays. All other rows move by the optimizer's
   * rule, which counts steps for all rows together. A step then costs time for the rows that were looked up alone; clipping by a
   * norm, constraints and averages of weights (emaMomentum) still go through all rows. false by default. `sgd` and `adagrad`
   * without momentum and decay have the same result either way, and always skip such rows.
   */
  readonly sparseGradient?: boolean | undefined;
}

const variableOptions: OptionKinds<VariableOptions> = {
  name: 'string',
  trainable: 'boolean',
  constraint: 'function',
  sparseGradient: 'boolean',
};

/** A tensor whose value can be assigned: weights of a model, for one. `variable` makes it. */
export class Variable extends Tensor {
  /** '' unless it was named */
  readonly name: string;
  /** whether optimizers change it */
  trainable: boolean;
  /** maps an optimizer's value to one that is allowed, if there is a constraint */
  readonly constraint: ((value: Tensor) => Tensor) | undefined;
  /** whether optimizers skip rows whose gradient is 0 */
  readonly sparseGradient: boolean;
  readonly #cell: VariableCell;

  /** Not for users: `variable` makes variables. */
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

  // shape and dtype never change, so reading them does not carry out pending assignments.
  override get shape(): Shape {
    return this.#cell.valueNode.shape;
  }

  override get dtype(): Dtype {
    return this.#cell.valueNode.dtype;
  }

  /**
   * Gives the variable another value of the same shape and dtype; a number fills it. Returns the variable. Tensors computed before
   * keep their values.
   *
   * @throws ShapeError for another shape, DtypeError for another dtype.
   * @example
   * ```ts
   * import { variable } from 'treadle';
   * const v = variable([1, 2]);
   * const before = v.mul(10);
   * v.assign([3, 4]); // → [3, 4]
   * before; // → [10, 20]
   * ```
   */
  assign(value: TensorLike): this {
    const node = typeof value === 'number' ? ops.broadcastTo(numberLike(value, this), this.shape) : nodeOf(value);
    this.#cell.assign(node);
    return this;
  }

  /**
   * v ← v + value, which broadcasts to v's shape. Returns the variable.
   *
   * @throws ShapeError where the value does not broadcast to v's shape.
   * @example
   * ```ts
   * import { variable } from 'treadle';
   * variable([1, 2]).assignAdd(1); // → [2, 3]
   * ```
   */
  assignAdd(value: TensorLike): this {
    this.#cell.assign(ops.add(this.node, operand(value)));
    return this;
  }

  /**
   * v ← v − value, which broadcasts to v's shape. Returns the variable.
   *
   * @throws ShapeError where the value does not broadcast to v's shape.
   * @example
   * ```ts
   * import { variable } from 'treadle';
   * variable([1, 2]).assignSub([1, 1]); // → [0, 1]
   * ```
   */
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

/**
 * A variable with the value `initial`, which it copies.
 *
 * @throws RangeError for an option that does not exist.
 * @example
 * ```ts
 * import { variable } from 'treadle';
 * const w = variable([0.5, 0.25], { name: 'w' });
 * w.assignSub(w.mul(0.5)); // → [0.25, 0.125]
 * ```
 */
export function variable(initial: TensorLike, options: VariableOptions = {}): Variable {
  return new Variable(nodeOf(initial), readOptions('variable', options, variableOptions));
}
