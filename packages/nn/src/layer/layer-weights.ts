// The variables of a layer, made when the layer is first built, each with its initializer, regularizer and constraint.

import { asTensor, type Shape, ShapeError, type Tensor, type Variable, variable, zeros } from '@treadle/tensor';
import type { Constraint } from '../constraints/constraint.ts';
import type { Initializer } from '../initializers/initializer.ts';
import { type InitializerName, initializerOf } from '../initializers/initializer-by-name.ts';
import type { Regularizer } from '../regularizers/regularizer.ts';

/** How a variable of a layer is made. */
export interface WeightOptions {
  /** its first value */
  readonly initializer: InitializerName | Initializer;
  /** a penalty on it; none by default */
  readonly regularizer?: Regularizer | undefined;
  /** applied to it after each update; none by default */
  readonly constraint?: Constraint | undefined;
  /** whether an optimizer moves it; true by default */
  readonly trainable?: boolean;
  /** whether optimizers skip rows whose gradient is 0; false by default */
  readonly sparseGradient?: boolean;
}

let areInitialized = true;

/** The result of `f`, in which the variables of layers begin with zeros: for weights that are assigned afterwards. */
export function withoutInitializers<T>(f: () => T): T {
  const before = areInitialized;
  areInitialized = false;
  try {
    return f();
  } finally {
    areInitialized = before;
  }
}

/** The variables of one layer by name. */
export class LayerWeights {
  readonly #variables = new Map<string, Variable>();
  readonly #regularizers = new Map<Variable, Regularizer>();

  get variables(): readonly Variable[] {
    return [...this.#variables.values()];
  }

  get isMade(): boolean {
    return this.#variables.size > 0;
  }

  /** The variable of that name, made with this shape if it does not exist. Throws ShapeError if the initializer gives another shape. */
  make(name: string, shape: Shape, { initializer, regularizer, ...options }: WeightOptions): Variable {
    const known = this.#variables.get(name);
    if (known) return known;
    const initial = areInitialized ? asTensor(initializerOf(initializer)(shape)) : zeros(shape);
    if (initial.rank !== shape.length || initial.shape.some((extent, i) => extent !== shape[i])) {
      const got = `got [${initial.shape.join(', ')}] for [${shape.join(', ')}] of ${name}`;
      throw new ShapeError(`initializer: it must give a tensor of the shape that it is asked for; ${got}`);
    }
    const made = variable(initial, { name, ...options });
    this.#variables.set(name, made);
    if (regularizer) this.#regularizers.set(made, regularizer);
    return made;
  }

  /** The variable of that name; undefined if the layer has none. */
  find(name: string): Variable | undefined {
    return this.#variables.get(name);
  }

  /** The variable of that name of a layer that is built. */
  get(name: string): Variable {
    const found = this.#variables.get(name);
    if (!found) throw new Error(`internal: a layer that was built has no ${name}`);
    return found;
  }

  /** The penalties of all regularizers, 0-d each. */
  penalties(): readonly Tensor[] {
    return [...this.#regularizers].map(([v, penalty]) => penalty(v));
  }
}
