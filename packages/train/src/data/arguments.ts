// The arguments of fit, evaluate and explain: (x, y, options) or ({ x, y }, options).

import type { Network } from '@treadle/nn';
import { areOptions, type OptionKinds, show, Tensor, type TensorLike } from '@treadle/tensor';

/** Rows for the only input, or targets for the only output, of a model; or one for each of several, in their order or by name. */
export type RowsLike = TensorLike | readonly TensorLike[] | Readonly<Record<string, TensorLike>>;

/** Rows and their targets, as readers and splits give them. */
export interface RowsPair {
  /** rows for each input */
  readonly x: RowsLike;
  /** targets for each output */
  readonly y: RowsLike;
}

/** Whether it is { x, y } without other keys. */
export function isPair(given: unknown): given is RowsPair {
  if (typeof given !== 'object' || given === null || given instanceof Tensor) return false;
  return Object.keys(given).length === 2 && Object.hasOwn(given, 'x') && Object.hasOwn(given, 'y');
}

/** (x, y, options) or ({ x, y }, options) */
export type DataArguments<O> = readonly [x: RowsLike | RowsPair, y?: RowsLike | O | undefined, options?: O | undefined];

/**
 * x, y and the options. For a model with inputs named x and y, an object { x, y } means its inputs. Throws as readOptions does, and
 * TypeError without y.
 */
export function dataAndOptions<O extends object>(
  op: string,
  model: Network,
  [first, second, third]: DataArguments<O>,
  kinds: OptionKinds<O>,
): readonly [x: RowsLike, y: RowsLike, options: O] {
  const areInputs = model.inputNames.includes('x') && model.inputNames.includes('y');
  const isBoth = isPair(first) && !areInputs;
  const options: unknown = (isBoth ? second : third) ?? {};
  if (!areOptions(op, options, kinds)) throw new Error('internal: options that are none');
  if (isBoth) {
    if (third === undefined) return [first.x, first.y, options];
    throw new TypeError(`${op}: options come after { x, y }; got a third argument, ${show(third)}`);
  }
  if (!isGiven(first) || !isGiven(second)) {
    throw new TypeError(
      `${op}: x and y must be given; got ${show(first)} and ${show(second)}; { x, y } gives both at once`,
    );
  }
  return [first, second, options];
}

/** Whether it is given at all; its contents are checked when they become tensors. */
function isGiven(given: unknown): given is RowsLike {
  return given !== undefined && given !== null;
}
