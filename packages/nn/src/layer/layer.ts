// What a layer is, and how a model builds and calls one. A user's own layer is any object of this type. This file does not know
// any particular layer.

import { type Config, type Shape, ShapeError, type Tensor, type Variable } from '@treadle/tensor';
import type { OutputRange } from '../activations/activation.ts';
import type { Mask } from './mask.ts';
import { buildOpen, isKnown, listExtents, type OpenShape } from './open-shape.ts';

/** What a layer is called with. */
export interface CallOptions {
  /** true while the model is trained; false when it predicts */
  readonly training: boolean;
  /** the valid steps of x, bool [batch, steps]; without a mask all steps are valid */
  readonly mask?: Mask;
  /** adds a penalty (0-d) on what the layer computes to the loss */
  readonly addLoss?: ((penalty: Tensor) => void) | undefined;
}

/** What a layer of several inputs is called with. */
export interface CallAllOptions {
  /** true while the model is trained; false when it predicts */
  readonly training: boolean;
  /** the mask of each input */
  readonly masks?: readonly Mask[];
  /** adds a penalty (0-d) on what the layer computes to the loss */
  readonly addLoss?: ((penalty: Tensor) => void) | undefined;
}

/** A layer as plain data, from which `layerFrom` makes it again, without its weights. */
export type LayerConfig = Config;

/**
 * A layer: an object with `build`, `call` and its variables. Shapes are those of one sample: they leave out the batch, which is the
 * first axis of every tensor that `call` sees.
 */
export interface Layer {
  /** the kind of layer, such as 'dense'; a model names layers by it. 'layer' by default */
  readonly kind?: string;
  /** the name that the user gave; a model names layers that have none */
  readonly name?: string | undefined;
  /** the shape of one sample, if the user gave it */
  readonly inputShape?: OpenShape | undefined;
  /** the variables, empty before the layer is built; each has a name within the layer, such as 'kernel' */
  readonly variables: readonly Variable[];
  /**
   * whether training changes the variables; true by default. false freezes them, and those of inner layers, and the moving averages
   * of batch normalization
   */
  trainable?: boolean;
  /** the inner layers of a layer that is made of layers */
  readonly layers?: readonly Layer[];
  /** the variables by name; inner layers come before a slash, as in 'forward/kernel'. By default a variable has its own name */
  readonly namedVariables?: ReadonlyMap<string, Variable>;
  /**
   * Makes the variables for samples of that shape and returns the shape of one sample of the result. A second call makes no second
   * variables. Throws ShapeError for a shape that the layer cannot take.
   */
  build(inputShape: Shape): Shape;
  /** x [batch, ...inputShape] → [batch, ...outputShape]; called after build */
  call(x: Tensor, options: CallOptions): Tensor;
  /** `build` of a layer that takes several inputs or gives several results: a shape for each */
  buildAll?(inputShapes: readonly Shape[]): readonly Shape[];
  /**
   * `buildAll` for shapes in which null is a size that may differ from call to call; results have null where their size differs too.
   * Without it, the layer takes no such shapes
   */
  buildOpen?(inputShapes: readonly OpenShape[]): readonly OpenShape[];
  /** `call` of a layer that takes several inputs or gives several results */
  callAll?(xs: readonly Tensor[], options: CallAllOptions): readonly Tensor[];
  /** the mask of the first result; without it, the result has no mask */
  outputMask?(xs: readonly Tensor[], masks: readonly Mask[]): Mask;
  /** the range of the first result, given the ranges of the inputs; undefined if it is unknown */
  outputRange?(inputs: readonly (OutputRange | undefined)[]): OutputRange | undefined;
  /**
   * how often each sequence of random numbers with a seed of its own has been drawn from; assigned to go on with a training that was
   * saved
   */
  drawn?: readonly number[];
  /** whether a call begins with the states of the call before it; then all batches must have one size */
  readonly stateful?: boolean;
  /** sets these states to zero */
  resetStates?(): void;
  /** penalties (0-d) on the variables, which are added to the loss */
  losses?(): readonly Tensor[];
  /** the layer as plain data; throws RangeError for an option that cannot be saved, such as a function of the user */
  config?(): LayerConfig;
}

/** Whether x is a layer: an object or a function with `build`, `call` and `variables`. */
export function isLayer(x: unknown): x is Layer {
  const isObject = (typeof x === 'object' && x !== null) || typeof x === 'function';
  return isObject && 'build' in x && 'call' in x && 'variables' in x && typeof x.build === 'function';
}

/** The options of every layer. */
export interface LayerOptions {
  /** the name of the layer in its model; by default its kind, with a number if there are several: dense, dense_1, … */
  readonly name?: string | undefined;
  /**
   * the shape of one sample, for the first layer of a model, which is then built at once; null is a size that may differ from call
   * to call, such as the number of steps: [null, 8]
   */
  readonly inputShape?: OpenShape | undefined;
}

/** The shape of one sample of x. Throws ShapeError for a 0-d x, which has no batch axis. */
export function sampleShape(kind: string, x: Tensor): Shape {
  if (x.rank === 0) {
    throw new ShapeError(
      `${kind}: the first axis of its input must be the batch; got a single number; reshape([1, …]) makes a batch of one`,
    );
  }
  return x.shape.slice(1);
}

/** The shape of one sample with its batch axis, for messages: `[batch, 8]`. */
export function showSample(shape: OpenShape): string {
  return `[${listExtents(['batch', ...shape])}]`;
}

/** The `outputRange` of a layer that only moves the elements of its first input. */
export function keepRange([range]: readonly (OutputRange | undefined)[]): OutputRange | undefined {
  return range && { ...range, isDistribution: false };
}

/** Builds the layer for inputs of these shapes; returns the shapes of its results. Throws RangeError for a wrong number of inputs. */
export function buildAll(layer: Layer, shapes: readonly OpenShape[]): readonly OpenShape[] {
  if (!shapes.every(isKnown)) {
    if (!layer.buildAll) onlyInput(layer, shapes);
    return layer.buildOpen ? layer.buildOpen(shapes) : buildOpen(layer.kind ?? 'layer', shapes, undefined, () => []);
  }
  if (layer.buildAll) return layer.buildAll(shapes);
  return [layer.build(onlyInput(layer, shapes))];
}

/** Calls the layer with one input or several; returns its results. */
export function callAll(layer: Layer, xs: readonly Tensor[], options: CallAllOptions): readonly Tensor[] {
  if (layer.callAll) return layer.callAll(xs, options);
  return [layer.call(onlyInput(layer, xs), callOptions(options))];
}

/** The options for a layer that takes one input. */
function callOptions({ training, masks, addLoss }: CallAllOptions): CallOptions {
  return { training, mask: masks?.[0], addLoss };
}

function onlyInput<T>({ kind = 'layer' }: Layer, inputs: readonly T[]): T {
  const [input] = inputs;
  if (inputs.length !== 1 || input === undefined) {
    throw new RangeError(`${kind}: it must be given one input; got ${inputs.length}`);
  }
  return input;
}

/** The variables of a layer by their names within it. */
export function namedVariablesOf(layer: Layer): ReadonlyMap<string, Variable> {
  if (layer.namedVariables) return layer.namedVariables;
  const taken = new Set<string>();
  return new Map(layer.variables.map((v) => [takeName(v.name || 'variable', taken), v]));
}

/** `name`, or the first of name_1, name_2, … that is not taken; adds it to `taken`. */
export function takeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}_${i}`;
  taken.add(free);
  return free;
}
