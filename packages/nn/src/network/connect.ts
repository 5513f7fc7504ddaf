// Symbolic tensors: `input` makes one for an input of a model, `connect` applies a layer to some. Shapes are computed and variables made at
// once; no tensor is computed.

import { type OptionKinds, readOptions, show } from '@treadle/tensor';
import { withLayerContext } from '../layer/error-context.ts';
import { buildAll, isLayer, type Layer, showSample } from '../layer/layer.ts';
import { checkInputShape, listExtents, type OpenShape } from '../layer/open-shape.ts';

/** A symbolic tensor: it stands for a tensor while a model is defined. */
export interface SymbolicTensor {
  /** the shape of one sample */
  readonly shape: OpenShape;
  /** the call that gives it; undefined for an input */
  readonly from: LayerCall | undefined;
  /** its index among the results of the call */
  readonly index: number;
  /** the name of an input, if the user gave one */
  readonly name?: string | undefined;
}

/** A call of a layer with symbolic tensors. Several calls of one layer share its variables. */
export interface LayerCall {
  /** the layer that is called */
  readonly layer: Layer;
  /** in the order in which the layer takes them */
  readonly inputs: readonly SymbolicTensor[];
}

/** One symbolic tensor, or several in the order in which a layer takes them. */
export type Connectable = SymbolicTensor | readonly SymbolicTensor[];

/** Options of `input`. */
export interface InputOptions {
  /** the name of the input, for models with several; input, input_1, … by default */
  readonly name?: string | undefined;
}

const inputOptions: OptionKinds<InputOptions> = {
  name: 'string',
};

/**
 * An input of a model, for samples of that shape without the batch. null is a size that may differ from call to call: input([null, 8])
 * takes sequences of any length. Throws TypeError for what is not an array, RangeError for sizes that are not whole numbers ≥ 0.
 *
 * @example
 * ```ts
 * import { dense, input, model } from 'treadle';
 * const x = input([8]);
 * model({ inputs: x, outputs: dense(1)(x) }).countParams(); // → 9
 * ```
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
 * Applies a layer, which may be any object of type Layer or a model, to one symbolic tensor or several; returns all its results. Throws
 * ShapeError for shapes that the layer cannot take, RangeError for a wrong number of inputs.
 *
 * @example
 * ```ts
 * import { connect, input, lstm } from 'treadle';
 * const all = connect(lstm(4, { returnState: true }), input([10, 3])); // output, h, c
 * all.map(({ shape }) => shape); // → [[4], [4], [4]]
 * ```
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

/** Whether it is a symbolic tensor. */
export function isSymbolic(x: unknown): x is SymbolicTensor {
  return typeof x === 'object' && x !== null && 'shape' in x && 'from' in x && 'index' in x;
}
