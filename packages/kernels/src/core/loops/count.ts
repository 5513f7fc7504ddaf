// A counting loop that runs at least once.

import { type Expr, type FunctionBuilder, type Integer, integer, type Local } from '@treadle/wasm';

/** counter = from, from + step, … while it is less than `to` (signed); the last step may reach beyond it. */
export function countLoop<T extends Integer>(
  f: FunctionBuilder,
  from: Expr<T>,
  to: Expr<NoInfer<T>>,
  step: number,
  body: (counter: Local<T>) => void,
): void {
  const counter = f.let(from);
  f.loop((again) => {
    body(counter);
    f.increment(counter, step);
    f.brIf(again, integer.lt_s(counter, to));
  });
}
