// Layers as functions: dense(10)(x) says that the layer takes what `x` stands for, and gives what stands for its result. A class
// of layers extends Callable; a layer that is a plain object becomes a function by `layer`.

import { checkFunction, show, type Tensor, type TensorLike } from '@treadle/tensor';
import { type Connectable, connect, type SymbolicTensor } from '../network/connect.ts';
import type { CallOptions, Layer } from './layer.ts';

/**
 * What a layer is as a function. Throws RangeError for a layer of several results, which `connect` gives, ShapeError for shapes
 * that it cannot take.
 */
export type SymbolicCall = (inputs: Connectable) => SymbolicTensor;

/** A layer that is a function as well; `call` takes numbers too, and is not of a training by default. */
export type LayerFunction = Layer & SymbolicCall & { call(x: TensorLike, options?: Partial<CallOptions>): Tensor };

export interface Callable extends SymbolicCall {}

/** Instances are functions; the fields and methods of a class that extends it are theirs. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor gives what the interface says, a function
export class Callable {
  constructor() {
    const apply = (inputs: Connectable): SymbolicTensor => only(connect(self, inputs));
    const self: LayerFunction = Object.setPrototypeOf(apply, new.target.prototype);
    // a function's own name is not the layer's
    Object.defineProperty(self, 'name', { value: undefined, writable: true, configurable: true, enumerable: true });
    // biome-ignore lint/correctness/noConstructorReturn: that an instance is a function is what the class is for
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

/** The layer as a function with the layer's members: layer({ variables: [], build: (shape) => shape, call: (x) => x.mul(2) }). */
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
