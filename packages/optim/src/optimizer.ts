// What an optimizer is, and what all of them share: the count of steps, the learning rate, the state kept for each variable,
// and one plan that updates all variables at once. How one variable moves is the matter of a rule.

import { compile, type Shape, ShapeError, type Tensor, type Variable, variable, zeros } from '@treadle/tensor';
import type { Schedule } from './schedule.ts';

export interface Optimizer {
  readonly name: string;
  /** 0-d; may be assigned between steps. Where a schedule sets it, it is the rate of the latest step */
  readonly learningRate: Variable;
  /** how many steps were made: 0-d int32 */
  readonly iterations: Variable;
  /** iterations, learningRate, then the state of each variable, in the order in which the variables first came */
  readonly variables: readonly Variable[];
  /** Makes the state for these variables, which apply would make at its first call. */
  build(variables: readonly Variable[]): void;
  /**
   * One step: every variable moves along its gradient. Inside a compiled function the step is part of its plan. Throws
   * RangeError unless there is a gradient for each variable, ShapeError unless it has the variable's shape.
   */
  apply(gradients: readonly Tensor[], variables: readonly Variable[]): void;
}

/** What becomes of one variable: its new value, and its new state in the order of the rule's slots. */
export interface Update {
  readonly x: Tensor;
  readonly state: readonly Tensor[];
}

/** How variables move. */
export interface UpdateRule {
  readonly name: string;
  /** what is kept for each variable, of its shape, zeros at first */
  readonly slots: readonly string[];
  /** Begins a step, the first of which is 1: what all variables share is computed here, once. */
  begin(rate: Tensor, step: Tensor): (x: Tensor, dx: Tensor, state: readonly Tensor[]) => Update;
}

/** An optimizer of that rule. Throws RangeError for a rate that is not a finite number ≥ 0. */
export function optimizerOf(rule: UpdateRule, learningRate: number | Schedule): Optimizer {
  return new RuleOptimizer(rule, learningRate);
}

class RuleOptimizer implements Optimizer {
  readonly name: string;
  readonly learningRate: Variable;
  readonly iterations: Variable;
  readonly #rule: UpdateRule;
  readonly #schedule: Schedule | undefined;
  readonly #states = new Map<Variable, readonly Variable[]>();
  /** a plan of its own outside of compiled functions, part of theirs inside */
  readonly #step: (gradients: readonly Tensor[], variables: readonly Variable[]) => void;

  constructor(rule: UpdateRule, learningRate: number | Schedule) {
    this.name = rule.name;
    this.#rule = rule;
    this.#schedule = typeof learningRate === 'function' ? learningRate : undefined;
    const options = { name: 'learningRate', trainable: false };
    this.learningRate = variable(initialRate(rule.name, learningRate), options);
    this.iterations = variable(zeros([], { dtype: 'int32' }), { name: 'iterations', trainable: false });
    this.#step = compile((gradients, variables) => this.#update(gradients, variables));
  }

  get variables(): readonly Variable[] {
    return [this.iterations, this.learningRate, ...[...this.#states.values()].flat()];
  }

  build(variables: readonly Variable[]): void {
    for (const v of variables) this.#stateOf(v);
  }

  apply(gradients: readonly Tensor[], variables: readonly Variable[]): void {
    check(this.name, gradients, variables);
    this.build(variables);
    this.#step(gradients, variables);
  }

  #stateOf(v: Variable): readonly Variable[] {
    let state = this.#states.get(v);
    if (!state) {
      const index = this.#states.size;
      state = this.#rule.slots.map((slot) => variable(zeros(v.shape), { name: `${slot}/${index}`, trainable: false }));
      this.#states.set(v, state);
    }
    return state;
  }

  #update(gradients: readonly Tensor[], variables: readonly Variable[]): void {
    const before = this.iterations.cast('float32');
    if (this.#schedule) this.learningRate.assign(this.#schedule(before));
    const move = this.#rule.begin(this.learningRate, before.add(1));
    this.iterations.assignAdd(1);
    variables.forEach((v, i) => {
      const gradient = gradients[i];
      if (!gradient) throw new Error('internal: a variable without a gradient');
      const state = this.#stateOf(v);
      const update = move(v, gradient, state);
      v.assign(update.x);
      state.forEach((slot, j) => {
        slot.assign(update.state[j] ?? slot);
      });
    });
  }
}

function initialRate(name: string, learningRate: number | Schedule): Tensor | number {
  if (typeof learningRate === 'function') return learningRate(zeros([]));
  if (!Number.isFinite(learningRate) || learningRate < 0) {
    throw new RangeError(`${name}: the learning rate must be a finite number ≥ 0; got ${learningRate}`);
  }
  return learningRate;
}

function check(name: string, gradients: readonly Tensor[], variables: readonly Variable[]): void {
  if (gradients.length !== variables.length) {
    throw new RangeError(
      `${name}: there must be a gradient for each variable; got ${gradients.length} for ${variables.length}`,
    );
  }
  variables.forEach((v, i) => {
    const shape = gradients[i]?.shape ?? [];
    if (!isEqual(shape, v.shape)) {
      const which = v.name === '' ? `variable ${i}` : v.name;
      throw new ShapeError(
        `${name}: a gradient must have its variable’s shape; got [${shape.join(', ')}] for ${which} [${v.shape.join(', ')}]`,
      );
    }
  });
}

function isEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}
