// What a layer is. A user's own layer is any object of this kind: `build`, `call` and its variables are enough. Shapes are
// those of one sample: they leave out the batch axis, which is the first axis of every tensor that `call` sees.
//
// A mask says which steps of a sequence count: bool [batch, steps], true where they do. It travels from layer to layer beside
// the tensor, through those layers that say what becomes of it.

import { type Shape, ShapeError, type Tensor, type Variable } from '@treadle/tensor';
import type { OutputRange } from '../activations/activations.ts';
import { buildOpen, isKnown, listExtents, type OpenShape } from './open-shape.ts';

export type Mask = Tensor | undefined;

/** What is known of the numbers of an input or a result; nothing by default. */
export type Range = OutputRange | undefined;

export interface CallOptions {
  /** true while the model learns; false when it predicts */
  readonly training: boolean;
  /** which steps of x count: bool [batch, steps]; all of them where there is none */
  readonly mask?: Mask;
  /** takes a penalty (0-d) on what the layer computes, which belongs to the loss */
  readonly addLoss?: ((penalty: Tensor) => void) | undefined;
}

export interface CallAllOptions {
  readonly training: boolean;
  /** the mask of each input */
  readonly masks?: readonly Mask[];
  readonly addLoss?: ((penalty: Tensor) => void) | undefined;
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
  readonly inputShape?: OpenShape | undefined;
  /** empty before it is built; each is called what it is within the layer, such as 'kernel' */
  readonly variables: readonly Variable[];
  /**
   * whether training changes its variables; true by default. false freezes them, batch normalization's moving averages
   * included, and those of the layers that it is made of
   */
  trainable?: boolean;
  /** the layers that it is made of */
  readonly layers?: readonly Layer[];
  /** variables by name, of a layer made of layers: 'forward/kernel'; otherwise a variable is called by its own name */
  readonly namedVariables?: ReadonlyMap<string, Variable>;
  /**
   * Makes the variables for samples of that shape and returns the shape of one sample of the result. Another call with a
   * shape that it can take as well makes nothing anew. Throws ShapeError for a shape that it cannot take.
   */
  build(inputShape: Shape): Shape;
  /** x [batch, ...inputShape] → [batch, ...outputShape]; called after build. */
  call(x: Tensor, options: CallOptions): Tensor;
  /** `build` of a layer that takes several inputs or gives several results: a shape for each */
  buildAll?(inputShapes: readonly Shape[]): readonly Shape[];
  /**
   * `buildAll` for shapes in which null is a size that may be another one in every call, as it then is in the shapes of results;
   * without it, the layer takes no such shapes
   */
  buildOpen?(inputShapes: readonly OpenShape[]): readonly OpenShape[];
  /** `call` of such a layer */
  callAll?(xs: readonly Tensor[], options: CallAllOptions): readonly Tensor[];
  /** the mask of the (first) result; without it, the masks of the inputs end here */
  outputMask?(xs: readonly Tensor[], masks: readonly Mask[]): Mask;
  /** what is known of the numbers of the (first) result, given what is known of the inputs; nothing where it does not say */
  outputRange?(inputs: readonly Range[]): Range;
  /** whether a call begins with states that the one before it left, so that all batches must have one size */
  readonly stateful?: boolean;
  /** makes such states zeros again */
  resetStates?(): void;
  /** penalties (0-d) on the layer's variables, which belong to the loss */
  losses?(): readonly Tensor[];
  /** the layer as plain data; throws RangeError where something, such as a function, has no such form */
  config?(): LayerConfig;
}

/** Whether it is a layer: `build` and `call` are what every one has. */
export function isLayer(x: unknown): x is Layer {
  const isObject = (typeof x === 'object' && x !== null) || typeof x === 'function';
  return isObject && 'build' in x && 'call' in x && 'variables' in x && typeof x.build === 'function';
}

/** What every layer function takes. */
export interface LayerOptions {
  readonly name?: string | undefined;
  /**
   * the shape of one sample, for the first layer of a model that is to be built at once; null for a size that may be another one
   * in every call, such as the number of steps: [null, 8]
   */
  readonly inputShape?: OpenShape | undefined;
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

/** The shape of one sample, with its batch, as messages show it. */
export function showSample(shape: OpenShape): string {
  return `[${listExtents(['batch', ...shape])}]`;
}

/** The options that were given, for a config: those that are undefined are left out. */
export function given(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** A mask [batch, steps] as it lies along x [batch, steps, …]: axes of extent 1 follow. Throws ShapeError for one of another size. */
export function maskAlong(kind: string, mask: Tensor, x: Tensor): Tensor {
  if (mask.rank < x.rank && mask.shape.every((extent, i) => extent === x.shape[i])) {
    return mask.reshape([...mask.shape, ...x.shape.slice(mask.rank).map(() => 1)]);
  }
  const got = `got [${mask.shape.join(', ')}] for [${x.shape.join(', ')}]`;
  throw new ShapeError(`${kind}: a mask must have the first axes of its input; ${got}`);
}

/** The `outputMask` of a layer that keeps the steps of its (first) input. */
export function keepMask(_: readonly Tensor[], [mask]: readonly Mask[]): Mask {
  return mask;
}

/** The `outputRange` of a layer that puts the elements of its (first) input elsewhere. */
export function keepRange([range]: readonly Range[]): Range {
  return range && { ...range, isDistribution: false };
}

/** The shapes of what the layer makes of inputs of these shapes. Throws RangeError for several inputs to a layer that takes one. */
export function buildAll(layer: Layer, shapes: readonly OpenShape[]): readonly OpenShape[] {
  if (!shapes.every(isKnown)) {
    if (!layer.buildAll) onlyInput(layer, shapes);
    return layer.buildOpen ? layer.buildOpen(shapes) : buildOpen(layer.kind ?? 'layer', shapes, undefined, () => []);
  }
  if (layer.buildAll) return layer.buildAll(shapes);
  return [layer.build(onlyInput(layer, shapes))];
}

/** What the layer makes of the inputs. */
export function callAll(layer: Layer, xs: readonly Tensor[], options: CallAllOptions): readonly Tensor[] {
  if (layer.callAll) return layer.callAll(xs, options);
  return [layer.call(onlyInput(layer, xs), callOptions(options))];
}

/** The options of a layer of one input. */
export function callOptions({ training, masks, addLoss }: CallAllOptions): CallOptions {
  return { training, mask: masks?.[0], addLoss };
}

function onlyInput<T>({ kind = 'layer' }: Layer, inputs: readonly T[]): T {
  const [input] = inputs;
  if (inputs.length !== 1 || input === undefined) {
    throw new RangeError(`${kind}: it must be given one input; got ${inputs.length}`);
  }
  return input;
}

/** The variables of a layer by what they are called within it. */
export function namedVariablesOf(layer: Layer): ReadonlyMap<string, Variable> {
  if (layer.namedVariables) return layer.namedVariables;
  const taken = new Set<string>();
  return new Map(layer.variables.map((v) => [takeName(v.name || 'variable', taken), v]));
}

/** `name`, or the first of name_1, name_2, … that is not taken; it is taken from then on. */
export function takeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 1; taken.has(free); i++) free = `${name}_${i}`;
  taken.add(free);
  return free;
}
