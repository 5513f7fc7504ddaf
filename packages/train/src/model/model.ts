// Model: a graph of layers that can be trained, with an optimizer, and a loss and metrics for each output. Its steps are compiled once;
// fit, evaluate and predict run them over batches of rows.

import { loadTensors, saveTensors, tensorsToBytes } from '@treadle/formats';
import {
  chain,
  type Graph,
  graphBetween,
  type Layer,
  type LayerConfig,
  Network,
  type NetworkMaker,
  type NetworkOptions,
  networkFrom,
  type OwnParts,
  ownParts,
  type SymbolicTensor,
  type SymbolicTensors,
  withoutCarrying,
  withoutInitializers,
} from '@treadle/nn';
import { type Optimizer, type OptimizerName, optimizerByName } from '@treadle/optim';
import {
  type Explanation,
  explain,
  type OptionKinds,
  readOptions,
  type Tensor,
  tensor,
  whenKnown,
} from '@treadle/tensor';
import { type DataArguments, dataAndOptions, type RowsLike, type RowsPair } from '../data/arguments.ts';
import { checkManyFinite } from '../data/check-finite.ts';
import { checkEqualBatches, checkRows, dataOf, disposeRows, inputRows } from '../data/rows.ts';
import { evaluateRows } from '../fit/evaluate.ts';
import { fit } from '../fit/fit.ts';
import { type FitOptions, fitOptions } from '../fit/fit-options.ts';
import type { History, Logs } from '../fit/history.ts';
import { Predictor } from '../fit/predict.ts';
import { Steps } from '../fit/steps.ts';
import type { Compilation } from '../saving/compile-config.ts';
import { type SaveOptions, savedModel } from '../saving/save.ts';
import {
  assignWeights,
  type LoadWeightsOptions,
  type SaveWeightsOptions,
  type WeightsReport,
  weightsToSave,
} from '../saving/weights.ts';
import { type ObjectiveOptions, objectiveOptions } from './objectives.ts';
import { list, named, one, type Packing } from './packing.ts';
import { summary } from './summary.ts';

/** Options of `compile`. */
export interface CompileOptions extends ObjectiveOptions {
  /** an optimizer, or its name */
  readonly optimizer: Optimizer | OptimizerName;
}

const compileOptions: OptionKinds<CompileOptions> = {
  ...objectiveOptions,
  optimizer: 'any',
};

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** the number of rows of a step; 32 by default. The figures differ by rounding alone */
  readonly batchSize?: number;
  /** the weight of each row in the loss, as in fit */
  readonly sampleWeight?: RowsLike;
}

const evaluateOptions: OptionKinds<EvaluateOptions> = {
  batchSize: 'number',
  sampleWeight: 'any',
};

/** Options of `predict`. */
export interface PredictOptions {
  /** the number of rows of a step; 256 by default. The predictions do not depend on it */
  readonly batchSize?: number;
}

const predictOptions: OptionKinds<PredictOptions> = {
  batchSize: 'number',
};

/**
 * A model that can be trained; `sequential` and `model` make one. `P` is the result of predict: a tensor for a model with one output, an
 * array or an object of tensors for several.
 */
export class Model<P = Tensor> extends Network {
  readonly #packing: Packing<P>;
  #compilation: Compilation | undefined;
  #steps: Steps | undefined;
  #predict: Predictor | undefined;
  #isFitting = false;

  /** Models are made by `sequential` and `model`. */
  constructor(graph: Graph, packing: Packing<P>, options: NetworkOptions = {}) {
    super(graph, options);
    this.#packing = packing;
  }

  /**
   * Sets the optimizer, the loss and the metrics. A second call replaces them and keeps the weights. Throws RangeError for unknown names
   * and for two figures of one name.
   *
   * @example
   * ```ts
   * import { dense, sequential } from 'treadle';
   * const network = sequential([dense(1, { inputShape: [2], kernelInitializer: 'ones' })]);
   * network.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['mae'] });
   * await network.evaluate([[1, 2]], [[5]]); // → {"loss": 4, "mae": 2}
   * ```
   */
  compile(options: CompileOptions): void {
    const { optimizer, ...objectives } = readOptions('compile', options, compileOptions);
    const compilation = { ...objectives, optimizer: isOptimizer(optimizer) ? optimizer : optimizerByName(optimizer) };
    this.#steps = new Steps(this, compilation);
    this.#compilation = compilation;
  }

