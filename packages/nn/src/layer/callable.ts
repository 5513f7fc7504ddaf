// Layers as functions: dense(10)(x) applies the layer to a symbolic tensor. A class of layers extends Callable; `layer` makes a function
// of a layer that is a plain object.

import { checkFunction, show, type Tensor, type TensorLike } from '@treadle/tensor';
import { type Connectable, connect, type SymbolicTensor } from '../network/connect.ts';
import type { CallOptions, Layer } from './layer.ts';

/**
 * Applies a layer to symbolic tensors. Throws RangeError for a layer of several results (`connect` returns all), ShapeError for shapes that
 * the layer cannot take.
 */
export type SymbolicCall = (inputs: Connectable) => SymbolicTensor;

/** A layer that is also a function. Its `call` takes numbers too; training is false by default. */
export type LayerFunction = Layer & SymbolicCall & { call(x: TensorLike, options?: Partial<CallOptions>): Tensor };

export interface Callable extends SymbolicCall {}

/** A class whose instances are functions, with the fields and methods of the class that extends it. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor gives what the interface says, a function
export class Callable {
  constructor() {
    const apply = (inputs: Connectable): SymbolicTensor => only(connect(self, inputs));
    const self: LayerFunction = Object.setPrototypeOf(apply, new.target.prototype);
    // a function's own name is not the layer's
    Object.defineProperty(self, 'name', { value: undefined, writable: true, configurable: true, enumerable: true });
    // biome-ignore lint/correctness/noConstructorReturn: the purpose of the class is that an instance is a function
    return self;
  }
}

function only(outputs: readonly SymbolicTensor[]): SymbolicTensor {
  const [output] = outputs;
  if (output && outputs.length === 1) return output;
  throw new RangeError(
    `layer: it must have one result to be called; got ${outputs.length}; connect(layer, x) gives all`,
  );
}

/**
 * A user's own layer: the given object as a function, with all its members. Throws TypeError without build and call.
 *
 * @example
 * ```ts
 * import { input, layer, model } from 'treadle';
 * const double = layer({ variables: [], build: (shape) => shape, call: (x) => x.mul(2) });
 * const x = input([2]);
 * await model({ inputs: x, outputs: double(x) }).predict([[1, 2]]); // → [[2, 4]]
 * ```
 */
export function layer<L extends Layer>(members: L): L & SymbolicCall {
  const given: unknown = members;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`layer: it must be made of an object with build and call; got ${show(given)}`);
  }
  checkFunction('layer: build', members.build);
  checkFunction('layer: call', members.call);
  const made = Object.assign(new Callable(), members);
  Object.defineProperties(made, Object.getOwnPropertyDescriptors(members)); // getters as getters
  return made;
}
