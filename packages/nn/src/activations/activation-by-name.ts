// Activations by name, and the names of activations. The names are those of the exports of index.ts.

import { byName, checkName, show, Tensor } from '@treadle/tensor';
import { type Activation, outputRangeOf } from './activation.ts';
import * as activations from './index.ts';

/** A name of an activation, such as 'relu'. */
export type ActivationName = keyof typeof activations;

/** The name, if an activation has it. Throws RangeError otherwise. */
export function activationName(name: unknown): ActivationName {
  return checkName('activation', activations, name);
}

/**
 * The activation of that name. A function is returned as it is, with a check of its results. Throws RangeError for an unknown name.
 */
export function activationOf(given: string | Activation): Activation {
  if (typeof given !== 'function') return byName('activation', activations, given);
  return outputRangeOf(given) ? given : (x) => checkTensor(given(x));
}

/** Throws TypeError unless a function that the user wrote returned a tensor. */
function checkTensor(y: unknown): Tensor {
  if (y instanceof Tensor) return y;
  throw new TypeError(`activation: the function must give a tensor; got ${show(y)}`);
}

/** The name under which an activation is saved: that of this package, or that of the user's function, if it has one of its own. */
export function nameOfActivation(activation: object): string | undefined {
  if ('range' in activation)
    return Object.keys(activations).find((name) => Reflect.get(activations, name) === activation);
  const name: unknown = Reflect.get(activation, 'name');
  const isInferred = name === '' || name === 'activation' || name === 'recurrentActivation'; // of an option that is a function
  return typeof name === 'string' && !isInferred ? name : undefined;
}
