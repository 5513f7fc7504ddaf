// A counting loop that runs at least once.

import { type Expr, type FunctionBuilder, i32, type Local } from '@treadle/wasm';

/** counter = from, from + step, … while it is less than `to` (signed); the last step may reach beyond it. */
export function countLoop(
  f: FunctionBuilder,
  from: Expr<'i32'>,
  to: Expr<'i32'>,
  step: number,
  body: (counter: Local<'i32'>) => void,
): void {
  const counter = f.local('i32', from);
  f.loop((again) => {
    body(counter);
    f.increment(counter, step);
    f.brIf(again, i32.lt_s(counter, to));
  });
}
