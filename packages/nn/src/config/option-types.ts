// The types of options that stand for functions. A call may give a name or a function, a config holds a name or plain data.

import type { Activation } from '../activations/activation.ts';
import { type ActivationName, activationName } from '../activations/activation-by-name.ts';
import type { Constraint } from '../constraints/constraint.ts';
import { constraintFrom } from '../constraints/constraint-by-name.ts';
import { type InitializerName, initializerName } from '../initializers/initializer-by-name.ts';
import type { Regularizer } from '../regularizers/regularizer.ts';
import { regularizerFrom } from '../regularizers/regularizer-by-name.ts';
import type { OptionType } from './kind.ts';

export const activation: OptionType<ActivationName | Activation> = {
  kind: 'any',
  read: (value, nested) => {
    if (typeof value !== 'string') return undefined;
    const own = nested({ kind: value }, 'activation');
    return isActivation(own) ? own : activationName(value);
  },
};

function isActivation(x: unknown): x is Activation {
  return typeof x === 'function';
}

export const initializer: OptionType<InitializerName> = {
  kind: 'any',
  read: (value) => (typeof value === 'string' ? initializerName(value) : undefined),
};

export const regularizer: OptionType<Regularizer> = { kind: 'any', read: regularizerFrom };

export const constraint: OptionType<Constraint> = { kind: 'any', read: constraintFrom };
