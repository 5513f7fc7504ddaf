// The three things that a model does with a batch, each a compiled function of the whole data and the batch's row numbers: the
// rows are gathered within the plan, so a step costs the caller one dispatch.

import type { Loss } from '@treadle/losses';
import { type Contribution, type Metric, type MetricName, metricByName, metricName } from '@treadle/metrics';
import type { Sequential } from '@treadle/nn';
import type { Optimizer } from '@treadle/optim';
import { type Compiled, compile, gradients, type Tensor } from '@treadle/tensor';

/** What a batch adds to the figures. */
export interface BatchFigures {
  /** 0-d */
  readonly loss: Tensor;
  readonly metrics: readonly Contribution[];
}

type Step = Compiled<readonly [x: Tensor, y: Tensor, rows: Tensor], BatchFigures>;

export interface StepOptions {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly metrics: readonly (Metric | MetricName)[];
}

export class Steps {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly train: Step;
  readonly evaluate: Step;
  /** what the metrics are called in logs */
  readonly metricNames: readonly string[];
  readonly #metrics: readonly (Metric | MetricName)[];

  constructor(model: Sequential, { optimizer, loss, metrics }: StepOptions) {
    this.optimizer = optimizer;
    this.loss = loss;
    this.#metrics = metrics;
    this.metricNames = metrics.map((metric) => (typeof metric === 'string' ? metricName(metric) : metric.name));
    this.train = compile((x: Tensor, y: Tensor, rows: Tensor) => {
      const [target, prediction] = [y.gather(rows), model.call(x.gather(rows), { training: true })];
      const total = this.#lossOf(model, target, prediction);
      const variables = model.trainableVariables;
      optimizer.apply(gradients(total, variables), variables);
      return { loss: total, metrics: this.#figures(target, prediction) };
    });
    this.evaluate = compile((x: Tensor, y: Tensor, rows: Tensor) => {
      const [target, prediction] = [y.gather(rows), model.call(x.gather(rows))];
      return { loss: this.#lossOf(model, target, prediction), metrics: this.#figures(target, prediction) };
    });
  }


  #lossOf(model: Sequential, target: Tensor, prediction: Tensor): Tensor {
    return model.losses().reduce((sum, penalty) => sum.add(penalty), this.loss(target, prediction));
  }

  #figures(target: Tensor, prediction: Tensor): BatchFigures['metrics'] {
    const compared = { yTrue: target.shape, yPred: prediction.shape };
    return this.#metrics.map((metric) => {
      const chosen = typeof metric === 'string' ? metricByName(metric, compared) : metric;
      return chosen.update(target, prediction);
    });
  }
}

/** The model's answers for some of the rows of x. */
export type Predictor = Compiled<readonly [x: Tensor, rows: Tensor], Tensor>;

export function predictor(model: Sequential): Predictor {
  return compile((x: Tensor, rows: Tensor) => model.call(x.gather(rows)));
}
