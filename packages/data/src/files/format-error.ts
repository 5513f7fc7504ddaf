// The error for data from outside: a file, a text or a table that breaks a rule of its format. Every message has the
// form `format: rule that was broken; got values; hint`. No partial result is ever returned.

/** Thrown when data do not follow their format, or do not contain what the caller asked for. */
export class FormatError extends Error {
  /** 'FormatError' */
  override readonly name = 'FormatError';
}
