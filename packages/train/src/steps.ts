// What a model does with a batch, each a compiled function of the whole data and the batch's row numbers: the rows are gathered
// within the plan, so a step costs the caller one dispatch.

import type { Loss } from '@treadle/losses';
import {
  type Contribution,
  type Metric,
  type MetricName,
  metricByName,
  metricName,
  type Total,
} from '@treadle/metrics';
import type { Sequential } from '@treadle/nn';
import type { Optimizer } from '@treadle/optim';
import { compile, gradients, ShapeError, Tensor } from '@treadle/tensor';
import { PacedStep } from './paced-step.ts';

/** What a batch adds to the figures. */
export interface BatchFigures {
  /** 0-d */
  readonly loss: Tensor;
  readonly metrics: readonly Contribution[];
}

type Step = PacedStep<readonly [x: Tensor, y: Tensor], BatchFigures>;

export interface StepOptions {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly metrics: readonly (Metric | MetricName)[];
}

export class Steps {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  /** Moves the weights; the figures are those from before. */
  readonly train: Step;
  readonly evaluate: Step;
  /** what the metrics are called in logs */
  readonly metricNames: readonly string[];
  readonly #model: Sequential;
  readonly #metrics: readonly (Metric | MetricName)[];
  /** what the names among them stand for, by the shapes that were compared last */
  #chosen: readonly Metric[] = [];

  /** Throws RangeError for names of metrics that are unknown, or come twice. */
  constructor(model: Sequential, { optimizer, loss, metrics }: StepOptions) {
    this.optimizer = optimizer;
    this.loss = loss;
    this.metricNames = namesOf(metrics);
    this.#model = model;
    this.#metrics = metrics;
    const train = (x: Tensor, y: Tensor, rows: Tensor): BatchFigures => {
      const figures = this.#figures(x.gather(rows), y.gather(rows), true);
      const variables = model.trainableVariables;
      optimizer.apply(gradients(figures.loss, variables), variables);
      return figures;
    };
    const evaluate = (x: Tensor, y: Tensor, rows: Tensor): BatchFigures =>
      this.#figures(x.gather(rows), y.gather(rows), false);
    this.train = new PacedStep(compile(train));
    this.evaluate = new PacedStep(compile(evaluate));
  }

  /** Throws what the model, the loss and the metrics have to say against such rows; computes nothing. */
  check(op: string, x: Tensor, y: Tensor): void {
    const { loss } = this.#figures(x, y, false);
    if (loss.rank === 0) return;
    const got = `got [${loss.shape.join(', ')}]`;
    throw new ShapeError(`${op}: the loss must be one number a batch; ${got}; its reduction may be mean or sum`);
  }

  /** New totals for the figures of batches, by the names of the metrics. Rows must have been checked before. */
  totals(): ReadonlyMap<string, Total> {
    return new Map(this.#chosen.map((metric) => [metric.name, metric.total()]));
  }

  #figures(x: Tensor, y: Tensor, training: boolean): BatchFigures {
    const prediction = this.#model.call(x, { training });
    const loss: unknown = this.loss(y, prediction);
    if (!(loss instanceof Tensor)) {
      throw new RangeError(
        `compile: a loss must give a tensor; got ${typeof loss}; was it made by a call, as in meanSquaredError()?`,
      );
    }
    const compared = { yTrue: y.shape, yPred: prediction.shape };
    this.#chosen = this.#metrics.map((metric) =>
      typeof metric === 'string' ? metricByName(metric, compared) : metric,
    );
    const metrics = this.#chosen.map((metric) => metric.update(y, prediction));
    return { loss: this.#model.losses().reduce((sum, penalty) => sum.add(penalty), loss), metrics };
  }
}

function namesOf(metrics: StepOptions['metrics']): readonly string[] {
  if (!Array.isArray(metrics)) {
    throw new RangeError(`compile: metrics must be an array of metrics or their names; got ${String(metrics)}`);
  }
  const names = metrics.map((metric) => (typeof metric === 'object' ? metric.name : metricName(metric)));
  const twice = ['loss', ...names].find((name, i, all) => all.indexOf(name) < i);
  if (twice !== undefined) {
    throw new RangeError(
      `compile: figures must have different names; got ${twice} twice; a metric’s name is an option`,
    );
  }
  return names;
}

/** The model's answers for some of the rows of x. */
export type Predictor = PacedStep<readonly [x: Tensor], Tensor>;

export function predictor(model: Sequential): Predictor {
  return new PacedStep(compile((x: Tensor, rows: Tensor) => model.call(x.gather(rows))));
}
