// The graph of a model, read from the config that Network.config gave.

import { isConfig } from '@treadle/tensor';
import type { Layer, LayerConfig } from '../layer/layer.ts';
import { isOpenShape } from '../layer/open-shape.ts';
import { chain, type Graph, type Ref } from '../network/graph.ts';
import { wrongOption } from './kind.ts';

/**
 * The graph that a config of a model describes; `readLayer` makes its layers. Throws RangeError for a config that describes no graph.
 */
export function readGraph(config: LayerConfig, readLayer: (config: LayerConfig) => Layer): Graph {
  const { layers: configs } = config;
  if (!Array.isArray(configs) || !configs.every(isConfig)) throw wrongOption(config, 'layers');
  const layers = configs.map(readLayer);
  if (config.kind === 'sequential') return chain(layers);
  const layerNames = layers.map(({ name = '' }) => name);
  const inputs = list(config, 'inputs').map((each) => {
    const shape = isRecord(each) && isOpenShape(each.shape) ? each.shape : undefined;
    if (!isRecord(each) || typeof each.name !== 'string' || !shape) throw wrongOption(config, 'inputs');
    return { name: each.name, shape };
  });
  const calls = list(config, 'calls').map((each) => {
    if (!isRecord(each) || typeof each.layer !== 'number' || !layers[each.layer]) throw wrongOption(config, 'calls');
    return {
      layer: each.layer,
      inputs: (Array.isArray(each.inputs) ? each.inputs : []).map(refReader(config, 'calls')),
    };
  });
  const outputs = list(config, 'outputs').map((each) => {
    if (!isRecord(each) || typeof each.name !== 'string') throw wrongOption(config, 'outputs');
    return { name: each.name, from: refReader(config, 'outputs')(each.from) };
  });
  return { kind: 'model', inputs, layers, layerNames, calls, outputs };
}

function list(config: LayerConfig, option: string): readonly unknown[] {
  const value = config[option];
  if (!Array.isArray(value)) throw wrongOption(config, option);
  return value;
}

function isRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  return typeof x === 'object' && x !== null;
}

function refReader(config: LayerConfig, option: string): (given: unknown) => Ref {
  return (given) => {
    if (isRecord(given) && typeof given.call === 'number' && typeof given.index === 'number') {
      return { call: given.call, index: given.index };
    }
    throw wrongOption(config, option);
  };
}
