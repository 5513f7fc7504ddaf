// What an initializer is: a function from a shape to a tensor, which a layer calls when it makes a variable. Each file of this
// folder makes initializers of one kind from options; defaults are Keras's. Without a seed they draw from the sequence that
// setSeed starts.

import type { OptionKinds, Shape, Tensor } from '@treadle/tensor';

/** A function from the shape of a variable to its first value, float32 of that shape. */
export type Initializer = (shape: Shape) => Tensor;

export interface SeedOption {
  /** makes the values depend on this seed alone */
  readonly seed?: number;
}

export const seedOption: OptionKinds<SeedOption> = { seed: 'number' };
