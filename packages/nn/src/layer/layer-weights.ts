// The variables of a layer, each made the first time that the layer is built, with what belongs to it: where it begins, what
// it costs, what it may be.

import { asTensor, type Shape, ShapeError, type Tensor, type Variable, variable } from '@treadle/tensor';
import type { Constraint } from '../constraints/constraint.ts';
import type { Initializer } from '../initializers/initializer.ts';
import { type InitializerName, initializerOf } from '../initializers/initializer-by-name.ts';
import type { Regularizer } from '../regularizers/regularizer.ts';

export interface WeightOptions {
  readonly initializer: InitializerName | Initializer;
  readonly regularizer?: Regularizer | undefined;
  readonly constraint?: Constraint | undefined;
  /** true by default */
  readonly trainable?: boolean;
  /** false by default */
  readonly sparseGradient?: boolean;
}

export class LayerWeights {
  readonly #variables = new Map<string, Variable>();
  readonly #regularizers = new Map<Variable, Regularizer>();

  get variables(): readonly Variable[] {
    return [...this.#variables.values()];
  }

  get isMade(): boolean {
    return this.#variables.size > 0;
  }

  /** The variable of that name, which is made with this shape unless there is one. */
  make(name: string, shape: Shape, { initializer, regularizer, ...options }: WeightOptions): Variable {
    const known = this.#variables.get(name);
    if (known) return known;
    const initial = asTensor(initializerOf(initializer)(shape));
    if (initial.rank !== shape.length || initial.shape.some((extent, i) => extent !== shape[i])) {
      const got = `got [${initial.shape.join(', ')}] for [${shape.join(', ')}] of ${name}`;
      throw new ShapeError(`initializer: it must give a tensor of the shape that it is asked for; ${got}`);
    }
    const made = variable(initial, { name, ...options });
    this.#variables.set(name, made);
    if (regularizer) this.#regularizers.set(made, regularizer);
    return made;
  }

  /** The variable of that name, if the layer has one. */
  find(name: string): Variable | undefined {
    return this.#variables.get(name);
  }

  /** The variable of that name, which a layer that was built has. */
  get(name: string): Variable {
    const found = this.#variables.get(name);
    if (!found) throw new Error(`internal: a layer that was built has no ${name}`);
    return found;
  }

  /** What the regularizers say: 0-d each. */
  penalties(): readonly Tensor[] {
    return [...this.#regularizers].map(([v, penalty]) => penalty(v));
  }
}
