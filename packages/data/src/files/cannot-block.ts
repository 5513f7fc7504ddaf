// The error of functions that would have to block where the host does not allow it, as browsers do not.

/** Thrown for a call that would have to block. */
export class CannotBlock extends Error {
  /** `rule`: what must be and what was given; `instead`: what to use */
  constructor(rule: string, instead: string) {
    super(`file: ${rule}; use ${instead}`);
  }
}
