// The states that a stateful layer carries from one call to the next. They are variables, made by the first call for batches of its
// size. They are not weights: no optimizer moves them, and they are neither counted nor saved.

import { outsideRecording, ShapeError, type Tensor, type Variable, variable, zeros } from '@treadle/tensor';
import type { Layer } from './layer.ts';

let isCarrying = true;

/**
 * The result of `f`, in which stateful layers begin with zeros, for any batch size, and carry nothing on. For calls that only find
 * shapes or masks.
 */
export function withoutCarrying<T>(f: () => T): T {
  const before = isCarrying;
  isCarrying = false;
  try {
    return f();
  } finally {
    isCarrying = before;
  }
}

/** Whether one of the layers carries states. */
export function isStateful(layers: readonly Layer[]): boolean {
  return layers.some(({ stateful }) => stateful === true);
}

/** Sets the states of the layers to zero. */
export function resetStates(layers: readonly Layer[]): void {
  for (const layer of layers) layer.resetStates?.();
}

export class CarriedStates {
  readonly #kind: string;
  readonly #sizes: readonly number[];
  #variables: readonly Variable[] = [];

  /** For a layer of that kind, whose states are [batch, size] with these sizes. */
  constructor(kind: string, sizes: readonly number[]) {
    this.#kind = kind;
    this.#sizes = sizes;
  }

  /** The states for a batch of that size, [batch, size] each: zeros at first. Throws ShapeError for another size than in the first call. */
  of(batch: number): readonly Tensor[] {
    const begin = (): readonly Tensor[] => this.#sizes.map((size) => zeros([batch, size]));
    if (!isCarrying) return begin();
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

  /** The next call begins with these states. */
  carry(states: readonly Tensor[]): void {
    if (!isCarrying) return;
    this.#variables.forEach((v, i) => {
      v.assign(states[i] ?? v);
    });
  }

  /** Sets the states to zero. */
  reset(): void {
    for (const v of this.#variables) v.assign(0);
  }
}
