// One case for each op: how to draw its inputs, and the right result. If an op has no case, this file does not compile.

import type { ops } from '@treadle/graph';
import { arrangements } from './cases/arrangements.ts';
import type { Case } from './cases/case.ts';
import { choices } from './cases/choices.ts';
import { elementwise } from './cases/elementwise.ts';
import { generated } from './cases/generated.ts';
import { indexing } from './cases/indexing.ts';
import { linearAlgebra } from './cases/linear-algebra.ts';
import { moves } from './cases/moves.ts';
import { normalizations } from './cases/normalizations.ts';
import { orders } from './cases/orders.ts';
import { products } from './cases/products.ts';
import { reductions } from './cases/reductions.ts';
import { softmaxes } from './cases/softmaxes.ts';
import { windowed } from './cases/windows.ts';

export type OpName = keyof typeof ops;

export const cases = {
  ...elementwise,
  ...choices,
  ...moves,
  ...arrangements,
  ...reductions,
  ...normalizations,
  ...products,
  ...indexing,
  ...linearAlgebra,
  ...softmaxes,
  ...orders,
  ...windowed,
  ...generated,
} satisfies Record<OpName, Case>;
