// A model that learns: layers in a row, with an optimizer, a loss and metrics. What it does with data is compiled once for
// each shape of a batch; fit, evaluate and predict run those steps over batches of rows.

import { type Loss, type LossName, lossByName } from '@treadle/losses';
import type { Metric, MetricName } from '@treadle/metrics';
import { type Layer, Sequential, type SequentialOptions } from '@treadle/nn';
import { type Optimizer, type OptimizerName, optimizerByName } from '@treadle/optim';
import { type Explanation, explain, type Tensor, type TensorLike, tensor } from '@treadle/tensor';
import { evaluateRows } from './evaluate.ts';
import { type FitOptions, fit } from './fit.ts';
import type { History, Logs } from './history.ts';
import { predictRows } from './predict.ts';
import { checkRows, inputRows } from './rows.ts';
import { type Predictor, predictor, Steps } from './steps.ts';
import { summary } from './summary.ts';

export interface CompileOptions {
  /** an optimizer, or its name */
  readonly optimizer: Optimizer | OptimizerName;
  /** a loss, or its name */
  readonly loss: Loss | LossName;
  /** figures to report beside the loss: metrics, or their names */
  readonly metrics?: readonly (Metric | MetricName)[];
}

export interface EvaluateOptions {
  /** rows a step; 32 by default. It decides about rounding alone. */
  readonly batchSize?: number;
}

export interface PredictOptions {
  /** rows a step; 256 by default. The answers do not depend on it. */
  readonly batchSize?: number;
}

export class Model extends Sequential {
  #steps: Steps | undefined;
  #predict: Predictor | undefined;
  #isFitting = false;

  /**
   * Says how the model learns and what is reported. May be called anew; weights are kept. Throws RangeError for names that are
   * unknown, and for two figures of one name.
   */
  compile({ optimizer, loss, metrics = [] }: CompileOptions): void {
    this.#steps = new Steps(this, {
      optimizer: typeof optimizer === 'object' ? optimizer : optimizerByName(optimizer),
      loss: typeof loss === 'function' ? loss : lossByName(loss),
      metrics,
    });
  }

  /** The optimizer given to compile. */
  get optimizer(): Optimizer {
    return this.#compiled('optimizer').optimizer;
  }

  /**
   * Learns from rows x [n, …] with targets y [n, …]; returns the figures of each epoch. The event loop stays free. Everything
   * is checked before any weight changes: ShapeError, RangeError or DtypeError say what is wrong.
   */
  async fit(x: TensorLike, y: TensorLike, options: FitOptions = {}): Promise<History> {
    const steps = this.#compiled('fit');
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
  async evaluate(x: TensorLike, y: TensorLike, { batchSize = 32 }: EvaluateOptions = {}): Promise<Logs> {
    const steps = this.#compiled('evaluate');
    const rows = checkRows('evaluate', this, steps, x, y, batchSize);
    return evaluateRows(steps, rows, batchSize);
  }

  /** The model's answers for rows x [n, …] → [n, …]; a row's answer does not depend on the others. */
  async predict(x: TensorLike, { batchSize = 256 }: PredictOptions = {}): Promise<Tensor> {
    const rows = inputRows('predict', this, x, batchSize);
    this.#predict ??= predictor(this);
    return predictRows(this.#predict, rows, batchSize);
  }

  /**
   * The plan of a training step with a batch of the rows of x and y, as explain tells of it. Nothing is learned; a model that is
   * not built yet is built. Throws what fit would.
   */
  explain(x: TensorLike, y: TensorLike, { batchSize = 32 }: EvaluateOptions = {}): Explanation {
    const steps = this.#compiled('explain');
    const rows = checkRows('explain', this, steps, x, y, batchSize);
    const batch = Int32Array.from({ length: Math.min(batchSize, rows.count) }, (_, i) => i);
    return explain(steps.train.step)(rows.x, rows.y, tensor(batch));
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

/** A model of layers in a row: sequential([flatten({ inputShape: [28, 28] }), dense(10)]). */
export function sequential(layers: readonly Layer[], options?: SequentialOptions): Model {
  return new Model(layers, options);
}
