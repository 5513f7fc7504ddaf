// Network: a graph of layers, which is a layer too. It knows names, shapes, variables and weights; it does not know how a model is trained.
//
// A layer has the name that the user gave, or its kind: dense, dense_1, dense_2, … in the order of the layers. A variable has the name
// `layer/variable`, such as dense_1/kernel. The constructor builds the network if the shapes of its inputs are known; otherwise build or
// the first call does.

import {
  asTensor,
  checkArray,
  derived,
  type OptionKinds,
  readOptions,
  type Shape,
  ShapeError,
  type Tensor,
  type TensorLike,
  tensor,
  type Variable,
} from '@treadle/tensor';
import type { OutputRange } from '../activations/activation.ts';
import { writeGraph } from '../config/write-graph.ts';
import { Callable } from '../layer/callable.ts';
import { isStateful, resetStates, withoutCarrying } from '../layer/carried-states.ts';
import { withLayerContext } from '../layer/error-context.ts';
import { freezable, trainableVariablesOf } from '../layer/freezing.ts';
import {
  buildAll,
  type CallAllOptions,
  type CallOptions,
  callAll,
  type Layer,
  type LayerConfig,
  namedVariablesOf,
  sampleShape,
  showSample,
} from '../layer/layer.ts';
import { callAllOptions, callOptions, checkMasks, checkShapes } from '../layer/make-layer.ts';
import type { Mask } from '../layer/mask.ts';
import { fits, listExtents, type OpenShape } from '../layer/open-shape.ts';
import type { Graph, Ref } from './graph.ts';
import { setWeights, type Weights } from './set-weights.ts';
import { type LayerSummary, sizeOfVariables, summarizeLayers } from './summarize-layers.ts';

/** Options of `sequential` and `model`. */
export interface NetworkOptions {
  /** the name of the model, for summaries and as a layer of another model */
  readonly name?: string | undefined;
}

const networkOptions: OptionKinds<NetworkOptions> = {
  name: 'string',
};

/** A tensor and its mask. */
export interface Masked {
  readonly x: Tensor;
  /** the valid steps of x; undefined if all are */
  readonly mask: Mask;
}

/** A graph of layers as a layer; Model adds training. */
export class Network extends Callable implements Layer {
  readonly kind: string;
  override readonly name: string | undefined;
  readonly #graph: Graph;
  readonly #freezing = freezable('model', () => this.layers);
  #inputShapes: readonly OpenShape[] | undefined;
  /** the shapes of the results of each call */
  #shapes: readonly (readonly OpenShape[])[] = [];

  /** Throws ShapeError for shapes that do not fit. */
  constructor(graph: Graph, options: NetworkOptions = {}) {
    super();
    const { name } = readOptions(graph.kind, options, networkOptions);
    this.kind = graph.kind;
    this.name = name;
    this.#graph = graph;
    const shapes = graph.inputs.map(({ shape }) => shape);
    if (shapes.every((shape) => shape !== undefined)) this.buildAll(shapes);
  }

  get layers(): readonly Layer[] {
    return this.#graph.layers;
  }

  /** The names of the layers, in their order. */
  get layerNames(): readonly string[] {
    return this.#graph.layerNames;
  }

  get inputNames(): readonly string[] {
    return this.#graph.inputs.map(({ name }) => name);
  }

  get outputNames(): readonly string[] {
    return this.#graph.outputs.map(({ name }) => name);
  }

  /** The shapes of one sample of each input, once they are known; null is a size that may differ from call to call. */
  get inputShapes(): readonly OpenShape[] | undefined {
    return this.#inputShapes;
  }

  /** The shapes of one sample of each result, once the model is built. */
  get outputShapes(): readonly OpenShape[] | undefined {
    return this.#inputShapes && this.#outputsOf(this.#inputShapes, this.#shapes);
  }

  /** The shape of one sample of the (first) input, once it is known. */
  get inputShape(): OpenShape | undefined {
    return this.#inputShapes?.[0];
  }

  /** The shape of one sample of the (first) result, once the model is built. */
  get outputShape(): OpenShape | undefined {
    return this.outputShapes?.[0];
  }

  get isBuilt(): boolean {
    return this.#inputShapes !== undefined;
  }

  /**
   * Makes all variables for samples of that shape, in which null is a size that may differ from call to call; returns the shape of one
   * sample of the first result. Throws ShapeError for shapes that do not fit.
   */
  build(inputShape: Shape): Shape;
  build(inputShape: OpenShape): OpenShape;
  build(inputShape: OpenShape): OpenShape {
    return first(this.buildAll([inputShape]));
  }