  /** The optimizer that was given to compile. Throws Error before that. */
  get optimizer(): Optimizer {
    return this.#compiled('optimizer').optimizer;
  }

  /**
   * Trains the model on rows x [n, …] with targets y [n, …], or on both as { x, y }; with several inputs or outputs, on rows for each, in
   * order or by name. Returns the figures of each epoch. The event loop stays free. Throws ShapeError, RangeError or DtypeError before any
   * weight changes, and Error for a model that is not compiled or is being trained.
   *
   * @example
   * ```ts
   * import { dense, sequential } from 'treadle';
   * const network = sequential([dense(1, { inputShape: [1], kernelInitializer: 'zeros' })]);
   * network.compile({ optimizer: 'sgd', loss: 'mse' });
   * const { history } = await network.fit([[1]], [[1]], { epochs: 2, verbose: 0 });
   * history.loss; // → [1, 0.9216]
   * ```
   */
  fit(data: RowsPair, options?: FitOptions): Promise<History>;
  fit(x: RowsLike, y: RowsLike, options?: FitOptions): Promise<History>;
  async fit(...given: DataArguments<FitOptions>): Promise<History> {
    const steps = this.#compiled('fit');
    const [x, y, options] = dataAndOptions('fit', this, given, fitOptions);
    if (this.#isFitting) {
      throw new Error('fit: a model must end one training before the next; got a second one; await the first');
    }
    this.#isFitting = true;
    try {
      return await fit(this, steps, x, y, options);
    } finally {
      this.#isFitting = false;
    }
  }

  /**
   * The loss and the metrics over all rows, such as { loss, accuracy }. Throws as fit does.
   *
   * @example
   * ```ts
   * import { dense, sequential } from 'treadle';
   * const network = sequential([dense(1, { inputShape: [1], kernelInitializer: 'ones' })]);
   * network.compile({ optimizer: 'sgd', loss: 'mse' });
   * await network.evaluate([[1], [2]], [[3], [4]]); // → {"loss": 4}
   * ```
   */
  evaluate(data: RowsPair, options?: EvaluateOptions): Promise<Logs>;
  evaluate(x: RowsLike, y: RowsLike, options?: EvaluateOptions): Promise<Logs>;
  async evaluate(...given: DataArguments<EvaluateOptions>): Promise<Logs> {
    const steps = this.#compiled('evaluate');
    const [x, y, { batchSize = 32, sampleWeight }] = dataAndOptions('evaluate', this, given, evaluateOptions);
    const known = whenKnown([x, y, sampleWeight]);
    if (known) await known;
    const rows = checkRows('evaluate', this, steps, x, y, batchSize, sampleWeight);
    try {
      checkEqualBatches('evaluate', this, rows.count, batchSize);
      await checkManyFinite('evaluate', rows);
      return await evaluateRows(steps, rows, batchSize);
    } finally {
      disposeRows(rows);
    }
  }

  /**
   * The predictions for rows x [n, …] → [n, …], for each output. The prediction of a row does not depend on the other rows. Throws
   * ShapeError or RangeError for rows that the model cannot take.
   *
   * @example
   * ```ts
   * import { dense, sequential } from 'treadle';
   * const network = sequential([dense(1, { inputShape: [2], kernelInitializer: 'ones' })]);
   * await network.predict([[1, 2], [3, 4]]); // → [[3], [7]]
   * ```
   */
  async predict(x: RowsLike, options: PredictOptions = {}): Promise<P> {
    const { batchSize = 256 } = readOptions('predict', options, predictOptions);
    const rows = inputRows('predict', this, x, batchSize);
    this.#predict ??= new Predictor(this);
    try {
      return this.#packing.pack(await this.#predict.answers(rows, batchSize), this.outputNames);
    } finally {
      disposeRows({ xs: rows });
    }
  }

