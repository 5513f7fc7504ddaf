// optimizerOf: an optimizer from an update rule. What all optimizers share is done here: the number of steps, the learning rate, the state
// of each variable, clipped gradients, decayed weights, averages, and one plan that updates all variables at once.

import {
  compile,
  full,
  rowGradients,
  show,
  type Tensor,
  tensor,
  type Variable,
  variable,
  zeros,
} from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { checkGradients, checkRule, checkVariables } from './check-arguments.ts';
import { type Clip, clipOf } from './clip.ts';
import type { Optimizer } from './optimizer.ts';
import { type CheckedOptions, checkCommonOptions, type OptimizerOptions } from './optimizer-options.ts';
import { updateNonzeroRows, updateRows } from './row-updates.ts';
import type { Move, Update, UpdateRule } from './update-rule.ts';

/** The gradient of a variable, as given and clipped. */
interface Gradient {
  readonly gradient: Tensor;
  readonly clipped: Tensor;
}

/** A step at a learning rate. */
interface Begun {
  readonly rate: Tensor;
  readonly move: Move;
}

/**
 * An optimizer of the user's own rule. Throws RangeError for a learning rate that is not a finite number ≥ 0 and for options out of
 * range, TypeError for what is not a rule.
 *
 * @example
 * ```ts
 * import { optimizerOf, tensor, variable } from 'treadle';
 * const descent = optimizerOf({ name: 'descent', slots: [], begin: (rate) => (x, dx) => ({ x: x.sub(dx.mul(rate)), state: [] }) }, 0.5);
 * const x = variable([1, 2]);
 * descent.apply([tensor([2, 2])], [x]);
 * x; // → [0, 1]
 * ```
 */
export function optimizerOf(
  rule: UpdateRule,
  learningRate: number | Schedule,
  options: OptimizerOptions = {},
): Optimizer {
  checkRule(rule);
  return new RuleOptimizer(rule, learningRate, checkCommonOptions(rule.name, options));
}

/** The state of one variable: the rule's slots, and its average if there is one. */
interface VariableState {
  readonly slots: readonly Variable[];
  readonly average: Variable | undefined;
}

/** Counts steps, follows schedules, clips, decays and averages; the rule moves each variable. */
class RuleOptimizer implements Optimizer {
  readonly name: string;
  readonly learningRate: Variable;
  readonly iterations: Variable;
  readonly #rule: UpdateRule;
  readonly #schedule: Schedule | undefined;
  readonly #common: CheckedOptions;
  readonly #clip: Clip;
  readonly #shared: readonly Variable[];
  readonly #states = new Map<Variable, VariableState>();
  /** compiled, with a plan of its own outside of compiled functions */
  readonly #step: (gradients: readonly Tensor[], variables: readonly Variable[]) => void;

  constructor(rule: UpdateRule, learningRate: number | Schedule, common: CheckedOptions) {
    this.name = rule.name;
    this.#rule = rule;
    this.#schedule = typeof learningRate === 'function' ? learningRate : undefined;
    this.#common = common;
    this.#clip = clipOf(rule.name, common);
    const options = { name: 'learningRate', trainable: false };
    this.learningRate = variable(initialRate(rule.name, learningRate), options);
    this.iterations = variable(zeros([], { dtype: 'int32' }), { name: 'iterations', trainable: false });
    this.#shared = (rule.shared ?? []).map(({ name, initial = 0 }) => variable(initial, { name, trainable: false }));
    this.#step = compile((gradients, variables) => this.#update(gradients, variables));
  }