  /** The same for several inputs and results. */
  buildAll(inputShapes: readonly Shape[]): readonly Shape[];
  buildAll(inputShapes: readonly OpenShape[]): readonly OpenShape[];
  buildAll(inputShapes: readonly OpenShape[]): readonly OpenShape[] {
    checkShapes(this.kind, inputShapes);
    this.#checkCount(inputShapes.length);
    const shapes = this.#walk<OpenShape>(inputShapes, (layer, given, name) => {
      const [shape] = given;
      if (layer.inputShape && shape && given.length === 1 && !fits(layer.inputShape, shape)) {
        const got = `got [${listExtents(shape)}] for [${listExtents(layer.inputShape)}]`;
        throw new ShapeError(`${this.kind}: the samples that layer ${name} is given must have its inputShape; ${got}`);
      }
      return withLayerContext(
        name,
        () => given.map(showSample),
        () => buildAll(layer, given),
      );
    });
    if (!this.#inputShapes) {
      this.#inputShapes = inputShapes.map((shape) => [...shape]);
      this.#shapes = shapes;
    }
    return this.#outputsOf(inputShapes, shapes);
  }

  /** buildAll, for a network that is a layer of another one. */
  buildOpen(inputShapes: readonly OpenShape[]): readonly OpenShape[] {
    return this.buildAll(inputShapes);
  }

  /** x [batch, ...inputShape] → [batch, ...outputShape]; builds the network if it is not built. training is false by default. */
  override call(x: TensorLike, options: Partial<CallOptions> = {}): Tensor {
    const { training = false, mask, addLoss } = readOptions(this.kind, options, callOptions);
    return first(this.callAll([tensor(x)], { training, masks: [mask], addLoss }));
  }

  /** The same for several inputs and results. */
  callAll(xs: readonly TensorLike[], options: Partial<CallAllOptions> = {}): readonly Tensor[] {
    return this.callMasked(xs, options).map(({ x }) => x);
  }

  /** The mask of the first result. */
  outputMask(xs: readonly Tensor[], masks: readonly Mask[]): Mask {
    return withoutCarrying(() => this.callMasked(xs, { training: false, masks })[0]?.mask);
  }

  /** The range of the first result; undefined if it is unknown. */
  outputRange(inputs: readonly (OutputRange | undefined)[]): OutputRange | undefined {
    return this.outputRanges(inputs)[0];
  }

  /** The range of each result, from the ranges that layers know; undefined if it is unknown. */
  outputRanges(inputs: readonly (OutputRange | undefined)[] = []): readonly (OutputRange | undefined)[] {
    checkArray(`${this.kind}: the ranges`, inputs);
    const found: (OutputRange | undefined)[] = [];
    const at = ({ call, index }: Ref): OutputRange | undefined =>
      call < 0 ? inputs[index] : index === 0 ? found[call] : undefined;
    for (const call of this.#graph.calls) {
      found.push(this.layers[call.layer]?.outputRange?.(call.inputs.map(at)));
    }
    return this.#graph.outputs.map(({ from }) => at(from));
  }

  /** The variables by name, in the order of the layers; none before the network is built. */
  get namedVariables(): ReadonlyMap<string, Variable> {
    const named = new Map<string, Variable>();
    this.layers.forEach((layer, i) => {
      for (const [name, v] of namedVariablesOf(layer)) named.set(`${this.layerNames[i]}/${name}`, v);
    });
    return named;
  }

  /** The variables, each once, even if layers share it. */
  get variables(): readonly Variable[] {
    return [...new Set(this.namedVariables.values())];
  }

  /** The variables that training changes: not those of frozen layers. */
  get trainableVariables(): readonly Variable[] {
    return trainableVariablesOf(this);
  }

  /** Whether training changes the network; assigning it assigns that of all layers. It may change between trainings and during one. */
  get trainable(): boolean {
    return this.#freezing.trainable;
  }

  set trainable(value: boolean) {
    this.#freezing.trainable = value;
  }

  /** Whether a layer carries states from one call to the next. */
  get stateful(): boolean {
    return isStateful(this.layers);
  }

  /** Sets the states that layers carry to zero. */
  resetStates(): void {
    resetStates(this.layers);
  }

  /** The penalties of all layers, 0-d each. */
  losses(): readonly Tensor[] {
    return this.layers.flatMap((layer) => layer.losses?.() ?? []);
  }

  /** The number of elements of all variables. Throws ShapeError for a network that is not built. */
  countParams(): number {
    return sizeOfVariables(this.#built('countParams').variables);
  }

  /** Copies of the values of all variables, by name. Throws ShapeError for a network that is not built. */
  getWeights(): Record<string, Tensor> {
    const { namedVariables } = this.#built('getWeights');
    return Object.fromEntries([...namedVariables].map(([name, v]) => [name, derived(v, v.shape, (values) => values)]));
  }

  /**
   * Assigns all variables by name: tensors or nested arrays of the variable's shape, or typed arrays of its number of elements. Throws
   * RangeError for missing or unknown names, ShapeError for wrong shapes; then nothing is assigned.
   */
  setWeights(weights: Weights): void {
    setWeights(this.#built('setWeights').namedVariables, weights);
  }

  /** Each layer with its name, kind, shape, numbers of parameters and inputs. Throws ShapeError for a model that is not built. */
  describeLayers(): readonly LayerSummary[] {
    this.#built('describeLayers');
    return summarizeLayers(this.#graph, this.#shapes);
  }

  /** The graph as plain data, without weights. Throws RangeError for a layer that cannot be saved. */
  config(): LayerConfig {
    return writeGraph(this.#graph, {
      ...(this.name !== undefined && { name: this.name }),
      ...(!this.trainable && { trainable: false }),
      ...(this.kind === 'sequential' && { inputShape: this.inputShape }),
    });
  }

  /** callAll, with the mask of each result. */
  callMasked(inputs: readonly TensorLike[], options: Partial<CallAllOptions> = {}): readonly Masked[] {
    checkArray(`${this.kind}: the inputs`, inputs);
    const { training = false, masks = [], addLoss } = readOptions(this.kind, options, callAllOptions);
    checkMasks(this.kind, masks);
    const xs = Array.from(inputs, (x) => asTensor(x));
    this.#checkInputs(
      xs.map((x) => sampleShape(this.kind, x)),
      xs,
    );
    const given = xs.map((x, i): Masked => ({ x, mask: masks[i] }));
    const results = this.#walk<Masked>(given, (layer, values, name) => {
      const inputs = values.map(({ x }) => x);
      const inputMasks = values.map(({ mask }) => mask);
      const shapes = (): readonly string[] => inputs.map(({ shape }) => `[${shape.join(', ')}]`);
      return withLayerContext(name, shapes, () => {
        const outputs = callAll(layer, inputs, { training, masks: inputMasks, addLoss });
        const mask = layer.outputMask?.(inputs, inputMasks);
        return outputs.map((x, i) => ({ x, mask: i === 0 ? mask : undefined }));
      });
    });
    return this.#outputsOf(given, results);
  }

  /** Applies a function to every call of the graph, in order; returns the results of each call. */
  #walk<T>(
    inputs: readonly T[],
    apply: (layer: Layer, given: readonly T[], name: string) => readonly T[],
  ): readonly (readonly T[])[] {
    const results: (readonly T[])[] = [];
    for (const call of this.#graph.calls) {
      const layer = this.layers[call.layer];
      if (!layer) throw new Error('internal: a call of no layer');
      results.push(
        apply(
          layer,
          call.inputs.map((ref) => valueAt(inputs, results, ref)),
          this.layerNames[call.layer] ?? '',
        ),
      );
    }
    return results;
  }

  #outputsOf<T>(inputs: readonly T[], results: readonly (readonly T[])[]): readonly T[] {
    return this.#graph.outputs.map(({ from }) => valueAt(inputs, results, from));
  }

  #checkCount(count: number): void {
    const { inputs } = this.#graph;
    if (count === inputs.length) return;
    throw new RangeError(`${this.kind}: there must be ${inputs.length} inputs; got ${count}`);
  }

  /** Builds the network, or compares the shapes with the declared ones if it is built. */
  #checkInputs(shapes: readonly Shape[], xs: readonly Tensor[]): void {
    this.#checkCount(shapes.length);
    if (!this.isBuilt) {
      this.buildAll(shapes);
      return;
    }
    this.#graph.inputs.forEach(({ shape: declared }, i) => {
      if (!declared || fits(declared, shapes[i] ?? [])) return;
      throw new ShapeError(
        `${this.kind}: its input must have the shape ${showSample(declared)}; got [${xs[i]?.shape.join(', ')}]`,
      );
    });
  }

  #built(method: string): this {
    if (!this.isBuilt) {
      throw new ShapeError(
        `${method}: the shape of the model’s input must be known; got none; give the first layer an inputShape, or call the model once`,
      );
    }
    return this;
  }
}

function valueAt<T>(inputs: readonly T[], results: readonly (readonly T[])[], { call, index }: Ref): T {
  const value = call < 0 ? inputs[index] : results[call]?.[index];
  if (value === undefined) throw new Error('internal: a value that no call has made');
  return value;
}

function first<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined || values.length > 1) {
    throw new RangeError(`model: there must be one result; got ${values.length}; callAll gives all`);
  }
  return value;
}
