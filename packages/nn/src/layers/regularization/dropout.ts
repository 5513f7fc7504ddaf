// dropout and gaussianNoise: while the model learns, elements are left out at random and the others scaled up, so that the
// expectation stays; or normally distributed numbers are added.

import {
  checkNumber,
  type OptionKinds,
  randomNormal,
  randomUniform,
  type Seed,
  type Shape,
  type Tensor,
} from '@treadle/tensor';
import type { LayerFunction } from '../../layer/callable.ts';
import { keepMask, type LayerOptions } from '../../layer/layer.ts';
import { layerOptions, readLayerOptions } from '../../layer/layer-options.ts';
import { makeLayer } from '../../layer/make-layer.ts';

export interface DropoutOptions extends LayerOptions {
  /** masks that depend on this seed and on how many the layer drew before; otherwise the sequence that setSeed starts */
  readonly seed?: number | undefined;
}

const dropoutOptions: OptionKinds<DropoutOptions> = {
  ...layerOptions,
  seed: 'number',
};

/** Where random numbers come from. */
export interface SeedSource {
  readonly seed?: Seed;
}

/** Another seed for every mask: the seed plus the golden ratio's fraction of 2³², once for each mask before. */
function seedsFrom(seed: number): Seed {
  let drawn = 0;
  return () => (seed + Math.imul(drawn++, 0x9e3779b9)) >>> 0;
}

/** The numbers of a layer with that seed, or of the common sequence. Throws RangeError for a seed that is none. */
export function seedSource(kind: string, seed: number | undefined): SeedSource {
  if (seed === undefined) return {};
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    throw new RangeError(`${kind}: a seed must be a whole number from 0 to 2³² − 1; got ${seed}`);
  }
  return { seed: seedsFrom(seed) };
}

/** Throws RangeError unless 0 ≤ rate < 1. */
export function checkRate(kind: string, rate: number): void {
  checkNumber(`${kind}: the rate`, rate);
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`${kind}: the rate must be at least 0 and less than 1; got ${rate}`);
}

/** x·mask / (1 − rate), the mask of a shape that stretches to x's and 0 with probability `rate`. */
export function drop(x: Tensor, rate: number, source: SeedSource, maskShape: Shape = x.shape): Tensor {
  const isKept = randomUniform(maskShape, source).greaterEqual(rate);
  return isKept.where(x.mul(1 / (1 - rate)), 0);
}

/**
 * x·mask / (1 − rate) with a mask that is 0 with probability `rate`, otherwise 1, while training; x itself elsewhere. Throws
 * RangeError unless 0 ≤ rate < 1, and for a seed that is not a whole number from 0 to 2³² − 1.
 */
export function dropout(rate: number, options: DropoutOptions = {}): LayerFunction {
  checkRate('dropout', rate);
  readLayerOptions('dropout', options, dropoutOptions);
  const source = seedSource('dropout', options.seed);
  return makeLayer({
    kind: 'dropout',
    options: { rate, ...options },
    build: (shape) => shape,
    needs: () => [],
    call: (x, { training }) => (training && rate > 0 ? drop(x, rate, source) : x),
    outputMask: keepMask,
  });
}

/** x + normally distributed numbers of mean 0 while training; x itself elsewhere. Throws RangeError for a stddev below 0. */
export function gaussianNoise(stddev: number, options: DropoutOptions = {}): LayerFunction {
  checkNumber('gaussianNoise: stddev', stddev);
  readLayerOptions('gaussianNoise', options, dropoutOptions);
  if (!(stddev >= 0)) throw new RangeError(`gaussianNoise: stddev must be a number ≥ 0; got ${stddev}`);
  const source = seedSource('gaussianNoise', options.seed);
  return makeLayer({
    kind: 'gaussianNoise',
    options: { stddev, ...options },
    build: (shape) => shape,
    needs: () => [],
    call: (x, { training }) => (training && stddev > 0 ? x.add(randomNormal(x.shape, { stddev, ...source })) : x),
    outputMask: keepMask,
  });
}
