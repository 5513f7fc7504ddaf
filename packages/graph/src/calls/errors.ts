// What callers did wrong, by kind. Every message has the form `op: rule that was broken; got values`.

/** Shapes, axes or ranks that do not fit. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** An operand of a dtype that the op does not take. */
export class DtypeError extends Error {
  override readonly name = 'DtypeError';
}
