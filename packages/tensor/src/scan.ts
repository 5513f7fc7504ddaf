// scan(f, init, xs): a loop over the leading axis of tensors.

import { checkFunction, type OptionKinds, readOptions, ShapeError, show } from '@treadle/graph';
import { stack } from './functions.ts';
import { mapTensors } from './map-tensors.ts';
import type { Tensor } from './tensor.ts';

export interface ScanOptions {
  /** how many steps; by default the leading extent of the tensors of `xs`, and only needed where there are none */
  readonly length?: number | undefined;
  /** whether steps are taken from the last element of `xs` to the first; element i of `ys` still belongs to element i of `xs` */
  readonly reverse?: boolean | undefined;
}

const scanOptions: OptionKinds<ScanOptions> = { length: 'number', reverse: 'boolean' };

export function scan<C, X, Y>(
  f: (carry: C, x: X) => readonly [carry: C, y: Y],
  init: C,
  xs: X,
  options: ScanOptions = {},
): [carry: C, ys: Y] {
  checkFunction('scan: f', f);
  const { length, reverse = false } = readOptions('scan', options, scanOptions);
  const all = tensorsIn(xs);
  const steps = length ?? all[0]?.shape[0];
  if (steps === undefined) throw new ShapeError(`scan: xs must have tensors, or length be given; got ${show(xs)}`);
  let carry = init;
  const ys: Tensor[][] = [];
  let last: unknown;
  for (let i = 0; i < steps; i++) {
    const t = reverse ? steps - 1 - i : i;
    const x = mapTensors('scan', xs, (each) =>
      each.slice([t, ...each.shape.slice(1).map(() => 0)], [t + 1, ...each.shape.slice(1)]).squeeze(0),
    );
    const [next, y] = f(carry, x as X);
    carry = next;
    ys[t] = tensorsIn(y);
    last = y;
  }
  let at = 0;
  const stacked = mapTensors('scan', last, () => {
    const column = at++;
    return stack(ys.flatMap((y) => y[column] ?? []));
  });
  return [carry, stacked as Y];
}

function tensorsIn(x: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTensors('scan', x, (t) => {
    found.push(t);
    return t;
  });
  return found;
}
