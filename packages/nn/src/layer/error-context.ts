// The place in a model where an error came from: an error that is thrown while a layer is built or called names the layer and the
// shapes of its inputs. It stays the same error object.

import { inScope, scopeName } from '@treadle/tensor';

/** The result of `act`. An error that it throws gets this at its end: `; in layer encoder/dense_2, given [8, 3]`. */
export function withLayerContext<T>(name: string, given: () => readonly string[], act: () => T): T {
  return inScope(name, () => {
    try {
      return act();
    } catch (error) {
      // The innermost layer is the place; ops that know the layer have named it already.
      if (error instanceof Error && !error.message.includes(', in layer ') && !error.message.includes('; in layer ')) {
        appendTo(error, `; in layer ${scopeName()}, given ${given().join(', ')}`);
      }
      throw error;
    }
  });
}

function appendTo(error: Error, where: string): void {
  const { message, stack } = error;
  Reflect.set(error, 'message', message + where);
  if (stack?.includes(message))
    Reflect.set(
      error,
      'stack',
      stack.replace(message, () => message + where),
    );
}