  /**
   * The plan of a training step for a batch of the rows of x and y, as the function explain describes it. No weight changes; a model that
   * is not built is built. Throws as fit does.
   */
  explain(data: RowsPair, options?: EvaluateOptions): Explanation;
  explain(x: RowsLike, y: RowsLike, options?: EvaluateOptions): Explanation;
  explain(...given: DataArguments<EvaluateOptions>): Explanation {
    const steps = this.#compiled('explain');
    const [x, y, { batchSize = 32, sampleWeight }] = dataAndOptions('explain', this, given, evaluateOptions);
    const rows = checkRows('explain', this, steps, x, y, batchSize, sampleWeight);
    const batch = Int32Array.from({ length: Math.min(batchSize, rows.count) }, (_, i) => i);
    const { tensors, count } = dataOf(rows);
    return withoutCarrying(() => explain(steps.train.step)(tensors, count, tensor(batch)));
  }

  /** The graph as plain data, without weights: modelFromConfig makes it again. Throws RangeError for a layer that cannot be saved. */
  override config(): LayerConfig {
    return { ...super.config(), ...(this.#packing.name !== 'one' && { results: this.#packing.name }) };
  }

  /**
   * A model with the same layers and weights of its own, which have the same values; not compiled. `own` has the layers and activations of
   * your own. Throws RangeError for a layer that cannot be saved.
   *
   * @example
   * ```ts
   * import { dense, sequential } from 'treadle';
   * const network = sequential([dense(1, { inputShape: [1], kernelInitializer: 'ones' })]);
   * const twin = network.clone();
   * network.setWeights({ 'dense/kernel': [[5]], 'dense/bias': [0] });
   * await twin.predict([[2]]); // → [[2]]
   * ```
   */
  clone(own: OwnParts = {}): Model<P> {
    const parts = readOptions('clone', own, ownParts);
    const make: NetworkMaker<Model<P>> = (graph, options) => new Model(graph, this.#packing, options);
    const twin = withoutInitializers(() => networkFrom(this.config(), parts, make));
    if (this.isBuilt) twin.setWeights(this.getWeights());
    return twin;
  }

  /**
   * Writes the model to a file: its graph, its weights, what it was compiled with, and with { optimizer: true } the state of the
   * optimizer. loadModel reads it. It is a safetensors file, which appears as a whole or not at all. The model may be trained on
   * meanwhile. Throws RangeError for a part that cannot be saved, ShapeError for a model that is not built.
   *
   * @example
   * ```ts
   * import { tmpdir } from 'node:os';
   * import { dense, loadModel, sequential } from 'treadle';
   * const model = sequential([dense(2, { inputShape: [3] })]);
   * await model.save(`${tmpdir()}/model.safetensors`);
   * (await loadModel(`${tmpdir()}/model.safetensors`)).outputShape; // → [2]
   * ```
   */
  async save(path: string | URL, options: SaveOptions = {}): Promise<void> {
    const { tensors, metadata } = await savedModel('save', this, this.#compilation, options);
    await saveTensors(path, tensors, { metadata });
  }

  /**
   * The bytes that `save` writes, for a database, a bucket or a browser; modelFromBytes reads them. Throws as save does.
   *
   * @example
   * ```ts
   * import { dense, modelFromBytes, sequential } from 'treadle';
   * const bytes = await sequential([dense(2, { inputShape: [3] })]).toBytes();
   * (await modelFromBytes(bytes)).countParams(); // → 8
   * ```
   */
  async toBytes(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { tensors, metadata } = await savedModel('toBytes', this, this.#compilation, options);
    return tensorsToBytes(tensors, { metadata });
  }

  /**
   * Writes the weights alone to a safetensors file, by their names, each after `prefix`. Throws ShapeError for a model that is not built.
   *
   * @example
   * ```ts
   * import { tmpdir } from 'node:os';
   * import { dense, loadTensors, sequential } from 'treadle';
   * await sequential([dense(2, { inputShape: [3] })]).saveWeights(`${tmpdir()}/weights.safetensors`);
   * Object.keys((await loadTensors(`${tmpdir()}/weights.safetensors`)).tensors); // → ["dense/kernel", "dense/bias"]
   * ```
   */
  async saveWeights(path: string | URL, options: SaveWeightsOptions = {}): Promise<void> {
    await saveTensors(path, weightsToSave(this, options));
  }

  /**
   * Assigns the weights of a safetensors file of any origin, by their names after `prefix`; says what it did. With { strict: false } it
   * assigns what fits. Throws FormatError if a weight is missing, has another shape, or is not one of the model; then nothing is assigned.
   *
   * @example
   * ```ts
   * import { tmpdir } from 'node:os';
   * import { dense, saveTensors, sequential } from 'treadle';
   * const model = sequential([dense(1, { inputShape: [2] })]);
   * await saveTensors(`${tmpdir()}/some.safetensors`, { 'dense/kernel': [[1], [2]] });
   * (await model.loadWeights(`${tmpdir()}/some.safetensors`, { strict: false })).missing; // → ["dense/bias"]
   * ```
   */
  async loadWeights(path: string | URL, options: LoadWeightsOptions = {}): Promise<WeightsReport> {
    return assignWeights(this, (await loadTensors(path)).tensors, options);
  }

  /** A table of the layers with their shapes and numbers of parameters, as a text. Throws ShapeError for a model that is not built. */
  summary(): string {
    return summary(this);
  }

  #compiled(method: string): Steps {
    if (!this.#steps) {
      throw new Error(
        `${method}: the model must be compiled; got one that is not; model.compile({ optimizer, loss }) says how it learns`,
      );
    }
    return this.#steps;
  }
}

function isOptimizer(x: Optimizer | OptimizerName): x is Optimizer {
  const given: unknown = x;
  return typeof given === 'object' && given !== null && 'apply' in given && 'iterations' in given;
}

/**
 * A model of layers, each of which takes the result of the layer before. Throws RangeError for no layers, a layer that is given twice or
 * two layers of one name; ShapeError for shapes that do not fit.
 *
 * @example
 * ```ts
 * import { dense, flatten, sequential } from 'treadle';
 * sequential([flatten({ inputShape: [28, 28] }), dense(10)]).countParams(); // → 7850
 * ```
 */
export function sequential(layers: readonly Layer[], options?: NetworkOptions): Model {
  return new Model(chain(layers), one, options);
}

/** What `model` is made of. */
export interface ModelParts<O extends SymbolicTensors> extends NetworkOptions {
  /** results of input(): one, several, or by name */
  readonly inputs: SymbolicTensors;
  /** results of layers: one, several, or by name */
  readonly outputs: O;
}

const modelParts: OptionKinds<ModelParts<SymbolicTensors>> = { inputs: 'any', outputs: 'any', name: 'string' };

/**
 * A model of all layers between its inputs and its outputs. Throws RangeError for outputs that need other inputs, for inputs that no
 * output needs, and for two layers of one name.
 *
 * @example
 * ```ts
 * import { dense, input, layers, model } from 'treadle';
 * const x = input([8]);
 * const residual = layers.add()([x, dense(8)(x)]);
 * model({ inputs: x, outputs: dense(1)(residual) }).outputShape; // → [1]
 * ```
 */
export function model(parts: ModelParts<SymbolicTensor>): Model;
export function model(parts: ModelParts<readonly SymbolicTensor[]>): Model<readonly Tensor[]>;
export function model(
  parts: ModelParts<Readonly<Record<string, SymbolicTensor>>>,
): Model<Readonly<Record<string, Tensor>>>;
export function model(
  parts: ModelParts<SymbolicTensors>,
): Model | Model<readonly Tensor[]> | Model<Readonly<Record<string, Tensor>>> {
  const { inputs, outputs, name } = readOptions('model', parts, modelParts);
  const graph = graphBetween(inputs, outputs);
  if (Array.isArray(outputs)) return new Model(graph, list, { name });
  return 'from' in outputs && 'index' in outputs ? new Model(graph, one, { name }) : new Model(graph, named, { name });
}
