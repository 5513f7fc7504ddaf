// loadModel, modelFromBytes, modelFromConfig: models made again from what save, toBytes and config gave.

import { loadTensors, type TensorFile, tensorsFromBytes } from '@treadle/formats';
import { type LayerConfig, networkFrom, type OwnParts, ownParts, withoutInitializers } from '@treadle/nn';
import { FormatError, isConfig, type OptionKinds, readOptions, show, type Tensor } from '@treadle/tensor';
import { Model } from '../model/model.ts';
import { packingOf } from '../model/packing.ts';
import { checksumOf } from './checksum.ts';
import { compilationFrom, type OwnObjectives } from './compile-config.ts';
import { type Description, descriptionIn } from './description.ts';
import { assign, isOfOptimizer, randomLayers, setOptimizerState } from './state.ts';

/** Parts of the user's own that a saved model names. */
export interface LoadOptions extends OwnParts, OwnObjectives {}

const loadOptions: OptionKinds<LoadOptions> = {
  ...ownParts,
  losses: 'any',
  metrics: 'any',
  optimizers: 'any',
};

/**
 * The model in a file that `save` wrote: the same graph with the same weights, compiled with the same loss, metrics and optimizer. If
 * the state of the optimizer was saved, the next training step is the same to the bit. Layers, activations, losses, metrics and
 * optimizers of your own are given by the names under which they were saved.
 *
 * @throws FormatError for a file that is damaged or holds no model, RangeError for a part of the user's own that is not given.
 * @example
 * ```ts
 * import { tmpdir } from 'node:os';
 * import { dense, loadModel, sequential } from 'treadle';
 * const path = `${tmpdir()}/double.safetensors`;
 * await sequential([dense(1, { inputShape: [1], kernelInitializer: 'ones' })]).save(path);
 * const model = await loadModel(path);
 * await model.predict([[3]]); // → [[3]]
 * ```
 */
export function loadModel<P = Tensor>(path: string | URL, options?: LoadOptions): Promise<Model<P>>;
export async function loadModel(path: string | URL, options: LoadOptions = {}): Promise<Model<unknown>> {
  const own = readOptions('loadModel', options, loadOptions);
  return restored(await loadTensors(path), own);
}

/**
 * As loadModel, from the bytes that `toBytes` gave.
 *
 * @throws FormatError and RangeError as loadModel does.
 * @example
 * ```ts
 * import { dense, modelFromBytes, sequential } from 'treadle';
 * const bytes = await sequential([dense(1, { inputShape: [1], kernelInitializer: 'ones' })]).toBytes();
 * const model = await modelFromBytes(bytes);
 * await model.predict([[3]]); // → [[3]]
 * ```
 */
export function modelFromBytes<P = Tensor>(bytes: Uint8Array, options?: LoadOptions): Promise<Model<P>>;
export async function modelFromBytes(bytes: Uint8Array, options: LoadOptions = {}): Promise<Model<unknown>> {
  const own = readOptions('modelFromBytes', options, loadOptions);
  return restored(tensorsFromBytes(bytes), own);
}

/**
 * A model with the graph that `config` gave, with new weights, not compiled.
 *
 * @throws RangeError for a config that describes no model, and for a layer of the user's own that is not given.
 * @example
 * ```ts
 * import { dense, modelFromConfig, sequential } from 'treadle';
 * const config = sequential([dense(3, { inputShape: [2] })]).config();
 * modelFromConfig(config).countParams(); // → 9
 * ```
 */
export function modelFromConfig<P = Tensor>(config: LayerConfig, options?: OwnParts): Model<P>;
export function modelFromConfig(config: LayerConfig, options: OwnParts = {}): Model<unknown> {
  const given: unknown = config;
  if (!isConfig(given)) {
    throw new TypeError(`modelFromConfig: the config must be what config() of a model gave; got ${show(given)}`);
  }
  const own = readOptions('modelFromConfig', options, ownParts);
  return networkFrom(config, own, (graph, about) => new Model<unknown>(graph, packingOf(config), about));
}

async function restored({ tensors, metadata }: TensorFile, own: LoadOptions): Promise<Model<unknown>> {
  const description = descriptionIn(metadata);
  const named = new Map(Object.entries(tensors));
  await checkChecksums(description, named);
  const { layers, activations } = own;
  const parts = { ...(layers && { layers }), ...(activations && { activations }) };
  const model = withoutInitializers(() => modelFromConfig<unknown>(description.model, parts));
  setAllWeights(model, named);
  if (description.compile) {
    const compilation = compilationFrom(description.compile, own);
    model.compile(compilation);
    setOptimizerState(model, compilation.optimizer, named);
  }
  randomLayers(model.layers).forEach((layer, i) => {
    layer.drawn = description.drawn?.[i] ?? [];
  });
  return model;
}

/** Throws FormatError unless every tensor of the description is there and has its checksum. */
async function checkChecksums({ checksums }: Description, tensors: ReadonlyMap<string, Tensor>): Promise<void> {
  for (const [name, checksum] of Object.entries(checksums)) {
    const x = tensors.get(name);
    if (x && (await checksumOf(x)) === checksum) continue;
    const got = x ? 'other bytes' : 'no such tensor';
    throw new FormatError(`loadModel: every tensor must be as it was saved; got ${got} for ${name}`);
  }
}

function setAllWeights(model: Model<unknown>, tensors: ReadonlyMap<string, Tensor>): void {
  const variables = model.namedVariables;
  for (const [name, v] of variables) {
    const value = tensors.get(name);
    if (!value) throw new FormatError(`loadModel: every weight must be in the file; got none for ${name}`);
    assign('loadModel', name, v, value);
  }
  const further = [...tensors.keys()].find((name) => !variables.has(name) && !isOfOptimizer(name));
  if (further !== undefined) throw new FormatError(`loadModel: every tensor must be one of the model; got ${further}`);
}
