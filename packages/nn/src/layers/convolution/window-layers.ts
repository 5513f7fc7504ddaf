// Layers over windows made again from their configs: an entry for each kind. What their options may be, the layers say.

import type { Interpolation, Pair } from '@treadle/tensor';
import type { Layer, LayerConfig, LayerOptions } from '../../layer/layer.ts';
import {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalMaxPooling1d,
  globalMaxPooling2d,
} from '../pooling/global-pooling.ts';
import { averagePooling1d, averagePooling2d, maxPooling1d, maxPooling2d } from '../pooling/pooling.ts';
import { upSampling1d, upSampling2d } from '../reshaping/up-sampling.ts';
import {
  cropping1d,
  cropping2d,
  type PaddingEnds,
  type PaddingSides,
  zeroPadding1d,
  zeroPadding2d,
} from '../reshaping/zero-padding.ts';
import { conv1d } from './conv1d.ts';
import { conv2d } from './conv2d.ts';
import { conv2dTranspose } from './conv2d-transpose.ts';
import type { ConvolutionOptions } from './convolution.ts';
import { depthwiseConv2d } from './depthwise-conv2d.ts';
import { separableConv2d } from './separable-conv2d.ts';

/** `common`: the options that the layer shares with others. */
export type WindowLayerMaker = (config: LayerConfig, common: ConvolutionOptions) => Layer;

export const windowLayerMakers: Readonly<Record<string, WindowLayerMaker>> = {
  conv1d: (config, common) =>
    conv1d(count(config, 'filters'), count(config, 'kernelSize'), {
      ...common,
      strides: number(config, 'strides'),
      padding: padding(config, ['valid', 'same', 'causal']),
      dilationRate: number(config, 'dilationRate'),
      groups: number(config, 'groups'),
    }),
  conv2d: (config, common) =>
    conv2d(count(config, 'filters'), size(config, 'kernelSize'), {
      ...windows(config, common),
      groups: number(config, 'groups'),
    }),
  conv2dTranspose: (config, common) =>
    conv2dTranspose(count(config, 'filters'), size(config, 'kernelSize'), {
      ...windows(config, common),
      outputPadding: pair(config, 'outputPadding'),
    }),
  depthwiseConv2d: (config, common) =>
    depthwiseConv2d(size(config, 'kernelSize'), {
      ...windows(config, common),
      depthMultiplier: number(config, 'depthMultiplier'),
    }),
  separableConv2d: (config, common) =>
    separableConv2d(count(config, 'filters'), size(config, 'kernelSize'), {
      ...windows(config, common),
      depthMultiplier: number(config, 'depthMultiplier'),
    }),
  maxPooling1d: (config, common) => maxPooling1d(number(config, 'poolSize'), pooling1d(config, common)),
  averagePooling1d: (config, common) => averagePooling1d(number(config, 'poolSize'), pooling1d(config, common)),
  maxPooling2d: (config, common) => maxPooling2d(pair(config, 'poolSize'), pooling2d(config, common)),
  averagePooling2d: (config, common) => averagePooling2d(pair(config, 'poolSize'), pooling2d(config, common)),
  globalMaxPooling1d: (config, common) => globalMaxPooling1d(global(config, common)),
  globalAveragePooling1d: (config, common) => globalAveragePooling1d(global(config, common)),
  globalMaxPooling2d: (config, common) => globalMaxPooling2d(global(config, common)),
  globalAveragePooling2d: (config, common) => globalAveragePooling2d(global(config, common)),
  zeroPadding1d: (config, common) => zeroPadding1d(read(config, 'padding', isEnds), plain(common)),
  zeroPadding2d: (config, common) => zeroPadding2d(read(config, 'padding', isSides), plain(common)),
  cropping1d: (config, common) => cropping1d(read(config, 'cropping', isEnds), plain(common)),
  cropping2d: (config, common) => cropping2d(read(config, 'cropping', isSides), plain(common)),
  upSampling1d: (config, common) => upSampling1d(number(config, 'size'), plain(common)),
  upSampling2d: (config, common) =>
    upSampling2d(pair(config, 'size'), { ...plain(common), interpolation: read(config, 'interpolation', isMode) }),
};

function windows(config: LayerConfig, common: ConvolutionOptions) {
  const [strides, dilationRate] = [pair(config, 'strides'), pair(config, 'dilationRate')];
  return { ...common, strides, dilationRate, padding: padding(config, ['valid', 'same']) };
}

function pooling1d(config: LayerConfig, common: ConvolutionOptions) {
  return { ...plain(common), strides: number(config, 'strides'), padding: padding(config, ['valid', 'same']) };
}

function pooling2d(config: LayerConfig, common: ConvolutionOptions) {
  return { ...plain(common), strides: pair(config, 'strides'), padding: padding(config, ['valid', 'same']) };
}

function global(config: LayerConfig, common: ConvolutionOptions) {
  const keepDims = read(config, 'keepDims', (x): x is boolean => typeof x === 'boolean');
  return { ...plain(common), keepDims };
}

function plain({ name, inputShape }: LayerOptions): LayerOptions {
  return { name, inputShape };
}

/** The option if it has its type; throws RangeError otherwise. */
function read<T>(config: LayerConfig, option: string, isRight: (x: unknown) => x is T): T | undefined {
  const value = config[option];
  if (value === undefined || isRight(value)) return value;
  const got = JSON.stringify(value);
  throw new RangeError(`layerFrom: every option must have its type; got ${option} = ${got} for ${config.kind}`);
}

const isNumber = (x: unknown): x is number => typeof x === 'number';
const isTwo = (x: unknown): x is readonly unknown[] => Array.isArray(x) && x.length === 2;
const isEnds = (x: unknown): x is PaddingEnds => isNumber(x) || (isTwo(x) && x.every(isNumber));
const isSides = (x: unknown): x is PaddingSides => isNumber(x) || (isTwo(x) && x.every(isEnds));
const isMode = (x: unknown): x is Interpolation => x === 'nearest' || x === 'bilinear';

function number(config: LayerConfig, option: string): number | undefined {
  return read(config, option, isNumber);
}

/** A number that must be there: NaN where it is not, which every layer refuses by its own rule. */
function count(config: LayerConfig, option: string): number {
  return number(config, option) ?? Number.NaN;
}

function pair(config: LayerConfig, option: string): Pair | undefined {
  return read(config, option, isEnds);
}

function size(config: LayerConfig, option: string): Pair {
  return pair(config, option) ?? Number.NaN;
}

function padding<const T extends string>(config: LayerConfig, names: readonly T[]): T | undefined {
  return read(config, 'padding', (x): x is T => names.some((name) => name === x));
}