  get variables(): readonly Variable[] {
    const state = [...this.#states.values()].flatMap(({ slots, average }) => (average ? [...slots, average] : slots));
    return [this.iterations, this.learningRate, ...this.#shared, ...state];
  }

  get sharedState(): ReadonlyMap<string, Variable> {
    return new Map([this.iterations, this.learningRate, ...this.#shared].map((v) => [v.name, v]));
  }

  stateOf(v: Variable): ReadonlyMap<string, Variable> | undefined {
    const state = this.#states.get(v);
    if (!state) return undefined;
    const slots = this.#rule.slots.map(({ name }, i): readonly [string, Variable | undefined] => [
      name,
      state.slots[i],
    ]);
    const named = [...slots, ['average', state.average] as const];
    return new Map(named.flatMap(([name, slot]) => (slot ? [[name, slot]] : [])));
  }

  get isScheduled(): boolean {
    return this.#schedule !== undefined;
  }

  build(variables: readonly Variable[]): void {
    checkVariables(this.name, variables);
    for (const v of variables) this.#stateOf(v);
  }

  apply(gradients: readonly Tensor[], variables: readonly Variable[]): void {
    checkGradients(this.name, gradients, variables);
    this.build(variables);
    this.#step(gradients, variables);
  }

  finalize(variables: readonly Variable[]): void {
    checkVariables(this.name, variables);
    for (const v of variables) {
      const average = this.#states.get(v)?.average;
      if (average) v.assign(average);
    }
  }

  #stateOf(v: Variable): VariableState {
    let state = this.#states.get(v);
    if (!state) {
      const index = this.#states.size;
      const keep = (name: string, initial: Tensor): Variable =>
        variable(initial, { name: `${name}/${index}`, trainable: false });
      state = {
        slots: this.#rule.slots.map(({ name, initial = 0 }) => keep(name, full(v.shape, initial))),
        average: this.#common.emaMomentum === undefined ? undefined : keep('average', v.detach()),
      };
      this.#states.set(v, state);
    }
    return state;
  }

  #update(gradients: readonly Tensor[], variables: readonly Variable[]): void {
    const before = this.iterations.cast('float32');
    if (this.#schedule) this.learningRate.assign(this.#schedule(before));
    const moveAt = this.#begin(before.add(1));
    this.iterations.assignAdd(1);
    const clipped = this.#clip(gradients);
    variables.forEach((v, i) => {
      const gradient = gradients[i];
      if (!gradient) throw new Error('internal: a variable without a gradient');
      this.#updateOne(v, { gradient, clipped: clipped[i] ?? gradient }, moveAt(this.#common.rateScale(v)));
    });
  }

  /** Begins the step once for each multiple of the learning rate. */
  #begin(step: Tensor): (scale: number) => Begun {
    const shared = this.#rule.advance?.(this.#shared, step) ?? [];
    this.#shared.forEach((v, i) => {
      v.assign(shared[i] ?? v);
    });
    const begun = new Map<number, Begun>();
    return (scale) => {
      let known = begun.get(scale);
      if (!known) {
        const rate = scale === 1 ? this.learningRate : this.learningRate.mul(scale);
        known = { rate, move: this.#rule.begin(rate, step, shared) };
        begun.set(scale, known);
      }
      return known;
    };
  }

  #updateOne(v: Variable, given: Gradient, { rate, move }: Begun): void {
    const { slots, average } = this.#stateOf(v);
    const { weightDecay, emaMomentum = 0 } = this.#common;
    const decayed = (x: Tensor): Tensor => x.sub(x.mul(rate.mul(weightDecay))); // decoupled from the gradient
    const moveOne: Move = weightDecay > 0 ? (x, dx, state) => move(decayed(x), dx, state) : move;
    const update = this.#moved(v, given, slots, moveOne);
    const allowed = v.constraint ? v.constraint(update.x) : update.x;
    v.assign(allowed);
    slots.forEach((slot, j) => {
      slot.assign(update.state[j] ?? slot);
    });
    average?.assign(average.mul(emaMomentum).add(allowed.mul(1 - emaMomentum))); // a ← μ·a + (1 − μ)·x
  }

  /**
   * The move by the whole gradient, or by the rows of a sparse gradient: if the rule leaves the other rows the same to the bit, or if the
   * variable has sparseGradient.
   */
  #moved(v: Variable, { gradient, clipped }: Gradient, slots: readonly Variable[], move: Move): Update {
    const { weightDecay, clipNorm, globalClipNorm } = this.#common;
    const isStill = this.#rule.restsAtZero === true && weightDecay === 0;
    const skipsZeroRows = v.sparseGradient && !isStill;
    const isByRows = this.#rule.isElementwise && clipNorm === undefined && globalClipNorm === undefined;
    const rows = isByRows && (isStill || skipsZeroRows) ? rowGradients(gradient) : undefined;
    // gathering, moving and scattering a row costs two to three times as much as moving it in place (measured)
    if (rows && 4 * (rows.indices.shape[0] ?? 0) <= (v.shape[0] ?? 0)) {
      const [sums = rows.sums] = this.#clip([rows.sums]);
      return updateRows(move, v, { ...rows, sums }, slots, skipsZeroRows);
    }
    return skipsZeroRows ? updateNonzeroRows(move, v, clipped, slots) : move(v, clipped, slots);
  }
}

function initialRate(name: string, learningRate: number | Schedule): Tensor | number {
  if (typeof learningRate === 'function') return tensor(learningRate(zeros([])));
  if (!Number.isFinite(learningRate) || learningRate < 0) {
    const given: unknown = learningRate;
    const hint = typeof given === 'object' ? `; it comes before the options, as in ${name}(0.001, { … })` : '';
    throw new RangeError(`${name}: the learning rate must be a finite number ≥ 0; got ${show(given)}${hint}`);
  }
  return learningRate;
}
