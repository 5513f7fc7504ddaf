// What an optimizer is: an update of variables by gradients. How one is made of a rule is said in rule-optimizer.ts.

import type { Configured, Tensor, Variable } from '@treadle/tensor';

/** Moves variables along their gradients, and keeps state for each of them. */
export interface Optimizer extends Configured {
  /** such as 'adam', for messages */
  readonly name: string;
  /** the learning rate, 0-d; may be assigned between steps. A schedule sets it at every step, to the rate of that step */
  readonly learningRate: Variable;
  /** whether a schedule sets the learning rate at every step */
  readonly isScheduled: boolean;
  /** the number of steps made so far: 0-d int32 */
  readonly iterations: Variable;
  /** iterations, learningRate, the state that variables share, then the state of each variable, in the order of their first update */
  readonly variables: readonly Variable[];
  /** iterations, learningRate, and the state that variables share, by their names */
  readonly sharedState: ReadonlyMap<string, Variable>;
  /** The state of a variable by its names, such as mean; undefined before its first update. */
  stateOf(v: Variable): ReadonlyMap<string, Variable> | undefined;
  /** Makes the state of these variables, as the first call of apply does. */
  build(variables: readonly Variable[]): void;
  /**
   * One step: moves every variable along its gradient. In a compiled function the step is part of the plan. Throws RangeError unless
   * there is a gradient for each variable, ShapeError unless it has the variable's shape.
   */
  apply(gradients: readonly Tensor[], variables: readonly Variable[]): void;
  /** Ends a training: with emaMomentum, assigns each variable its average. */
  finalize(variables: readonly Variable[]): void;
}
