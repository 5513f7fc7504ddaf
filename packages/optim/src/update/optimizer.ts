// What an optimizer is, and what all of them share: the count of steps, the learning rate, the state kept for each variable,
// clipped gradients, decayed weights, averages, and one plan that updates all variables at once. How one variable moves is the
// matter of a rule.

import {
  checkArray,
  checkFunction,
  compile,
  full,
  rowGradients,
  type Shape,
  ShapeError,
  show,
  Tensor,
  tensor,
  Variable,
  variable,
  zeros,
} from '@treadle/tensor';
import type { Schedule } from '../schedules/schedule.ts';
import { type Clip, clipOf } from './clip.ts';
import { type Common, checkCommon, type OptimizerOptions } from './optimizer-options.ts';
import { moveLazily, moveRows } from './row-updates.ts';

export interface Optimizer {
  readonly name: string;
  /** 0-d; may be assigned between steps. Where a schedule sets it, it is the rate of the latest step */
  readonly learningRate: Variable;
  /** whether a schedule sets the learning rate at every step */
  readonly isScheduled: boolean;
  /** how many steps were made: 0-d int32 */
  readonly iterations: Variable;
  /** iterations, learningRate, what all variables share, then the state of each variable, in the order in which they first came */
  readonly variables: readonly Variable[];
  /** Makes the state for these variables, which apply would make at its first call. */
  build(variables: readonly Variable[]): void;
  /**
   * One step: every variable moves along its gradient. Inside a compiled function the step is part of its plan. Throws
   * RangeError unless there is a gradient for each variable, ShapeError unless it has the variable's shape.
   */
  apply(gradients: readonly Tensor[], variables: readonly Variable[]): void;
  /** Ends a training: where averages are kept (emaMomentum), the variables become theirs. */
  finalize(variables: readonly Variable[]): void;
}

/** What becomes of one variable: its new value, and its new state in the order of the rule's slots. */
export interface Update {
  readonly x: Tensor;
  readonly state: readonly Tensor[];
}

/** Something that is kept from step to step. */
export interface Slot {
  readonly name: string;
  /** what it is filled with at first; 0 by default */
  readonly initial?: number;
}

/** What becomes of x by a gradient of its shape, given what is kept for it. */
export type Move = (x: Tensor, dx: Tensor, state: readonly Tensor[]) => Update;

/** How variables move. */
export interface UpdateRule {
  readonly name: string;
  /** whether each element moves by its own gradient and state alone, so that some rows can be moved by themselves; false by default */
  readonly isElementwise?: boolean;
  /** whether a gradient of 0 changes neither an element nor its state, to the bit; false by default */
  readonly restsAtZero?: boolean;
  /** what is kept for each variable, of its shape */
  readonly slots: readonly Slot[];
  /** what is kept once for all variables: 0-d */
  readonly shared?: readonly Slot[];
  /** what becomes of that in a step, the first of which is 1 */
  advance?(shared: readonly Tensor[], step: Tensor): readonly Tensor[];
  /** Begins a step: what variables have in common is computed here, once. `shared` is already advanced. */
  begin(rate: Tensor, step: Tensor, shared: readonly Tensor[]): Move;
}

/** The gradient of a variable, as it came and as it counts. */
interface Given {
  readonly gradient: Tensor;
  readonly clipped: Tensor;
}

/** A step begun at a rate. */
interface Begun {
  readonly rate: Tensor;
  readonly move: Move;
}

/** An optimizer of that rule. Throws RangeError for a rate that is not a finite number ≥ 0, and for options out of range. */
export function optimizerOf(
  rule: UpdateRule,
  learningRate: number | Schedule,
  options: OptimizerOptions = {},
): Optimizer {
  checkRule(rule);
  return new RuleOptimizer(rule, learningRate, checkCommon(rule.name, options));
}

/** What is kept for one variable: the rule's slots, then its average if there is one. */
interface Kept {
  readonly slots: readonly Variable[];
  readonly average: Variable | undefined;
}

class RuleOptimizer implements Optimizer {
  readonly name: string;
  readonly learningRate: Variable;
  readonly iterations: Variable;
  readonly #rule: UpdateRule;
  readonly #schedule: Schedule | undefined;
  readonly #common: Common;
  readonly #clip: Clip;
  readonly #shared: readonly Variable[];
  readonly #kept = new Map<Variable, Kept>();
  /** a plan of its own outside of compiled functions, part of theirs inside */
  readonly #step: (gradients: readonly Tensor[], variables: readonly Variable[]) => void;

