// A model that learns: a graph of layers, with an optimizer, and a loss and metrics for each output. What it does with data is
// compiled once for each shape of a batch; fit, evaluate and predict run those steps over batches of rows.

import {
  chain,
  type Graph,
  graphBetween,
  type Layer,
  Network,
  type NetworkOptions,
  type SymbolicTensor,
  type SymbolicTensors,
  withoutCarrying,
} from '@treadle/nn';
import { type Optimizer, type OptimizerName, optimizerByName } from '@treadle/optim';
import { type Explanation, explain, type OptionKinds, readOptions, type Tensor, tensor } from '@treadle/tensor';
import {
  checkEqualBatches,
  checkManyFinite,
  checkRows,
  type DataArguments,
  dataAndOptions,
  dataOf,
  disposeRows,
  inputRows,
  type RowsLike,
  type RowsPair,
} from '../data/rows.ts';
import { evaluateRows } from '../fit/evaluate.ts';
import { type FitOptions, fit, fitOptions } from '../fit/fit.ts';
import type { History, Logs } from '../fit/history.ts';
import { Predictor } from '../fit/predict.ts';
import { Steps } from '../fit/steps.ts';
import { type ObjectiveOptions, objectiveOptions } from './objectives.ts';
import { summary } from './summary.ts';

export interface CompileOptions extends ObjectiveOptions {
  /** an optimizer, or its name */
  readonly optimizer: Optimizer | OptimizerName;
}

const compileOptions: OptionKinds<CompileOptions> = {
  ...objectiveOptions,
  optimizer: 'any',
};

export interface EvaluateOptions {
  /** rows a step; 32 by default. It decides about rounding alone. */
  readonly batchSize?: number;
  /** how much each row counts in the loss, as in fit */
  readonly sampleWeight?: RowsLike;
}

const evaluateOptions: OptionKinds<EvaluateOptions> = {
  batchSize: 'number',
  sampleWeight: 'any',
};

export interface PredictOptions {
  /** rows a step; 256 by default. The answers do not depend on it. */
  readonly batchSize?: number;
}

const predictOptions: OptionKinds<PredictOptions> = {
  batchSize: 'number',
};

/** `P` is what predict gives: a tensor for a model of one output, an array or an object of tensors for several. */
export class Model<P = Tensor> extends Network {
  readonly #pack: (outputs: readonly Tensor[]) => P;
  #steps: Steps | undefined;
  #predict: Predictor | undefined;
  #isFitting = false;

  constructor(graph: Graph, pack: (outputs: readonly Tensor[]) => P, options: NetworkOptions = {}) {
    super(graph, options);
    this.#pack = pack;
  }

  /**
   * Says how the model learns and what is reported. May be called anew; weights are kept. Throws RangeError for names that are
   * unknown, and for two figures of one name.
   */
  compile(options: CompileOptions): void {
    const { optimizer, ...objectives } = readOptions('compile', options, compileOptions);
    this.#steps = new Steps(this, {
      optimizer: isOptimizer(optimizer) ? optimizer : optimizerByName(optimizer),
      ...objectives,
    });
  }

  /** The optimizer given to compile. */
  get optimizer(): Optimizer {
    return this.#compiled('optimizer').optimizer;
  }

  /**
   * Learns from rows x [n, …] with targets y [n, …], for each input and output where there are several, or from both as
   * { x, y }; returns the figures of each epoch. The event loop stays free. Everything is checked before any weight changes: ShapeError, RangeError or DtypeError
   * say what is wrong.
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

  /** The loss and the metrics over all rows: `{ loss, accuracy, … }`. */
  evaluate(data: RowsPair, options?: EvaluateOptions): Promise<Logs>;
  evaluate(x: RowsLike, y: RowsLike, options?: EvaluateOptions): Promise<Logs>;
  async evaluate(...given: DataArguments<EvaluateOptions>): Promise<Logs> {
    const steps = this.#compiled('evaluate');
    const [x, y, { batchSize = 32, sampleWeight }] = dataAndOptions('evaluate', this, given, evaluateOptions);
    const rows = checkRows('evaluate', this, steps, x, y, batchSize, sampleWeight);
    try {
      checkEqualBatches('evaluate', this, rows.count, batchSize);
      await checkManyFinite('evaluate', rows);
      return await evaluateRows(steps, rows, batchSize);
    } finally {
      disposeRows(rows);
    }
  }

  /** The model's answers for rows x [n, …] → [n, …], for each output; a row's answer does not depend on the others. */
  async predict(x: RowsLike, options: PredictOptions = {}): Promise<P> {
    const { batchSize = 256 } = readOptions('predict', options, predictOptions);
    const rows = inputRows('predict', this, x, batchSize);
    this.#predict ??= new Predictor(this);
    try {
      return this.#pack(await this.#predict.answers(rows, batchSize));
    } finally {
      disposeRows({ xs: rows });
    }
  }

  /**
   * The plan of a training step with a batch of the rows of x and y, as explain tells of it. Nothing is learned; a model that is
   * not built yet is built. Throws what fit would.
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

  /** The layers with their shapes and numbers of parameters, as a table. */
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

function only(outputs: readonly Tensor[]): Tensor {
  const [output] = outputs;
  if (!output) throw new Error('internal: a model without an output');
  return output;
}

/** A model of layers in a row: sequential([flatten({ inputShape: [28, 28] }), dense(10)]). */
export function sequential(layers: readonly Layer[], options?: NetworkOptions): Model {
  return new Model(chain(layers), only, options);
}

export interface ModelParts<O extends SymbolicTensors> extends NetworkOptions {
  /** what input() gave: one, several, or by name */
  readonly inputs: SymbolicTensors;
  /** what layers gave: one, several, or by name */
  readonly outputs: O;
}

const modelParts: OptionKinds<ModelParts<SymbolicTensors>> = { inputs: 'any', outputs: 'any', name: 'string' };

/**
 * A model of everything between its inputs and its outputs: `const x = input([8]); model({ inputs: x, outputs: dense(1)(x) })`.
 * Throws RangeError for outputs that need other inputs, inputs that nothing needs, and two layers of one name.
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
  if (Array.isArray(outputs)) return new Model(graph, (tensors) => tensors, { name });
  if ('from' in outputs && 'index' in outputs) return new Model(graph, only, { name });
  const names = graph.outputs.map((output) => output.name);
  const byName = (tensors: readonly Tensor[]): Readonly<Record<string, Tensor>> =>
    Object.fromEntries(tensors.map((t, i) => [names[i], t]));
  return new Model(graph, byName, { name });
}
