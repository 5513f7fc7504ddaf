// The methods of a tensor that compute: each function of the folder functions/ is a method, whose first argument is the tensor
// itself: x.exp() is exp(x), and a.add(b) is add(a, b). The functions are the only list: types, documentation and code of the
// methods follow from them. What a tensor can do without computing (shape, reading, disposal) is in tensor.ts.

import * as functions from './functions/index.ts';
import type { TensorLike } from './operand.ts';
import { Tensor } from './tensor.ts';

type MethodOf<F> = F extends (x: never, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;

/** The functions without their first argument. Editors show the functions' documentation. */
type Methods<Functions> = { readonly [Name in keyof Functions]: MethodOf<Functions[Name]> };

declare module './tensor.ts' {
  interface Tensor extends Methods<typeof functions> {}
}

type AnyFunction = (x: TensorLike, ...rest: readonly never[]) => unknown;

/** A function as a method; both have the same name, for stack traces. */
function methodOf(name: string, f: AnyFunction): PropertyDescriptor {
  const method = {
    [name](this: Tensor, ...rest: readonly never[]): unknown {
      return f(this, ...rest);
    },
  };
  return { value: method[name], writable: true, configurable: true };
}

for (const [name, f] of Object.entries(functions)) Object.defineProperty(Tensor.prototype, name, methodOf(name, f));
