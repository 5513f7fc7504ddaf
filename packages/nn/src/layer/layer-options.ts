// The options of layers, read where a layer is made. A tensor in the place of options is told how layers are applied.

import { type OptionKinds, readOptions, show, Tensor } from '@treadle/tensor';
import { isSymbolic } from '../network/connect.ts';
import type { LayerOptions } from './layer.ts';
import { checkInputShape } from './open-shape.ts';

export const layerOptions: OptionKinds<LayerOptions> = { name: 'string', inputShape: 'any' };

/**
 * The options that were given, checked as readOptions does; `instead` says what computes with tensors at once. Throws TypeError
 * for a tensor.
 */
export function readLayerOptions<O extends LayerOptions>(
  kind: string,
  given: O,
  kinds: OptionKinds<O>,
  instead?: string,
): O {
  refuseTensors(kind, given, instead);
  const options = readOptions(kind, given, kinds);
  if (options.inputShape !== undefined) checkInputShape(`${kind}: inputShape`, options.inputShape);
  return options;
}

/** Throws TypeError for a tensor, what stands for one, or a list of them, where the layer is to be made. */
export function refuseTensors(kind: string, given: unknown, instead = `${kind}(…)(x) applies the layer to x`): void {
  const isData = (x: unknown): boolean => x instanceof Tensor || isSymbolic(x);
  if (!isData(given) && !(Array.isArray(given) && given.some(isData))) return;
  const got = given instanceof Tensor ? 'a tensor' : Array.isArray(given) ? 'an array of them' : show(given);
  throw new TypeError(`${kind}: it makes a layer, before there are tensors; got ${got}; ${instead}`);
}
