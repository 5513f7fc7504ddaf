// Network: a graph of layers, which is a layer again. It knows their names, shapes and variables, and how to give and take
// weights by name; how a model learns is not its matter.
//
// A layer is called what the user named it; those without a name are called by their kind: dense, dense_1, dense_2, … in the
// order of the layers of this model. A variable is called `layer/variable`, such as dense_1/kernel. The model is built by the
// constructor where the shapes of its inputs are known, otherwise by build or the first call.

import {
  asTensor,
  checkArray,
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

/** A layer as it stands in a built model. */
export interface LayerSummary {
  readonly name: string;
  readonly kind: string;
  /** of one sample; of the first result of the first call */
  readonly outputShape: OpenShape;
  readonly params: number;
  readonly trainableParams: number;
  /** the layers and inputs that it takes, of all its calls */
  readonly inputs: readonly string[];
}

export interface NetworkOptions {
  readonly name?: string | undefined;
}

const networkOptions: OptionKinds<NetworkOptions> = {
  name: 'string',
};

/** A value on its way through the graph. */
export interface Masked {
  readonly x: Tensor;
  readonly mask: Mask;
}

export class Network extends Callable implements Layer {
  readonly kind: string;
  override readonly name: string | undefined;
  readonly #graph: Graph;
  readonly #freezing = freezable('model', () => this.layers);
  #inputShapes: readonly OpenShape[] | undefined;
  /** by call */
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

  /** What the layers are called, in their order. */
  get layerNames(): readonly string[] {
    return this.#graph.layerNames;
  }

  get inputNames(): readonly string[] {
    return this.#graph.inputs.map(({ name }) => name);
  }

  get outputNames(): readonly string[] {
    return this.#graph.outputs.map(({ name }) => name);
  }

  /** The shapes of one sample of each input, once they are known; null is a size that may be another one in every call. */
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
   * Makes all variables for samples of that shape, in which null is a size that may be another one in every call; returns the shape
   * of one sample of the (first) result.
   */
  build(inputShape: Shape): Shape;
  build(inputShape: OpenShape): OpenShape;
  build(inputShape: OpenShape): OpenShape {
    return first(this.buildAll([inputShape]));
  }

  /** The same for each of several inputs and results. */
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

  /** The same, as a layer of another model. */
  buildOpen(inputShapes: readonly OpenShape[]): readonly OpenShape[] {
    return this.buildAll(inputShapes);
  }

  /** x [batch, ...inputShape] → [batch, ...outputShape]; builds the model if need be. training: false by default. */
  override call(x: TensorLike, options: Partial<CallOptions> = {}): Tensor {
    const { training = false, mask, addLoss } = readOptions(this.kind, options, callOptions);
    return first(this.callAll([tensor(x)], { training, masks: [mask], addLoss }));
  }

  /** The same for a model of several inputs or results. */
  callAll(xs: readonly TensorLike[], options: Partial<CallAllOptions> = {}): readonly Tensor[] {
    return this.callMasked(xs, options).map(({ x }) => x);
  }

  outputMask(xs: readonly Tensor[], masks: readonly Mask[]): Mask {
    return withoutCarrying(() => this.callMasked(xs, { training: false, masks })[0]?.mask);
  }

  outputRange(inputs: readonly (OutputRange | undefined)[]): OutputRange | undefined {
    return this.outputRanges(inputs)[0];
  }

  /** What is known of the numbers of each result, from what the layers say of theirs. */
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

  /** The variables by name, in the order of the layers; none before the model is built. */
  get namedVariables(): ReadonlyMap<string, Variable> {
    const named = new Map<string, Variable>();
    this.layers.forEach((layer, i) => {
      for (const [name, v] of namedVariablesOf(layer)) named.set(`${this.layerNames[i]}/${name}`, v);
    });
    return named;
  }

  /** Each once, however many layers share it. */
  get variables(): readonly Variable[] {
    return [...new Set(this.namedVariables.values())];
  }

  /** Those that training changes: not those of frozen layers. */
  get trainableVariables(): readonly Variable[] {
    return trainableVariablesOf(this);
  }

  /** Whether training changes it; setting it sets that of all layers. What is frozen may change between trainings, and in one. */
  get trainable(): boolean {
    return this.#freezing.trainable;
  }

  set trainable(value: boolean) {
    this.#freezing.trainable = value;
  }

  /** Whether a layer keeps states from a call to the next. */
  get stateful(): boolean {
    return isStateful(this.layers);
  }

  /** Makes the states that layers keep zeros again. */
  resetStates(): void {
    resetStates(this.layers);
  }

  /** The penalties of all layers. */
  losses(): readonly Tensor[] {
    return this.layers.flatMap((layer) => layer.losses?.() ?? []);
  }

  /** How many numbers the variables hold. */
  countParams(): number {
    return count(this.#built('countParams').variables);
  }

  /** A copy of every variable's value, by name. */
  getWeights(): Record<string, Tensor> {
    const { namedVariables } = this.#built('getWeights');
    return Object.fromEntries(
      [...namedVariables].map(([name, v]) => [name, tensor(v.data(), { shape: v.shape, dtype: v.dtype })]),
    );
  }

  /**
   * Assigns values by name: tensors or nested arrays of the variable's shape, or typed arrays of as many elements. All names
   * must be there and no others. Throws RangeError for names, ShapeError for shapes; then nothing is assigned.
   */
  setWeights(weights: Weights): void {
    setWeights(this.#built('setWeights').namedVariables, weights);
  }

  /** Each layer with its name, kind, shape, number of parameters and what it takes. */
  describeLayers(): readonly LayerSummary[] {
    this.#built('describeLayers');
    const { calls } = this.#graph;
    return this.layers.map((layer, i) => ({
      name: this.layerNames[i] ?? '',
      kind: layer.kind ?? 'layer',
      outputShape: this.#shapes[calls.findIndex((call) => call.layer === i)]?.[0] ?? [],
      params: count(layer.variables),
      trainableParams: count(trainableVariablesOf(layer)),
      inputs: calls.filter((call) => call.layer === i).flatMap((call) => call.inputs.map((ref) => this.#nameOf(ref))),
    }));
  }

  /** The graph as plain data; throws RangeError for a layer that has no such form. */
  config(): LayerConfig {
    const { kind, inputs, calls, outputs } = this.#graph;
    const layers = this.layers.map((layer, i) => {
      if (!layer.config) {
        throw new RangeError(`${kind}: layer ${this.layerNames[i]} cannot be saved; it has no config`);
      }
      return { ...layer.config(), name: this.layerNames[i] };
    });
    const own = {
      kind,
      ...(this.name !== undefined && { name: this.name }),
      ...(!this.trainable && { trainable: false }),
    };
    if (kind === 'sequential') return { ...own, inputShape: this.inputShape, layers };
    return { ...own, inputs, layers, calls, outputs };
  }

  /** callAll, each result with the mask that says which of its steps count. */
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

  /** What the calls make of values that come from the inputs, by call. */
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

  #nameOf({ call, index }: Ref): string {
    if (call < 0) return this.#graph.inputs[index]?.name ?? '';
    return this.layerNames[this.#graph.calls[call]?.layer ?? -1] ?? '';
  }

  #checkCount(count: number): void {
    const { inputs } = this.#graph;
    if (count === inputs.length) return;
    throw new RangeError(`${this.kind}: there must be ${inputs.length} inputs; got ${count}`);
  }

  /** Builds the model where it is not, and compares the shapes with those that were declared where it is. */
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

function count(variables: readonly Variable[]): number {
  return variables.reduce((sum, { size }) => sum + size, 0);
}
