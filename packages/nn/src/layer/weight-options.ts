// The options of one weight of a layer, such as kernelInitializer, kernelRegularizer and kernelConstraint of the weight `kernel`:
// their table, and what they say of the variable.

import type { OptionType } from '../config/kind.ts';
import { constraint, initializer, regularizer } from '../config/option-types.ts';
import type { Constraint } from '../constraints/constraint.ts';
import { type ConstraintName, constraintOf } from '../constraints/constraint-by-name.ts';
import type { Initializer } from '../initializers/initializer.ts';
import { type InitializerName, initializerOf } from '../initializers/initializer-by-name.ts';
import type { Regularizer } from '../regularizers/regularizer.ts';
import { type RegularizerName, regularizerOf } from '../regularizers/regularizer-by-name.ts';
import type { WeightOptions } from './layer-weights.ts';

/** An initializer or its name. */
export type InitializerOption = InitializerName | Initializer | undefined;

/** A regularizer or its name. */
export type RegularizerOption = RegularizerName | Regularizer | undefined;

/** A constraint or its name. */
export type ConstraintOption = ConstraintName | Constraint | undefined;

type Initializers<W extends string> = { readonly [O in `${W}Initializer`]?: InitializerOption };
type Regularizers<W extends string> = { readonly [O in `${W}Regularizer`]?: RegularizerOption };
type Constraints<W extends string> = { readonly [O in `${W}Constraint`]?: ConstraintOption };

type WeightTypes<W extends string> = { readonly [O in `${W}Initializer`]: OptionType<InitializerName> } & {
  readonly [O in `${W}Regularizer`]: OptionType<Regularizer>;
} & { readonly [O in `${W}Constraint`]: OptionType<Constraint> };

/** The three entries of an option table for the weight of that name. */
export function weightTypes<W extends string>(weight: W): WeightTypes<W> {
  return Object.fromEntries([
    [`${weight}Initializer`, initializer],
    [`${weight}Regularizer`, regularizer],
    [`${weight}Constraint`, constraint],
  ]);
}

/** What the options say of the weight of that name. Throws RangeError for unknown names. */
export function weightOptions<W extends string>(
  weight: W,
  options: Initializers<W> & Regularizers<W> & Constraints<W>,
  initial: InitializerName | Initializer,
): WeightOptions {
  const initializers: Initializers<W> = options;
  const regularizers: Regularizers<W> = options;
  const constraints: Constraints<W> = options;
  return {
    initializer: initializerOf(initializers[`${weight}Initializer`] ?? initial),
    regularizer: regularizerOf(regularizers[`${weight}Regularizer`]),
    constraint: constraintOf(constraints[`${weight}Constraint`]),
  };
}
