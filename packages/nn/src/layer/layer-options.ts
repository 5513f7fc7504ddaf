// The options that every layer has. A tensor in the place of arguments or options is refused with a hint how layers are applied.

import { show, Tensor } from '@treadle/tensor';
import type { OptionTypes } from '../config/kind.ts';
import { openShape, text } from '../config/plain-types.ts';
import { isSymbolic } from '../network/connect.ts';
import type { LayerOptions } from './layer.ts';

export const layerTypes: OptionTypes<LayerOptions> = { name: text, inputShape: openShape };

/**
 * Throws TypeError for a tensor, a symbolic tensor or an array of them, given to the function that makes a layer. `instead` says what
 * computes with tensors.
 */
function refuseTensors(kind: string, given: unknown, instead = `${kind}(…)(x) applies the layer to x`): void {
  const isData = (x: unknown): boolean => x instanceof Tensor || isSymbolic(x);
  if (!isData(given) && !(Array.isArray(given) && given.some(isData))) return;
  const got = given instanceof Tensor ? 'a tensor' : Array.isArray(given) ? 'an array of them' : show(given);
  throw new TypeError(`${kind}: it makes a layer, before there are tensors; got ${got}; ${instead}`);
}

/** Throws as refuseTensors does, for each of the values. */
export function refuseAllTensors(kind: string, values: readonly unknown[], instead?: string): void {
  for (const value of values) refuseTensors(kind, value, instead);
}
