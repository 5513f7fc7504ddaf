// layerFrom: a layer made again from the plain data that its `config` gave. One entry for each kind of layer.

import { activationName } from '../activations/activations.ts';
import type { Layer, LayerConfig } from '../layer/layer.ts';
import { isOpenShape } from '../layer/open-shape.ts';
import { activation } from '../layers/activation/activation.ts';
import { prelu } from '../layers/activation/prelu.ts';
import { multiHeadAttention } from '../layers/attention/multi-head-attention.ts';
import { transformerEncoder } from '../layers/attention/transformer-encoder.ts';
import { windowLayerMakers } from '../layers/convolution/window-layers.ts';
import { dense } from '../layers/core/dense.ts';
import { embedding, positionEmbedding } from '../layers/core/embedding.ts';
import { masking } from '../layers/core/masking.ts';
import { maxout } from '../layers/core/maxout.ts';
import { add, average, concatenate, dot, maximum, minimum, multiply, subtract } from '../layers/merging/merge.ts';
import { batchNormalization } from '../layers/normalization/batch-normalization.ts';
import { groupNormalization, layerNormalization, rmsNormalization } from '../layers/normalization/normalization.ts';
import { bidirectional, type MergeMode, timeDistributed } from '../layers/recurrent/bidirectional.ts';
import { gru, gruCell } from '../layers/recurrent/gru.ts';
import { lstm, lstmCell } from '../layers/recurrent/lstm.ts';
import type { RecurrentLayer } from '../layers/recurrent/recurrent-layer.ts';
import { type RnnCell, rnn } from '../layers/recurrent/rnn.ts';
import { simpleRnn, simpleRnnCell } from '../layers/recurrent/simple-rnn.ts';
import { dropout, gaussianNoise } from '../layers/regularization/dropout.ts';
import { flatten } from '../layers/reshaping/flatten.ts';
import { permute, repeatVector, reshape } from '../layers/reshaping/reshape.ts';
import type { Graph, Ref } from '../network/graph.ts';
import { chain } from '../network/graph.ts';
import { Network } from '../network/network.ts';
import { child, common, count, isConfig, number, numbers, optionsFrom, text, wrong } from './option-types.ts';

export type LayerMaker = (config: LayerConfig) => Layer;

/** Makers of further kinds of layers, by kind. */
export type OwnMakers = Readonly<Record<string, LayerMaker>>;

const cellMakers: Readonly<Record<string, (config: LayerConfig) => RnnCell>> = {
  simpleRnnCell: (config) => simpleRnnCell(count(config, 'units'), optionsFrom(config)),
  lstmCell: (config) => lstmCell(count(config, 'units'), optionsFrom(config)),
  gruCell: (config) => gruCell(count(config, 'units'), optionsFrom(config)),
};

const recurrentMakers: Readonly<Record<string, (config: LayerConfig) => RecurrentLayer>> = {
  simpleRnn: (config) => simpleRnn(count(config, 'units'), optionsFrom(config)),
  lstm: (config) => lstm(count(config, 'units'), optionsFrom(config)),
  gru: (config) => gru(count(config, 'units'), optionsFrom(config)),
  rnn: (config) => {
    const { cell } = config;
    return rnn(
      Array.isArray(cell) ? cell.map((each) => cellFrom(config, each)) : cellFrom(config, cell),
      optionsFrom(config),
    );
  },
};

