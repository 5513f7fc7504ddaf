// Weights alone: what saveWeights writes, and how loadWeights assigns what a file has. All weights are compared before the first is
// assigned.

import type { Network } from '@treadle/nn';
import { FormatError, type OptionKinds, readOptions, ShapeError, type Tensor } from '@treadle/tensor';
import { fits } from './state.ts';

/** Options of `saveWeights`. */
export interface SaveWeightsOptions {
  /** comes before the name of each weight; none by default */
  readonly prefix?: string;
}

const saveWeightsOptions: OptionKinds<SaveWeightsOptions> = { prefix: 'string' };

/** Options of `loadWeights`. */
export interface LoadWeightsOptions {
  /** whether the file must have just the weights of the model; true by default. false assigns what fits */
  readonly strict?: boolean;
  /** what comes before the names of the weights in the file; tensors without it are left alone. None by default */
  readonly prefix?: string;
}

const loadWeightsOptions: OptionKinds<LoadWeightsOptions> = { strict: 'boolean', prefix: 'string' };

/** What `loadWeights` did, by the names of weights. */
export interface WeightsReport {
  /** weights that were assigned */
  readonly loaded: readonly string[];
  /** weights of the model that the file does not have */
  readonly missing: readonly string[];
  /** tensors of the file that are no weights of the model */
  readonly unexpected: readonly string[];
  /** weights that have another shape or dtype in the file */
  readonly mismatched: readonly string[];
}

/** The weights of a model by their names in the file, as they are now. Throws ShapeError for a model that is not built. */
export function weightsToSave(model: Network, options: SaveWeightsOptions): ReadonlyMap<string, Tensor> {
  const { prefix = '' } = readOptions('saveWeights', options, saveWeightsOptions);
  checkBuilt('saveWeights', model);
  return new Map([...model.namedVariables].map(([name, v]) => [prefix + name, v.detach()]));
}

/** Assigns the tensors by name. Throws FormatError, unless strict is false, if they are not just the weights of the model. */
export function assignWeights(
  model: Network,
  tensors: Readonly<Record<string, Tensor>>,
  options: LoadWeightsOptions,
): WeightsReport {
  const { strict = true, prefix = '' } = readOptions('loadWeights', options, loadWeightsOptions);
  checkBuilt('loadWeights', model);
  const variables = model.namedVariables;
  const given = new Map(
    Object.entries(tensors).flatMap(([name, x]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), x]] : [])),
  );
  const names = [...variables.keys()];
  const isFitting = (name: string): boolean => {
    const [v, value] = [variables.get(name), given.get(name)];
    return v !== undefined && value !== undefined && fits(v, value);
  };
  const report: WeightsReport = {
    loaded: names.filter(isFitting),
    missing: names.filter((name) => !given.has(name)),
    unexpected: [...given.keys()].filter((name) => !variables.has(name)),
    mismatched: names.filter((name) => given.has(name) && !isFitting(name)),
  };
  if (strict) checkReport(model, given, report);
  for (const name of report.loaded) variables.get(name)?.assign(given.get(name) ?? 0);
  return report;
}

function checkReport(
  { namedVariables }: Network,
  given: ReadonlyMap<string, Tensor>,
  { missing, unexpected, mismatched }: WeightsReport,
): void {
  const show = (x: Tensor | undefined): string => `[${x?.shape.join(', ')}] ${x?.dtype}`;
  const faults = [
    ...missing.map((name) => `no ${name}`),
    ...unexpected.map((name) => `${name}, which the model does not have`),
    ...mismatched.map((name) => `${name} ${show(given.get(name))} for ${show(namedVariables.get(name))}`),
  ];
  if (faults.length === 0) return;
  throw new FormatError(
    `loadWeights: the file must have the weights of the model; got ${faults.join('; ')}; { strict: false } assigns what fits`,
  );
}

function checkBuilt(op: string, { isBuilt }: Network): void {
  if (isBuilt) return;
  throw new ShapeError(
    `${op}: the shape of the model’s input must be known; got none; give the first layer an inputShape, or call the model once`,
  );
}
