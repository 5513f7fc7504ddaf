// Whose call is under way while nodes are made: errors that only a run can find name it.

const path: string[] = [];

/** Runs `f`; what its ops refuse when they run is said to be refused in `name`. Scopes nest. */
export function inScope<T>(name: string, f: () => T): T {
  path.push(name);
  try {
    return f();
  } finally {
    path.pop();
  }
}

/** The names of the scopes under way, outermost first: 'encoder/embedding'; '' outside of all. */
export function scopeName(): string {
  return path.join('/');
}

let loops = 0;

/** Runs `f`, which makes the nodes of a loop's body: what it does is done for each step. */
export function inLoop<T>(f: () => T): T {
  loops++;
  try {
    return f();
  } finally {
    loops--;
  }
}

/** Throws an Error in the body of a loop, for what a step cannot do. */
export function checkOutsideLoop(rule: string, hint: string): void {
  if (loops > 0) throw new Error(`scan: ${rule}; got it in the function that scan was given; ${hint}`);
}
