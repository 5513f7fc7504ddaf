// The compiled steps of a model: one that trains and one that evaluates. A step takes all rows and the numbers of the rows of a batch,
// which its plan gathers, so that a step costs the caller one dispatch.

import type { Loss } from '@treadle/losses';
import { type Contribution, meanMetric, type Total } from '@treadle/metrics';
import { freezingOf, type Mask, type Network, withoutCarrying } from '@treadle/nn';
import type { Optimizer } from '@treadle/optim';
import {
  type Compiled,
  compile,
  gatherRows,
  gradients,
  type OpenRows,
  rehearse,
  ShapeError,
  Tensor,
  tensor,
} from '@treadle/tensor';
import { type Objective, type ObjectiveOptions, objectivesOf } from '../model/objectives.ts';
import { checkOutputs, Warnings } from '../model/output-warnings.ts';

/** The figures of a batch. */
export interface BatchFigures {
  /** 0-d */
  readonly loss: Tensor;
  readonly metrics: readonly Contribution[];
}

/** All rows, their number, and the numbers of the rows of the batch. */
type StepArguments = readonly [tensors: readonly Tensor[], count: Tensor, rows: Tensor];

interface Step {
  /** the compiled function */
  readonly step: Compiled<StepArguments, BatchFigures>;
  /** Runs the step for the rows of these numbers. */
  run(rows: Int32Array, data: OpenRows): Promise<BatchFigures>;
}

/** Options of `step`. */
export interface StepOptions extends ObjectiveOptions {
  readonly optimizer: Optimizer;
}

export class Steps {
  readonly optimizer: Optimizer;
  readonly evaluate: Step;
  /** the names of the figures beside the loss, in logs */
  readonly metricNames: readonly string[];
  /** the warnings given since the model was compiled */
  readonly warnings: Warnings = new Warnings();
  readonly #model: Network;
  /** training steps by what is frozen, because each moves other variables */
  readonly #training = new Map<string, Step>();
  readonly #objectives: readonly Objective[];

  /** Throws RangeError for names of losses and metrics that are unknown, or come twice. */
  constructor(model: Network, { optimizer, ...options }: StepOptions) {
    this.optimizer = optimizer;
    this.#model = model;
    this.#objectives = objectivesOf(model.outputNames, options);
    this.metricNames = this.#objectives.flatMap(({ lossName, metricNames }) => [
      ...(lossName === undefined ? [] : [lossName]),
      ...metricNames,
    ]);
    this.evaluate = byNumbers((tensors, count, rows) => this.#figures(gatherRows({ tensors, count }, rows), false));
  }

  /** The step that trains the layers that are not frozen now. Its figures are those before the update. */
  get train(): Step {
    const frozen = freezingOf(this.#model);
    let step = this.#training.get(frozen);
    if (!step) {
      const variables = this.#model.trainableVariables;
      step = byNumbers((tensors, count, rows) => {
        const figures = this.#figures(gatherRows({ tensors, count }, rows), true);
        this.optimizer.apply(gradients(figures.loss, variables), variables);
        return figures;
      });
      this.#training.set(frozen, step);
    }
    return step;
  }

  /** The loss of each output. */
  get losses(): readonly Loss[] {
    return this.#objectives.map(({ loss }) => loss);
  }

  /** Throws the errors of the model, the losses and the metrics for such rows; computes nothing. */
  check(op: string, data: readonly Tensor[]): void {
    rehearse(() => {
      const { loss } = withoutCarrying(() => this.#figures(data, false));
      if (loss.rank === 0) return;
      const got = `got [${loss.shape.join(', ')}]`;
      throw new ShapeError(`${op}: the loss must be one number a batch; ${got}; its reduction may be mean or sum`);
    });
    checkOutputs(op, this.#model, this.losses, this.warnings);
  }

  /** New totals for the figures of batches, by name. */
  totals(): ReadonlyMap<string, Total> {
    const totals = this.#objectives.flatMap(({ lossName, metrics }) => [
      ...(lossName === undefined ? [] : [meanMetric(lossName, (_, loss) => loss).total()]),
      ...metrics.map((metric) => metric.total()),
    ]);
    return new Map(this.metricNames.map((name, i) => [name, totals[i] ?? noTotal()]));
  }

  /** The figures for inputs, targets, and sample weights for all outputs or none. */
  #figures(data: readonly Tensor[], training: boolean): BatchFigures {
    const [inputs, outputCount] = [this.#model.inputNames.length, this.#objectives.length];
    const penalties: Tensor[] = [];
    const predictions = this.#model.callMasked(data.slice(0, inputs), {
      training,
      addLoss: (penalty) => penalties.push(penalty),
    });
    const outputs = this.#objectives.map((objective, i) => {
      const [y, weights] = [data[inputs + i], data[inputs + outputCount + i]];
      const { x: prediction, mask } = predictions[i] ?? {};
      if (!y || !prediction) throw new Error('internal: an output without a target');
      // a mask is about steps: outputs without steps ignore it
      const isOfSteps = mask !== undefined && prediction.rank > mask.rank;
      return { ...objective, y, prediction, weights, mask: isOfSteps ? mask : undefined };
    });
    const losses = outputs.map(lossOf);
    const contributions = outputs.flatMap(({ lossName, metrics, y, prediction, mask }, i): readonly Contribution[] => {
      const [loss, count] = [losses[i], y.shape[0] ?? 0];
      return [
        ...(loss && lossName !== undefined ? [{ values: loss.mul(count), count }] : []),
        ...metrics.map((metric) => metric.update(y, prediction, mask)),
      ];
    });
    const weighted = losses.map((loss, i) => (outputs[i]?.weight === 1 ? loss : loss.mul(outputs[i]?.weight ?? 1)));
    return {
      loss: [...weighted, ...this.#model.losses(), ...penalties].reduce((sum, term) => sum.add(term)),
      metrics: contributions,
    };
  }
}

function noTotal(): never {
  throw new Error('internal: a figure without a total');
}

interface Compared {
  readonly loss: Loss;
  readonly y: Tensor;
  readonly prediction: Tensor;
  readonly weights: Tensor | undefined;
  readonly mask: Mask;
}

function lossOf({ loss, y, prediction, weights, mask }: Compared): Tensor {
  const value: unknown = loss(y, prediction, weights, mask);
  if (value instanceof Tensor) return value;
  throw new RangeError(
    `compile: a loss must give a tensor; got ${typeof value}; was it made by a call, as in meanSquaredError()?`,
  );
}

/** A step over row numbers. The last batch of an epoch may have fewer rows; it runs the same plan. */
function byNumbers(f: (...args: StepArguments) => BatchFigures): Step {
  const step = compile(f, { capacity: (rows) => rows });
  return {
    step,
    run: async (rows, { tensors, count }) => {
      using numbers = tensor(rows);
      return await step.inTurns(tensors, count, numbers);
    },
  };
}
