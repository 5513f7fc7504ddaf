// Where in a model an error came from: an error thrown while a layer is built or called says which layer it was, and what shapes
// it was given. It stays the error that it is.

import { inScope, scopeName } from '@treadle/tensor';

/** What `act` gives. An error that it throws has at its end: `; in layer encoder/dense_2, given [8, 3]`. */
export function inLayer<T>(name: string, given: () => readonly string[], act: () => T): T {
  return inScope(name, () => {
    try {
      return act();
    } catch (error) {
      // The innermost layer is the place, and ops that know of layers have said it already.
      if (error instanceof Error && !error.message.includes(', in layer ') && !error.message.includes('; in layer ')) {
        extend(error, `; in layer ${scopeName()}, given ${given().join(', ')}`);
      }
      throw error;
    }
  });
}

function extend(error: Error, place: string): void {
  const { message, stack } = error;
  Reflect.set(error, 'message', message + place);
  if (stack?.includes(message))
    Reflect.set(
      error,
      'stack',
      stack.replace(message, () => message + place),
    );
}
