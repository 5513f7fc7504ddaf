// Graphs of layers as they are written down: `input` stands for a model's input, `connect` for what a layer makes of it. Shapes
// are found and variables made at once; nothing is computed.

import { type OptionKinds, readOptions, show } from '@treadle/tensor';
import { withLayerContext } from '../layer/error-context.ts';
import { buildAll, isLayer, type Layer, showSample } from '../layer/layer.ts';
import { checkInputShape, listExtents, type OpenShape } from '../layer/open-shape.ts';

/** What stands for a tensor while a model is written down. */
export interface SymbolicTensor {
  /** of one sample */
  readonly shape: OpenShape;
  /** the call that it comes from; none for an input */
  readonly from: LayerCall | undefined;
  /** which of the call's results it is */
  readonly index: number;
  /** of an input, where the user gave it one */
  readonly name?: string | undefined;
}

/** A layer that takes some inputs. The same layer may be called again: its variables are shared. */
export interface LayerCall {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];
}

/** One input or several, in the order that the layer takes them in. */
export type Connectable = SymbolicTensor | readonly SymbolicTensor[];

export interface InputOptions {
  readonly name?: string | undefined;
}

const inputOptions: OptionKinds<InputOptions> = {
  name: 'string',
};

/**
 * An input of a model: samples of that shape, in which null is a size that may be another one in every call: input([null, 8]) takes
 * sequences of any length. Throws RangeError for a shape that is none.
 */
export function input(shape: OpenShape, options: InputOptions = {}): SymbolicTensor {
  const one: unknown = shape;
  checkInputShape('input: the shape', one, typeof one === 'number' ? `; input([${one}]) takes vectors of ${one}` : '');
  const { name } = readOptions('input', options, inputOptions);
  if (!shape.every((extent) => extent === null || (Number.isSafeInteger(extent) && extent >= 0))) {
    throw new RangeError(`input: a shape must be of whole numbers ≥ 0, without the batch; got [${listExtents(shape)}]`);
  }
  return { shape: [...shape], from: undefined, index: 0, name };
}

/**
 * What the layer makes of the inputs, be it one result or several. The layer may be any object of its kind, a model too.
 * Throws ShapeError for shapes that the layer cannot take, RangeError for a wrong number of inputs.
 */
export function connect(layer: Layer, inputs: Connectable): readonly SymbolicTensor[] {
  if (!isLayer(layer))
    throw new TypeError(`connect: the layer must be one, such as dense(10) makes; got ${show(layer)}`);
  const given = Array.isArray(inputs) ? [...inputs] : [inputs];
  const wrong = given.findIndex((x) => !isSymbolic(x));
  if (wrong >= 0) {
    const got = `got something else as input ${wrong}`;
    throw new RangeError(`${layer.kind ?? 'layer'}: it must be called with what input() or a layer gave; ${got}`);
  }
  const inputShapes = given.map(({ shape }) => shape);
  const name = layer.name ?? layer.kind ?? 'layer';
  const shapes = withLayerContext(
    name,
    () => inputShapes.map(showSample),
    () => buildAll(layer, inputShapes),
  );
  const from: LayerCall = { layer, inputs: given };
  return shapes.map((shape, index) => ({ shape, from, index }));
}

/** Whether it is one such, and not a list of them, names for them, or a tensor. */
export function isSymbolic(x: unknown): x is SymbolicTensor {
  return typeof x === 'object' && x !== null && 'shape' in x && 'from' in x && 'index' in x;
}
