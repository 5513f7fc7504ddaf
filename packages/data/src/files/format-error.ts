// What a file, a text or a table did wrong. Every message has the form `format: rule that was broken; got values; hint`.
// It is thrown before anything is made of the data, so a caller holds either the whole of it or nothing.

/** Data that do not follow their format, or do not say what the caller asked of them. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}
