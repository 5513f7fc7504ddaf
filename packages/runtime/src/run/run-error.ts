// What a run that failed throws: what happened, and what the run may have written by then.

export class RunError extends Error {
  /** numbers of the steps of which some thread had begun a tile, or may have */
  readonly begun: readonly number[];

  constructor(message: string, begun: readonly number[], options: ErrorOptions) {
    super(message, options);
    this.begun = begun;
  }
}
