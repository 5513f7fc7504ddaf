// Tensors for each input or output of a model, from what users give for one, for several in order, or by name.

import { Tensor, type TensorLike, tensor } from '@treadle/tensor';
import type { RowsLike } from './arguments.ts';

/**
 * A tensor for each name; `absent` for a name that is left out. Throws RangeError for a wrong number and for unknown names; `what` is
 * the argument, such as 'x'.
 */
export function rowsByName(
  op: string,
  what: string,
  given: RowsLike,
  names: readonly string[],
  absent?: Tensor,
): readonly Tensor[] {
  const by = names.join(', ');
  if (isNamed(given)) {
    const unknown = Object.keys(given).find((name) => !names.includes(name));
    if (unknown !== undefined) throw new RangeError(`${op}: ${what} may have the names ${by}; got ${unknown}`);
    return names.map((name) => {
      const one = given[name];
      if (one !== undefined) return valuesOf(one);
      if (!absent) throw new RangeError(`${op}: ${what} must have rows for ${by}; got none for ${name}`);
      return absent;
    });
  }
  if (names.length === 1 && isOne(given)) return [valuesOf(given)];
  if (!isList(given) || given.length !== names.length) {
    const got = isList(given) ? `an array of ${given.length}` : 'one';
    throw new RangeError(`${op}: ${what} must be an array of rows for each of ${by}, or an object of them; got ${got}`);
  }
  return given.map(valuesOf);
}

/** The values without their history: no gradient flows to what computed them. */
function valuesOf(given: TensorLike): Tensor {
  const values = tensor(given);
  return values.node.tracked ? values.detach() : values;
}

function isNamed(given: RowsLike): given is Readonly<Record<string, TensorLike>> {
  if (given === null) return false;
  return typeof given === 'object' && !Array.isArray(given) && !ArrayBuffer.isView(given) && !(given instanceof Tensor);
}

function isList(given: RowsLike): given is readonly TensorLike[] {
  return Array.isArray(given);
}

/** Whether it can be one tensor: an array may be nested numbers, which are checked when they become a tensor. */
function isOne(given: RowsLike): given is TensorLike {
  return !isNamed(given);
}
