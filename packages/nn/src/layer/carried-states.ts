// The states that a stateful layer keeps from one call to the next: variables, made by its first call for batches of that size,
// which no optimizer moves. They are no weights: they are neither counted nor saved.

import { outsideRecording, ShapeError, type Tensor, type Variable, variable, zeros } from '@treadle/tensor';
import type { Layer } from './layer.ts';

let isKeeping = true;

/**
 * What `f` gives, where stateful layers begin with zeros, for any number of rows, and keep nothing. For calls that are to find
 * shapes or masks alone.
 */
export function withoutKeeping<T>(f: () => T): T {
  const before = isKeeping;
  isKeeping = false;
  try {
    return f();
  } finally {
    isKeeping = before;
  }
}

/** Whether one of the layers keeps states. */
export function isStateful(layers: readonly Layer[]): boolean {
  return layers.some(({ stateful }) => stateful === true);
}

/** Makes the states that the layers keep zeros. */
export function resetStates(layers: readonly Layer[]): void {
  for (const layer of layers) layer.resetStates?.();
}

export class KeptStates {
  readonly #kind: string;
  readonly #sizes: readonly number[];
  #variables: readonly Variable[] = [];

  /** Of a layer of that kind, whose states have these sizes. */
  constructor(kind: string, sizes: readonly number[]) {
    this.#kind = kind;
    this.#sizes = sizes;
  }

  /** The states for so many rows, [batch, size] each: zeros at first. Throws ShapeError for another batch than that of the first call. */
  of(batch: number): readonly Tensor[] {
    const begin = (): readonly Tensor[] => this.#sizes.map((size) => zeros([batch, size]));
    if (!isKeeping) return begin();
    const known = this.#variables[0]?.shape[0];
    if (known === undefined) {
      this.#variables = outsideRecording(() =>
        begin().map((state) => variable(state, { name: 'state', trainable: false })),
      );
    } else if (known !== batch) {
      throw new ShapeError(
        `${this.#kind}: a stateful layer takes batches of the size of its first; got ${batch} rows, at first ${known}; another layer with the same weights takes others`,
      );
    }
    return this.#variables;
  }

  /** Makes these what the next call begins with. */
  keep(states: readonly Tensor[]): void {
    if (!isKeeping) return;
    this.#variables.forEach((v, i) => {
      v.assign(states[i] ?? v);
    });
  }

  reset(): void {
    for (const v of this.#variables) v.assign(0);
  }
}
