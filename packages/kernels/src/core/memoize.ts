// A value that is made when it is first asked for: code that is emitted at most once.

/** A function that calls `make` at its first call and returns the same value ever after. */
export function memoize<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
