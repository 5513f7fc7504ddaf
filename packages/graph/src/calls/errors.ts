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

/**
 * Data from outside, such as a file, a text or a table, that do not follow their format, or do not contain what the caller asked for.
 * No partial result is ever returned.
 */
export class FormatError extends Error {
  /** 'FormatError' */
  override readonly name = 'FormatError';
}
