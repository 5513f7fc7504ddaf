// defineLayer: a kind of layer from its arguments, its options and the parts that they make. This is all that a new layer's file
// writes: calls are checked, configs are written and read, from the definition.

import { defineKind, type Kind, type KindDefinition } from '../config/kind.ts';
import type { LayerFunction } from './callable.ts';
import type { LayerOptions } from './layer.ts';
import { refuseAllTensors } from './layer-options.ts';
import { type LayerParts, makeLayer } from './make-layer.ts';

/** A function that makes layers, called with the positional arguments `A` and options `O`. */
export type LayerKind<A extends readonly unknown[], O> = Kind<A, O, LayerFunction>;

export interface LayerDefinition<A extends readonly unknown[], O> extends KindDefinition<A, O> {
  /** what computes with tensors at once, for the error about a tensor in the place of arguments */
  readonly instead?: string;
}

/** The kind of layer of a definition; `make` gives the parts of a layer with these arguments and options. */
export function defineLayer<A extends readonly unknown[], O extends LayerOptions>(
  definition: LayerDefinition<NoInfer<A>, NoInfer<O>>,
  make: (...values: [...positional: Required<A>, options: O]) => LayerParts,
): LayerKind<A, O> {
  const { kind, instead } = definition;
  return defineKind(definition, {
    makes: 'layer',
    refuse: (values) => refuseAllTensors(kind, values, instead),
    make: (given, ...values) => makeLayer(kind, given, make(...values)),
  });
}
