// The check that rows and targets are finite numbers. Many elements are checked by the engine, with the event loop free; few are looked
// at directly.

import { isFloat, type Tensor, type TensorData } from '@treadle/tensor';

/** From this number of elements on, the engine finds a NaN faster than a copy of the elements is made. */
const manyElements = 2 ** 18;

/** Throws RangeError for a number that is not finite, unless there are many elements. */
export function checkFinite(op: string, what: 'x' | 'y', given: Tensor, count: number): void {
  if (!isFloat(given.dtype) || given.size >= manyElements) return;
  requireFinite(op, what, given.data(), count);
}

/** The same check for the tensors of many elements, which checkFinite leaves out. */
export async function checkManyFinite(
  op: string,
  { xs, ys, count }: { readonly xs: readonly Tensor[]; readonly ys: readonly Tensor[]; readonly count: number },
): Promise<void> {
  for (const [what, tensors] of [['x', xs] as const, ['y', ys] as const]) {
    for (const given of tensors) {
      if (!isFloat(given.dtype) || given.size < manyElements) continue;
      using largest = given.abs().max();
      if (!Number.isFinite((await largest.read())[0])) requireFinite(op, what, await given.read(), count);
    }
  }
}

function requireFinite(op: string, what: 'x' | 'y', values: TensorData, count: number): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new RangeError(
    `${op}: ${what} must hold finite numbers; got ${values[wrong]} in row ${Math.floor((wrong * count) / values.length)}`,
  );
}
