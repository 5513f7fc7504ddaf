// Sequential: layers one after the other, which are a layer again. It knows their names, shapes and variables, and how to give
// and take weights by name; how a model learns is not its matter.
//
// A layer is called what the user named it; those without a name are called by their kind: dense, dense1, dense2, … in the
// order of the layers of this model. A variable is called `layer/variable`, such as dense1/kernel. The model is built by the
// constructor where the first layer has an inputShape, otherwise by build or the first call.

import { type Shape, ShapeError, type Tensor, type TensorLike, tensor, type Variable } from '@treadle/tensor';
import { type CallOptions, type Layer, type LayerConfig, sampleShape } from './layer.ts';
import { takeName } from './names.ts';
import { setWeights, type Weights } from './weights.ts';

/** A layer as it stands in a built model. */
export interface LayerSummary {
  readonly name: string;
  readonly kind: string;
  /** of one sample */
  readonly outputShape: Shape;
  readonly params: number;
  readonly trainableParams: number;
}

export interface SequentialOptions {
  readonly name?: string | undefined;
}

export class Sequential implements Layer {
  readonly kind: string = 'sequential';
  readonly name: string | undefined;
  readonly layers: readonly Layer[];
  /** what the layers are called, in their order */
  readonly layerNames: readonly string[];
  #inputShape: Shape | undefined;
  #outputShapes: readonly Shape[] | undefined;

  /** Throws RangeError for no layers, one that is given twice, or two of one name; ShapeError for shapes that do not fit. */
  constructor(layers: readonly Layer[], { name }: SequentialOptions = {}) {
    if (layers.length === 0) throw new RangeError('sequential: there must be one layer or more; got none');
    const twice = layers.findIndex((layer, i) => layers.indexOf(layer) < i);
    if (twice >= 0) {
      throw new RangeError(`sequential: a layer may be given once; got layer ${twice} again`);
    }
    this.name = name;
    this.layers = [...layers];
    this.layerNames = namesOf(layers);
    const inputShape = layers[0]?.inputShape;
    if (inputShape) this.build(inputShape);
  }

  /** The shape of one sample, once it is known. */
  get inputShape(): Shape | undefined {
    return this.#inputShape;
  }

  /** The shape of one sample of the result, once the model is built. */
  get outputShape(): Shape | undefined {
    return this.#outputShapes?.at(-1);
  }

  get isBuilt(): boolean {
    return this.#outputShapes !== undefined;
  }

  /** Makes all variables for samples of that shape; returns the shape of one sample of the result. */
  build(inputShape: Shape): Shape {
    let shape = inputShape;
    const outputShapes = this.layers.map((layer, i) => {
      if (layer.inputShape && !isEqual(layer.inputShape, shape)) {
        const got = `got [${shape.join(', ')}] for [${layer.inputShape.join(', ')}]`;
        throw new ShapeError(
          `sequential: the samples that layer ${this.layerNames[i]} is given must have its inputShape; ${got}`,
        );
      }
      shape = layer.build(shape);
      return shape;
    });
    if (!this.#outputShapes) {
      this.#inputShape = [...inputShape];
      this.#outputShapes = outputShapes;
    }
    return shape;
  }

  /** x [batch, ...inputShape] → [batch, ...outputShape]; builds the model if need be. training: false by default. */
  call(x: TensorLike, { training = false }: Partial<CallOptions> = {}): Tensor {
    const input = tensor(x);
    const shape = sampleShape('sequential', input);
    const declared = this.layers[0]?.inputShape;
    if (!this.#outputShapes) this.build(shape);
    else if (declared && !isEqual(declared, shape)) {
      throw new ShapeError(
        `sequential: its input must have the shape [batch, ${declared.join(', ')}]; got [${input.shape.join(', ')}]`,
      );
    }
    return this.layers.reduce((y: Tensor, layer) => layer.call(y, { training }), input);
  }

  /** The variables by name, in the order of the layers; none before the model is built. */
  get namedVariables(): ReadonlyMap<string, Variable> {
    const named = new Map<string, Variable>();
    this.layers.forEach((layer, i) => {
      for (const [name, v] of namedVariablesOf(layer)) named.set(`${this.layerNames[i]}/${name}`, v);
    });
    return named;
  }

  get variables(): readonly Variable[] {
    return [...this.namedVariables.values()];
  }

  get trainableVariables(): readonly Variable[] {
    return this.variables.filter((v) => v.trainable);
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

  /** Each layer with its name, kind, shape and number of parameters. */
  describeLayers(): readonly LayerSummary[] {
    const shapes = this.#built('describeLayers').#outputShapes ?? [];
    return this.layers.map((layer, i) => ({
      name: this.layerNames[i] ?? '',
      kind: layer.kind ?? 'layer',
      outputShape: shapes[i] ?? [],
      params: count(layer.variables),
      trainableParams: count(layer.variables.filter((v) => v.trainable)),
    }));
  }

  /** The layers as plain data; throws RangeError for a layer that has no such form. */
  config(): LayerConfig {
    const layers = this.layers.map((layer, i) => {
      if (!layer.config)
        throw new RangeError(`sequential: layer ${this.layerNames[i]} cannot be saved; it has no config`);
      return { ...layer.config(), name: this.layerNames[i] };
    });
    return {
      kind: 'sequential',
      ...(this.name !== undefined && { name: this.name }),
      inputShape: this.#inputShape,
      layers,
    };
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

function isEqual(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

function count(variables: readonly Variable[]): number {
  return variables.reduce((sum, { size }) => sum + size, 0);
}

/** The user's names as they are, which must be different; then names by kind for all others. */
function namesOf(layers: readonly Layer[]): readonly string[] {
  const taken = new Set<string>();
  for (const { name } of layers) {
    if (name === undefined) continue;
    if (taken.has(name))
      throw new RangeError(`sequential: layers must have different names; got ${JSON.stringify(name)} twice`);
    taken.add(name);
  }
  return layers.map(({ name, kind = 'layer' }) => name ?? takeName(kind, taken));
}

/** The layer's variables by what they are called within it. */
function namedVariablesOf(layer: Layer): ReadonlyMap<string, Variable> {
  if (layer instanceof Sequential) return layer.namedVariables;
  const taken = new Set<string>();
  return new Map(layer.variables.map((v) => [takeName(v.name || 'variable', taken), v]));
}