  constructor(rule: UpdateRule, learningRate: number | Schedule, common: Common) {
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
    const kept = [...this.#kept.values()].flatMap(({ slots, average }) => (average ? [...slots, average] : slots));
    return [this.iterations, this.learningRate, ...this.#shared, ...kept];
  }

  get isScheduled(): boolean {
    return this.#schedule !== undefined;
  }

  build(variables: readonly Variable[]): void {
    checkAll(`${this.name}: the variables`, variables, Variable);
    for (const v of variables) this.#keptFor(v);
  }

  apply(gradients: readonly Tensor[], variables: readonly Variable[]): void {
    check(this.name, gradients, variables);
    this.build(variables);
    this.#step(gradients, variables);
  }

  finalize(variables: readonly Variable[]): void {
    checkAll(`${this.name}: the variables`, variables, Variable);
    for (const v of variables) {
      const average = this.#kept.get(v)?.average;
      if (average) v.assign(average);
    }
  }

  #keptFor(v: Variable): Kept {
    let kept = this.#kept.get(v);
    if (!kept) {
      const index = this.#kept.size;
      const keep = (name: string, initial: Tensor): Variable =>
        variable(initial, { name: `${name}/${index}`, trainable: false });
      kept = {
        slots: this.#rule.slots.map(({ name, initial = 0 }) => keep(name, full(v.shape, initial))),
        average: this.#common.emaMomentum === undefined ? undefined : keep('average', v.detach()),
      };
      this.#kept.set(v, kept);
    }
    return kept;
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

  /** How variables move in this step, begun once for each multiple of the learning rate. */
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

  #updateOne(v: Variable, given: Given, { rate, move }: Begun): void {
    const { slots, average } = this.#keptFor(v);
    const { weightDecay, emaMomentum = 0 } = this.#common;
    const decayed = (x: Tensor): Tensor => x.sub(x.mul(rate.mul(weightDecay))); // decoupled: no gradient's mean sees it
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
   * By all of the gradient, or by the rows that it has: where the others rest anyway, to the bit, and where the variable says
   * that rows without a gradient stay.
   */
  #moved(v: Variable, { gradient, clipped }: Given, slots: readonly Variable[], move: Move): Update {
    const { weightDecay, clipNorm, globalClipNorm } = this.#common;
    const rests = this.#rule.restsAtZero === true && weightDecay === 0;
    const isLazy = v.sparseGradient && !rests;
    const isByRows = this.#rule.isElementwise && clipNorm === undefined && globalClipNorm === undefined;
    const rows = isByRows && (rests || isLazy) ? rowGradients(gradient) : undefined;
    // A row that is picked, moved and put back costs two to three times what it costs in its place (measured).
    if (rows && 4 * (rows.indices.shape[0] ?? 0) <= (v.shape[0] ?? 0)) {
      const [sums = rows.sums] = this.#clip([rows.sums]);
      return moveRows(move, v, { ...rows, sums }, slots, isLazy);
    }
    return isLazy ? moveLazily(move, v, clipped, slots) : move(v, clipped, slots);
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

/** Throws TypeError for what is no rule. */
function checkRule(rule: unknown): void {
  const isRule = typeof rule === 'object' && rule !== null && 'name' in rule && 'slots' in rule && 'begin' in rule;
  if (!isRule) throw new TypeError(`optimizerOf: the rule must have a name, slots and begin; got ${show(rule)}`);
  if (typeof rule.name !== 'string') throw new TypeError(`optimizerOf: name must be a text; got ${show(rule.name)}`);
  checkArray('optimizerOf: slots', rule.slots);
  checkFunction('optimizerOf: begin', rule.begin);
}

function check(name: string, gradients: readonly Tensor[], variables: readonly Variable[]): void {
  checkAll(`${name}: the gradients`, gradients, Tensor);
  checkAll(`${name}: the variables`, variables, Variable);
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

/** Throws TypeError unless it is an array of tensors, or of variables. */
function checkAll(what: string, given: readonly unknown[], kind: typeof Tensor | typeof Variable): void {
  checkArray(what, given);
  const wrong = given.findIndex((each) => !(each instanceof kind));
  if (wrong >= 0)
    throw new TypeError(`${what} must be an array of ${kind.name}s; got ${show(given[wrong])} at ${wrong}`);
}

function isEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}
