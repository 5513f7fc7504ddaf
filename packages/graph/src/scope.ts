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
