// layerFrom: a layer made again from the plain data that its `config` gave. The kinds are the exports of layers/index.ts; each reads
// its own config.

import type { OptionKinds } from '@treadle/tensor';
import type { Activation } from '../activations/activation.ts';
import type { Layer, LayerConfig } from '../layer/layer.ts';
import { isOpenShape } from '../layer/open-shape.ts';
import * as layers from '../layers/index.ts';
import type { RnnCell } from '../layers/recurrent/rnn-cell.ts';
import type { Graph } from '../network/graph.ts';
import { Network, type NetworkOptions } from '../network/network.ts';
import { type KindReader, type Makes, wrongOption } from './kind.ts';
import { readGraph } from './read-graph.ts';

/** Makes a layer from its config. */
export type LayerMaker = (config: LayerConfig) => Layer;

/** Makes a network of its graph. */
export type NetworkMaker<N> = (graph: Graph, options: NetworkOptions) => N;

/** What configs may name beside the parts of this package. */
export interface OwnParts {
  /** makers of the user's own kinds of layers and cells, by kind */
  readonly layers?: Readonly<Record<string, LayerMaker>>;
  /** the user's own activations, by the names of the functions */
  readonly activations?: Readonly<Record<string, Activation>>;
}

export const ownParts: OptionKinds<OwnParts> = { layers: 'any', activations: 'any' };

const readers: readonly KindReader<Layer | RnnCell>[] = Object.values(layers);

/**
 * The layer that the config describes, without its weights. `own` has further kinds. Throws RangeError for an unknown kind
 * and for options of the wrong type.
 */
export function layerFrom(config: LayerConfig, own: OwnParts = {}): Layer {
  const made = makeLayerFrom(config, own);
  if (config.trainable === false) made.trainable = false;
  return made;
}

function makeLayerFrom(config: LayerConfig, own: OwnParts): Layer {
  const { kind } = config;
  if (kind === 'sequential' || kind === 'model') return networkFrom(config, own);
  const ownMaker = entryOf(own.layers, kind);
  if (ownMaker) return ownMaker(config);
  const made = readKind(config, ['layer', 'recurrent layer'], own);
  if (made && 'build' in made) return made;
  const kinds = [
    'sequential',
    'model',
    ...kindsOf(['layer', 'recurrent layer']),
    ...Object.keys(own.layers ?? {}),
  ].join(', ');
  throw new RangeError(
    `layerFrom: the kind must be one of ${kinds}; got ${kind}; the option layers makes layers of your own`,
  );
}

/** What the config describes, if it is of a kind that makes one of these. */
function readKind(config: LayerConfig, makes: readonly Makes[], own: OwnParts): Layer | RnnCell | undefined {
  const reader = readers.find((each) => each.kind === config.kind && makes.includes(each.makes));
  return reader?.fromConfig(config, (inner, wanted) => {
    if (wanted === 'activation') return entryOf(own.activations, inner.kind);
    if (wanted === 'layer') return layerFrom(inner, own);
    return readKind(inner, [wanted], own) ?? refuseKind(inner, wanted);
  });
}

const rules: Readonly<Record<Makes, readonly [rule: string, hint: string]>> = {
  layer: ['a layer', ''],
  'recurrent layer': ['a layer that goes both ways', ''],
  cell: ['a cell', '; the option layers makes cells of your own'],
  constraint: ['a constraint', ''],
};

function refuseKind({ kind }: LayerConfig, wanted: Makes): never {
  const [rule, hint] = rules[wanted];
  throw new RangeError(`layerFrom: ${rule} must be one of ${kindsOf([wanted]).join(', ')}; got ${kind}${hint}`);
}

function entryOf<T>(table: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return table && Object.hasOwn(table, name) ? table[name] : undefined;
}

function kindsOf(makes: readonly Makes[]): readonly string[] {
  return readers.filter((each) => makes.includes(each.makes)).map(({ kind }) => kind);
}

/**
 * The model that the config of a model describes, built if that one was; `make` makes it of its graph, by default a network. Throws as
 * layerFrom does.
 */
export function networkFrom(config: LayerConfig, own?: OwnParts): Network;
export function networkFrom<N extends Network>(config: LayerConfig, own: OwnParts, make: NetworkMaker<N>): N;
export function networkFrom(
  config: LayerConfig,
  own: OwnParts = {},
  make: NetworkMaker<Network> = (graph, options) => new Network(graph, options),
): Network {
  const { name, inputShape } = config;
  if (name !== undefined && typeof name !== 'string') throw wrongOption(config, 'name');
  if (inputShape !== undefined && !isOpenShape(inputShape)) throw wrongOption(config, 'inputShape');
  const network = make(graphFrom(config, own), { name });
  if (inputShape && !network.isBuilt) network.build(inputShape);
  if (config.trainable === false) network.trainable = false;
  return network;
}

/** The graph that the config of a model describes. Throws as layerFrom does. */
export function graphFrom(config: LayerConfig, own: OwnParts = {}): Graph {
  return readGraph(config, (layer) => layerFrom(layer, own));
}