const makers: Readonly<Record<string, (config: LayerConfig, own: OwnMakers) => Layer>> = {
  ...recurrentMakers,
  ...Object.fromEntries(
    Object.entries(windowLayerMakers).map(([kind, make]) => [
      kind,
      (config: LayerConfig) => make(config, optionsFrom(config)),
    ]),
  ),
  dense: (config) => dense(count(config, 'units'), optionsFrom(config)),
  flatten: (config) => flatten(common(config)),
  activation: (config) => activation(activationName(text(config, 'activation') ?? 'linear'), common(config)),
  prelu: (config) => prelu(optionsFrom(config)),
  dropout: (config) => dropout(count(config, 'rate'), optionsFrom(config)),
  gaussianNoise: (config) => gaussianNoise(count(config, 'stddev'), optionsFrom(config)),
  reshape: (config) => reshape(numbers(config, 'targetShape') ?? [], common(config)),
  permute: (config) => permute(numbers(config, 'dims') ?? [], common(config)),
  repeatVector: (config) => repeatVector(count(config, 'n'), common(config)),
  embedding: (config) => {
    const { outputDim = Number.NaN, ...options } = optionsFrom(config);
    return embedding(count(config, 'inputDim'), outputDim, options);
  },
  positionEmbedding: (config) => positionEmbedding(count(config, 'sequenceLength'), optionsFrom(config)),
  masking: (config) => masking(number(config, 'maskValue'), common(config)),
  maxout: (config) => {
    const { activation: _, ...options } = optionsFrom(config);
    return maxout(count(config, 'units'), count(config, 'pieces'), options);
  },
  batchNormalization: (config) => batchNormalization({ ...optionsFrom(config), axis: number(config, 'axis') }),
  layerNormalization: (config) => layerNormalization({ ...optionsFrom(config), axis: axes(config) }),
  rmsNormalization: (config) => rmsNormalization({ ...optionsFrom(config), axis: axes(config) }),
  groupNormalization: (config) =>
    groupNormalization(count(config, 'groups'), { ...optionsFrom(config), axis: number(config, 'axis') }),
  add: (config) => add(common(config)),
  subtract: (config) => subtract(common(config)),
  multiply: (config) => multiply(common(config)),
  average: (config) => average(common(config)),
  maximum: (config) => maximum(common(config)),
  minimum: (config) => minimum(common(config)),
  concatenate: (config) => concatenate({ ...common(config), axis: number(config, 'axis') }),
  dot: (config) => {
    const axes = axesOrNothing(config, 'axes') ?? Number.NaN;
    return dot(typeof axes === 'number' ? axes : [axes[0] ?? Number.NaN, axes[1] ?? Number.NaN], optionsFrom(config));
  },
  multiHeadAttention: (config) =>
    multiHeadAttention(count(config, 'numHeads'), count(config, 'keyDim'), optionsFrom(config)),
  transformerEncoder: (config) =>
    transformerEncoder(count(config, 'intermediateDim'), count(config, 'numHeads'), optionsFrom(config)),
  timeDistributed: (config, own) => timeDistributed(layerFrom(inner(config, 'layer'), own), common(config)),
  bidirectional: (config) => {
    const backward = child(config, 'backwardLayer');
    return bidirectional(recurrentFrom(inner(config, 'layer')), {
      ...common(config),
      mergeMode: mergeMode(config),
      backwardLayer: backward && recurrentFrom(backward),
    });
  },
};

/**
 * The layer that the config describes, without its weights. `own` makes layers of further kinds. Throws RangeError for a kind
 * that is unknown and for options of the wrong type.
 */
export function layerFrom(config: LayerConfig, own: OwnMakers = {}): Layer {
  const made = madeFrom(config, own);
  if (config.trainable === false) made.trainable = false;
  return made;
}

function madeFrom(config: LayerConfig, own: OwnMakers): Layer {
  if (config.kind === 'sequential' || config.kind === 'model') return networkFrom(config, own);
  const ownMaker = Object.hasOwn(own, config.kind) ? own[config.kind] : undefined;
  if (ownMaker) return ownMaker(config);
  const make = Object.hasOwn(makers, config.kind) ? makers[config.kind] : undefined;
  if (make) return make(config, own);
  const kinds = ['sequential', 'model', ...Object.keys(makers), ...Object.keys(own)].join(', ');
  throw new RangeError(`layerFrom: the kind must be one of ${kinds}; got ${config.kind}`);
}

