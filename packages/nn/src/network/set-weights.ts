// setWeights: assigns variables by name. All values are checked before the first is assigned.

import { ShapeError, show, Tensor, type TensorLike, tensor, type Variable } from '@treadle/tensor';

/** Values by the names of variables, such as dense/kernel. */
export type Weights = Readonly<Record<string, TensorLike>>;

/** Assigns every variable the value of its name. Throws RangeError for missing or unknown names, ShapeError for wrong shapes. */
export function setWeights(variables: ReadonlyMap<string, Variable>, weights: Weights): void {
  const given: unknown = weights;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`setWeights: weights must be an object of values by name; got ${show(given)}`);
  }
  const unknown = Object.keys(weights).filter((name) => !variables.has(name));
  if (unknown.length > 0) {
    throw new RangeError(
      `setWeights: every name must be that of a variable; got ${unknown.join(', ')}; there are ${[...variables.keys()].join(', ')}`,
    );
  }
  const missing = [...variables.keys()].filter((name) => !Object.hasOwn(weights, name));
  if (missing.length > 0)
    throw new RangeError(`setWeights: every variable must be given; got no ${missing.join(', no ')}`);
  const values = [...variables].map(([name, v]) => valueFor(name, v, weights[name] ?? 0));
  values.forEach(([v, value]) => {
    v.assign(value);
  });
}

function valueFor(name: string, v: Variable, given: TensorLike): readonly [Variable, Tensor] {
  const value = tensor(given, given instanceof Tensor ? {} : { dtype: v.dtype });
  const isFlat = ArrayBuffer.isView(given) && value.size === v.size;
  const isSame = value.rank === v.rank && value.shape.every((extent, i) => extent === v.shape[i]);
  if (!isFlat && !isSame) {
    throw new ShapeError(
      `setWeights: ${name} must have the shape [${v.shape.join(', ')}]; got [${value.shape.join(', ')}]`,
    );
  }
  return [v, value.reshape(v.shape).cast(v.dtype)];
}
