// What progress is written to: as much of a stream as it needs, so that public types name no types of Node.

/** A stream for text, such as process.stderr. */
export interface TextStream {
  write(text: string): unknown;
  /** whether a person sees the text on a terminal; no by default */
  readonly isTTY?: boolean;
}
