// Errors of callers, by kind. Every message has the form `op: rule that was broken; got values; hint`.

/** A call with shapes, axes or numbers of axes that do not fit. */
export class ShapeError extends Error {
  /** 'ShapeError' */
  override readonly name = 'ShapeError';
}

/** A call with a dtype, or with values, that the op does not take. */
export class DtypeError extends Error {
  /** 'DtypeError' */
  override readonly name = 'DtypeError';
}
