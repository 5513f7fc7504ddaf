// Objectives: a loss, its weight and metrics for each output of a model, read from what users give for one output, for all outputs, in
// order, or by name.

import { type Loss, type LossName, lossByName } from '@treadle/losses';
import { type Metric, type MetricName, metricByName } from '@treadle/metrics';
import { checkArray, type OptionKinds, show } from '@treadle/tensor';

/** A loss or its name. */
export type LossLike = Loss | LossName;
/** A metric or its name. */
export type MetricLike = Metric | MetricName;

/** One for all outputs, one for each in their order, or by the names of outputs. */
export type PerOutput<T> = T | readonly T[] | Readonly<Record<string, T>>;

/** Options of `compile` for the losses and metrics of a model. */
export interface ObjectiveOptions {
  /**
   * a loss or its name: one for all outputs, one for each in order, or by name. It leaves out the steps that the mask of its output
   * leaves out
   */
  readonly loss: PerOutput<LossLike>;
  /** the factor of the loss of each output; 1 by default */
  readonly lossWeights?: readonly number[] | Readonly<Record<string, number>>;
  /**
   * metrics or their names, reported beside the loss: for all outputs, for each in order, or by name. They leave out masked steps as the
   * loss does; none by default
   */
  readonly metrics?:
    | readonly MetricLike[]
    | readonly (readonly MetricLike[])[]
    | Readonly<Record<string, readonly MetricLike[]>>;
}

export const objectiveOptions: OptionKinds<ObjectiveOptions> = {
  loss: 'any',
  lossWeights: 'any',
  metrics: 'any',
};

/** What one output is trained for and measured by. */
export interface Objective {
  readonly loss: Loss;
  readonly weight: number;
  readonly metrics: readonly Metric[];
  /** the name of the loss in logs, if the model has several outputs */
  readonly lossName: string | undefined;
  /** the names of the metrics in logs */
  readonly metricNames: readonly string[];
}

/** An objective for each output. Throws RangeError for unknown names, wrong numbers, and two figures of one name. */
export function objectivesOf(outputs: readonly string[], options: ObjectiveOptions): readonly Objective[] {
  const { metrics = [] } = options;
  const lists = isByName(metrics) ? byName('metrics', metrics, outputs) : inOrder(metrics, outputs);
  const losses = lossesOf(options.loss, outputs);
  const weights = weightsOf(options.lossWeights, outputs);
  const objectives = outputs.map((output, i): Objective => {
    const loss = losses[i];
    if (loss === undefined) throw new RangeError(`compile: every output must have a loss; got none for ${output}`);
    const own = (lists[i] ?? []).map((metric) => (isMetric(metric) ? metric : metricByName(metric)));
    const names = own.map(({ name }) => name);
    const isOnly = outputs.length === 1;
    return {
      loss: typeof loss === 'function' ? loss : lossByName(loss),
      weight: weights[i] ?? 1,
      metrics: own,
      lossName: isOnly ? undefined : joined(output, 'loss'),
      metricNames: isOnly ? names : names.map((name) => joined(output, name)),
    };
  });
  checkNames(objectives.flatMap(({ lossName, metricNames }) => [...(lossName ? [lossName] : []), ...metricNames]));
  return objectives;
}

/** `answer`, `accuracy` → `answerAccuracy` */
function joined(output: string, name: string): string {
  return `${output}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Whether it is a metric, not a name. */
export function isMetric(x: unknown): x is Metric {
  if (typeof x !== 'object' || x === null || !('update' in x && 'total' in x && 'name' in x)) return false;
  return typeof x.update === 'function' && typeof x.total === 'function' && typeof x.name === 'string';
}

function checkNames(names: readonly string[]): void {
  const twice = ['loss', ...names].find((name, i, all) => all.indexOf(name) < i);
  if (twice === undefined) return;
  throw new RangeError(`compile: figures must have different names; got ${twice} twice; a metric’s name is an option`);
}

function lossesOf(loss: PerOutput<LossLike>, outputs: readonly string[]): readonly (LossLike | undefined)[] {
  if (isList(loss)) {
    checkLength('loss', loss, outputs);
    return loss;
  }
  if (typeof loss === 'object' && loss !== null) return byName('loss', loss, outputs);
  return outputs.map(() => loss);
}

function isList<T>(given: PerOutput<T>): given is readonly T[] {
  return Array.isArray(given);
}

function weightsOf(
  weights: ObjectiveOptions['lossWeights'] = [],
  outputs: readonly string[],
): readonly (number | undefined)[] {
  if (!isByName(weights)) checkArray('compile: lossWeights', weights);
  const list = isByName(weights) ? byName('lossWeights', weights, outputs) : weights;
  if (!isByName(weights) && list.length > 0) checkLength('lossWeights', list, outputs);
  const wrong = list.find((weight) => weight !== undefined && !Number.isFinite(weight));
  if (wrong !== undefined) throw new RangeError(`compile: lossWeights must be finite numbers; got ${show(wrong)}`);
  return list;
}

function isByName<T>(given: readonly unknown[] | Readonly<Record<string, T>>): given is Readonly<Record<string, T>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

type Metrics = readonly MetricLike[] | readonly (readonly MetricLike[])[];

function inOrder(metrics: Metrics, outputs: readonly string[]): readonly (readonly MetricLike[])[] {
  if (!Array.isArray(metrics)) {
    throw new RangeError(`compile: metrics must be an array of metrics or their names; got ${show(metrics)}`);
  }
  const lists = metrics.filter((each) => Array.isArray(each));
  if (lists.length === 0) return outputs.map(() => metrics.filter((each) => !Array.isArray(each)));
  checkLength('metrics', lists, outputs);
  return lists;
}

function byName<T>(
  what: string,
  given: Readonly<Record<string, T>>,
  outputs: readonly string[],
): readonly (T | undefined)[] {
  const unknown = Object.keys(given).find((name) => !outputs.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`compile: ${what} may have the names of outputs, ${outputs.join(', ')}; got ${unknown}`);
  }
  return outputs.map((output) => given[output]);
}

function checkLength(what: string, list: readonly unknown[], outputs: readonly string[]): void {
  if (list.length === outputs.length) return;
  throw new RangeError(
    `compile: ${what} must be as many as there are outputs, ${outputs.join(', ')}; got ${list.length}`,
  );
}