/** A model from the config that `Network.config` gave; built where that one was. */
export function networkFrom(config: LayerConfig, own: OwnMakers = {}): Network {
  const { name, inputShape } = common(config);
  const network = new Network(graphFrom(config, own), { name });
  if (inputShape && !network.isBuilt) network.build(inputShape);
  if (config.trainable === false) network.trainable = false;
  return network;
}

/** The graph of such a config. Throws RangeError for what is none. */
export function graphFrom(config: LayerConfig, own: OwnMakers = {}): Graph {
  const { layers: configs } = config;
  if (!Array.isArray(configs) || !configs.every(isConfig)) throw wrong(config, 'layers');
  const layers = configs.map((layer) => layerFrom(layer, own));
  if (config.kind === 'sequential') return chain(layers);
  const layerNames = layers.map(({ name = '' }) => name);
  const inputs = list(config, 'inputs').map((each) => {
    const shape = isRecord(each) && isOpenShape(each.shape) ? each.shape : undefined;
    if (!isRecord(each) || typeof each.name !== 'string' || !shape) throw wrong(config, 'inputs');
    return { name: each.name, shape };
  });
  const calls = list(config, 'calls').map((each) => {
    if (!isRecord(each) || typeof each.layer !== 'number' || !layers[each.layer]) throw wrong(config, 'calls');
    return { layer: each.layer, inputs: (Array.isArray(each.inputs) ? each.inputs : []).map(refIn(config, 'calls')) };
  });
  const outputs = list(config, 'outputs').map((each) => {
    if (!isRecord(each) || typeof each.name !== 'string') throw wrong(config, 'outputs');
    return { name: each.name, from: refIn(config, 'outputs')(each.from) };
  });
  return { kind: 'model', inputs, layers, layerNames, calls, outputs };
}

function list(config: LayerConfig, option: string): readonly unknown[] {
  const value = config[option];
  if (!Array.isArray(value)) throw wrong(config, option);
  return value;
}

function isRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  return typeof x === 'object' && x !== null;
}

function refIn(config: LayerConfig, option: string): (given: unknown) => Ref {
  return (given) => {
    if (isRecord(given) && typeof given.call === 'number' && typeof given.index === 'number') {
      return { call: given.call, index: given.index };
    }
    throw wrong(config, option);
  };
}

function axesOrNothing(config: LayerConfig, option: string): number | readonly number[] | undefined {
  return Array.isArray(config[option]) ? numbers(config, option) : number(config, option);
}

function axes(config: LayerConfig): number | readonly number[] | undefined {
  return axesOrNothing(config, 'axis');
}

function inner(config: LayerConfig, option: string): LayerConfig {
  const layer = child(config, option);
  if (!layer) throw wrong(config, option);
  return layer;
}

function cellFrom(layer: LayerConfig, config: unknown): RnnCell {
  if (!isConfig(config)) throw wrong(layer, 'cell');
  const make = Object.hasOwn(cellMakers, config.kind) ? cellMakers[config.kind] : undefined;
  if (make) return make(config);
  const kinds = Object.keys(cellMakers).join(', ');
  throw new RangeError(
    `layerFrom: a cell must be one of ${kinds}; got ${config.kind}; own makes layers of other cells`,
  );
}

function recurrentFrom(config: LayerConfig): RecurrentLayer {
  const make = Object.hasOwn(recurrentMakers, config.kind) ? recurrentMakers[config.kind] : undefined;
  if (make) return make(config);
  const kinds = Object.keys(recurrentMakers).join(', ');
  throw new RangeError(`layerFrom: a layer that goes both ways must be one of ${kinds}; got ${config.kind}`);
}

function mergeMode(config: LayerConfig): MergeMode | undefined {
  const mode = text(config, 'mergeMode');
  if (mode === undefined || mode === 'concat' || mode === 'sum' || mode === 'mul' || mode === 'ave') return mode;
  throw wrong(config, 'mergeMode');
}
