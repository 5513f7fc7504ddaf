// layerFrom: a layer made again from the plain data that its `config` gave. One entry for each kind of layer.

import type { Shape } from '@treadle/tensor';
import { activation } from './activation.ts';
import { type ActivationName, activationName } from './activations.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { flatten } from './flatten.ts';
import { type InitializerName, initializerName } from './initializers.ts';
import type { Layer, LayerConfig, LayerOptions } from './layer.ts';
import { l1l2, type Regularizer } from './regularizers.ts';
import { Sequential } from './sequential.ts';

export type LayerMaker = (config: LayerConfig) => Layer;

const makers: Readonly<Record<string, LayerMaker>> = {
  dense: (config) =>
    dense(number(config, 'units') ?? Number.NaN, {
      ...common(config),
      activation: activationFrom(config),
      useBias: flag(config, 'useBias'),
      kernelInitializer: initializerFrom(config, 'kernelInitializer'),
      biasInitializer: initializerFrom(config, 'biasInitializer'),
      kernelRegularizer: regularizerFrom(config),
    }),
  flatten: (config) => flatten(common(config)),
  activation: (config) => activation(activationFrom(config) ?? 'linear', common(config)),
  dropout: (config) =>
    dropout(number(config, 'rate') ?? Number.NaN, { ...common(config), seed: number(config, 'seed') }),
};

/**
 * The layer that the config describes, without its weights. `own` makes layers of further kinds. Throws RangeError for a kind
 * that is unknown and for options of the wrong type.
 */
export function layerFrom(config: LayerConfig, own: Readonly<Record<string, LayerMaker>> = {}): Layer {
  if (config.kind === 'sequential') return sequentialFrom(config, own);
  const known = { ...makers, ...own };
  const make = Object.hasOwn(known, config.kind) ? known[config.kind] : undefined;
  if (!make)
    throw new RangeError(
      `layerFrom: the kind must be one of sequential, ${Object.keys(known).join(', ')}; got ${config.kind}`,
    );
  return make(config);
}

/** A model from the config that `Sequential.config` gave; built where that one was. */
export function sequentialFrom(config: LayerConfig, own: Readonly<Record<string, LayerMaker>> = {}): Sequential {
  const { layers } = config;
  if (!Array.isArray(layers) || !layers.every(isConfig)) throw wrong(config, 'layers');
  const { name, inputShape } = common(config);
  const model = new Sequential(
    layers.map((layer) => layerFrom(layer, own)),
    { name },
  );
  if (inputShape) model.build(inputShape);
  return model;
}

function isConfig(x: unknown): x is LayerConfig {
  return typeof x === 'object' && x !== null && 'kind' in x && typeof x.kind === 'string';
}

function wrong(config: LayerConfig, option: string): RangeError {
  const got = JSON.stringify(config[option]);
  return new RangeError(`layerFrom: every option must have its type; got ${option} = ${got} for ${config.kind}`);
}

function number(config: LayerConfig, option: string): number | undefined {
  const value = config[option];
  if (value !== undefined && typeof value !== 'number') throw wrong(config, option);
  return value;
}

function text(config: LayerConfig, option: string): string | undefined {
  const value = config[option];
  if (value !== undefined && typeof value !== 'string') throw wrong(config, option);
  return value;
}

function flag(config: LayerConfig, option: string): boolean | undefined {
  const value = config[option];
  if (value !== undefined && typeof value !== 'boolean') throw wrong(config, option);
  return value;
}

function shapeFrom(config: LayerConfig): Shape | undefined {
  const { inputShape } = config;
  if (inputShape === undefined) return undefined;
  if (!Array.isArray(inputShape) || !inputShape.every((extent) => typeof extent === 'number'))
    throw wrong(config, 'inputShape');
  return inputShape;
}

function common(config: LayerConfig): LayerOptions {
  return { name: text(config, 'name'), inputShape: shapeFrom(config) };
}

function activationFrom(config: LayerConfig): ActivationName | undefined {
  const name = text(config, 'activation');
  return name === undefined ? undefined : activationName(name);
}

function initializerFrom(config: LayerConfig, option: string): InitializerName | undefined {
  const name = text(config, option);
  return name === undefined ? undefined : initializerName(name);
}

function regularizerFrom(config: LayerConfig): Regularizer | undefined {
  const { kernelRegularizer: factors } = config;
  if (factors === undefined) return undefined;
  const isFactors = typeof factors === 'object' && factors !== null && 'l1' in factors && 'l2' in factors;
  if (!isFactors || typeof factors.l1 !== 'number' || typeof factors.l2 !== 'number')
    throw wrong(config, 'kernelRegularizer');
  return l1l2({ l1: factors.l1, l2: factors.l2 });
}
