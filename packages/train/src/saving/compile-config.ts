// What a model was compiled with, as plain data, and back: the optimizer, the losses and the metrics by their configs. A loss or a
// metric of the user's own is saved by its name; the user gives it again when the model is loaded.

import { type Loss, lossFrom } from '@treadle/losses';
import { type Metric, metricFrom } from '@treadle/metrics';
import { type Optimizer, optimizerFrom } from '@treadle/optim';
import { type Config, type Configured, isConfig, show } from '@treadle/tensor';
import { isMetric, type ObjectiveOptions } from '../model/objectives.ts';
import { wrongDescription } from './wrong-description.ts';

/** What the user has made: parts of a saved model, by the names under which they were saved. */
export interface OwnObjectives {
  /** losses, by the names of the functions */
  readonly losses?: Readonly<Record<string, Loss>>;
  /** metrics, by their names */
  readonly metrics?: Readonly<Record<string, Metric>>;
  /** optimizers, by their names; each is for one model */
  readonly optimizers?: Readonly<Record<string, Optimizer>>;
}

/** What `compile` was given, as plain data. */
export interface CompileConfig {
  readonly optimizer: Config;
  readonly loss: unknown;
  readonly metrics?: unknown;
  readonly lossWeights?: unknown;
}

/** What `compile` was given, and the optimizer that it stands for. */
export interface Compilation extends ObjectiveOptions {
  readonly optimizer: Optimizer;
}

/** The options of `compile` as plain data. Throws RangeError for a loss of the user's own that is a function without a name. */
export function compileConfig({ optimizer, loss, metrics, lossWeights }: Compilation): CompileConfig {
  return {
    optimizer: configOfPart('optimizer', optimizer),
    loss: written(loss, 'loss'),
    ...(metrics !== undefined && { metrics: written(metrics, 'metric') }),
    ...(lossWeights !== undefined && { lossWeights }),
  };
}

/**
 * What the config describes. Throws RangeError for a loss, a metric or an optimizer that is neither one of this package nor among the
 * user's own, and for data that describes none.
 */
export function compilationFrom(config: CompileConfig, own: OwnObjectives): Compilation {
  const { optimizer, loss, metrics, lossWeights } = config;
  if (!isConfig(optimizer)) throw wrongDescription('the optimizer', optimizer);
  const compilation: object = {
    optimizer: readPart('optimizer', 'optimizers', optimizer, own.optimizers, optimizerFrom),
    loss: read(loss, (each) => readPart('loss', 'losses', each, own.losses, lossFrom)),
    ...(metrics !== undefined && {
      metrics: read(metrics, (each) => readPart('metric', 'metrics', each, own.metrics, metricFrom)),
    }),
    ...(lossWeights !== undefined && { lossWeights }),
  };
  if (isCompilation(compilation)) return compilation;
  throw new Error('internal: a compilation without its parts');
}

/** `compile` checks the parts: names, numbers of outputs, types. */
function isCompilation(x: object): x is Compilation {
  return 'optimizer' in x && 'loss' in x;
}

/** One part, a list of parts, or parts by the names of outputs, as plain data. */
function written(given: unknown, what: string): unknown {
  if (typeof given === 'string') return given;
  if (Array.isArray(given)) return given.map((each) => written(each, what));
  if (typeof given === 'function' || isMetric(given)) return configOfPart(what, given);
  if (typeof given !== 'object' || given === null)
    throw new RangeError(`save: a ${what} must be one; got ${show(given)}`);
  const outputs = Object.entries(given).map(([output, each]) => [output, written(each, what)]);
  return { outputs: Object.fromEntries(outputs) };
}

function read<T>(given: unknown, readOne: (config: Config) => T): unknown {
  if (typeof given === 'string') return given;
  if (Array.isArray(given)) return given.map((each) => read(each, readOne));
  if (isConfig(given)) return readOne(given);
  if (typeof given !== 'object' || given === null || !('outputs' in given))
    throw wrongDescription('an objective', given);
  const outputs = Object.entries(given.outputs ?? {}).map(([output, each]) => [output, read(each, readOne)]);
  return Object.fromEntries(outputs);
}

/** The config of a part, or the name of one that the user made. */
function configOfPart(what: string, part: Configured & { readonly name?: string }): Config {
  if (part.config) return part.config();
  if (part.name) return { kind: part.name };
  throw new RangeError(`save: a ${what} of your own must have a name, by which loadModel asks for it; got one without`);
}

function readPart<T>(
  what: string,
  option: string,
  config: Config,
  own: Readonly<Record<string, T>> = {},
  make: (config: Config) => T,
): T {
  const { kind } = config;
  const given = Object.hasOwn(own, kind) ? own[kind] : undefined;
  if (given !== undefined) return given;
  try {
    return make(config);
  } catch (cause) {
    const hint = `give your own as { ${option}: { ${kind} } }`;
    throw new RangeError(`loadModel: the ${what} ${kind} must be known; ${messageOf(cause)}; ${hint}`, { cause });
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
