// What a layer is. A user's own layer is any object of this kind: `build`, `call` and its variables are enough. Shapes are
// those of one sample: they leave out the batch axis, which is the first axis of every tensor that `call` sees.

import { type Shape, ShapeError, type Tensor, type Variable } from '@treadle/tensor';

export interface CallOptions {
  /** true while the model learns; false when it predicts */
  readonly training: boolean;
}

/** A layer as plain data, from which `layerFrom` makes it again, without its weights. */
export interface LayerConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

export interface Layer {
  /** what sort of layer it is, which is also what a model calls it by; 'layer' by default */
  readonly kind?: string;
  /** the name that the user gave it; a model names those that have none */
  readonly name?: string | undefined;
  /** the shape of one sample, where the user gave it */
  readonly inputShape?: Shape | undefined;
  /** empty before it is built; each is called what it is within the layer, such as 'kernel' */
  readonly variables: readonly Variable[];
  /**
   * Makes the variables for samples of that shape and returns the shape of one sample of the result. Another call with a
   * shape that it can take as well makes nothing anew. Throws ShapeError for a shape that it cannot take.
   */
  build(inputShape: Shape): Shape;
  /** x [batch, ...inputShape] → [batch, ...outputShape]; called after build. */
  call(x: Tensor, options: CallOptions): Tensor;
  /** penalties (0-d) that belong to the loss */
  losses?(): readonly Tensor[];
  /** the layer as plain data; throws RangeError where something, such as a function, has no such form */
  config?(): LayerConfig;
}

/** What every layer function takes. */
export interface LayerOptions {
  readonly name?: string | undefined;
  /** the shape of one sample, for the first layer of a model that is to be built at once */
  readonly inputShape?: Shape | undefined;
}

/** The shape of one sample of x. Throws ShapeError where there is no batch axis. */
export function sampleShape(kind: string, x: Tensor): Shape {
  if (x.rank === 0) {
    throw new ShapeError(
      `${kind}: the first axis of its input must be the batch; got a single number; reshape([1, …]) makes a batch of one`,
    );
  }
  return x.shape.slice(1);
}

/** The options that were given, for a config: those that are undefined are left out. */
export function given(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
