// The layer, or other caller, for which nodes are being made. Ops remember its name for errors that only a run can find.

const path: string[] = [];

/** Runs `f`; errors of its ops at run time name the scope. Scopes nest. */
export function inScope<T>(name: string, f: () => T): T {
  path.push(name);
  try {
    return f();
  } finally {
    path.pop();
  }
}

/** The names of the present scopes, outermost first: 'encoder/embedding'; '' outside of all. */
export function scopeName(): string {
  return path.join('/');
}

let loops = 0;

/** Runs `f`, which makes the nodes of a loop's body. */
export function inLoop<T>(f: () => T): T {
  loops++;
  try {
    return f();
  } finally {
    loops--;
  }
}

/** Throws an Error inside the body of a loop: for what a step cannot do. */
export function checkOutsideLoop(rule: string, hint: string): void {
  if (loops > 0) throw new Error(`scan: ${rule}; got such a call in its function; ${hint}`);
}
