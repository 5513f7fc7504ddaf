// What a file keeps of a model: its weights by name, the state of its optimizer if that is asked for, and its description.

import type { Network } from '@treadle/nn';
import { type OptionKinds, readOptions, type Tensor, type Variable } from '@treadle/tensor';
import { checksumOf } from './checksum.ts';
import { type Compilation, compileConfig } from './compile-config.ts';
import { metadataOf, version } from './description.ts';
import { isOfOptimizer, optimizerState, randomLayers } from './state.ts';

/** Options of `save` and `toBytes`. */
export interface SaveOptions {
  /** whether the state of the optimizer is saved too, so that training goes on as if it had never ended; false by default */
  readonly optimizer?: boolean;
}

const saveOptions: OptionKinds<SaveOptions> = { optimizer: 'boolean' };

/** A model as a file keeps it. */
export interface SavedModel {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The model as it is at the time of the call. Throws RangeError for a part that cannot be saved. */
export async function savedModel(
  op: string,
  model: Network,
  compilation: Compilation | undefined,
  options: SaveOptions,
): Promise<SavedModel> {
  const { optimizer: keepsState = false } = readOptions(op, options, saveOptions);
  const state = keepsState && compilation ? optimizerState(model, compilation.optimizer) : new Map<string, Variable>();
  const taken = [...model.namedVariables.keys()].find((name) => state.size > 0 && isOfOptimizer(name));
  if (taken !== undefined) {
    throw new RangeError(`${op}: no layer may be named optimizer beside the state of an optimizer; got ${taken}`);
  }
  const drawn = randomLayers(model.layers).map((layer) => layer.drawn ?? []);
  const description = {
    version,
    model: model.config(),
    ...(compilation && { compile: compileConfig(compilation) }),
    ...(keepsState && { drawn }),
  };
  const variables = [...model.namedVariables, ...state];
  const tensors = new Map(variables.map(([name, v]) => [name, v.detach()] as const)); // later assignments change nothing
  const checksums: Record<string, string> = {};
  for (const [name, x] of tensors) checksums[name] = await checksumOf(x);
  return { tensors, metadata: metadataOf({ ...description, checksums }) };
}
