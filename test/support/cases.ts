// One case for each op: how to draw its inputs, and what the result should be. An op without a case does not compile.

import type { ops } from '@treadle/graph';
import type { Case } from './cases/case.ts';
import { composed } from './cases/composed.ts';
import { elementwise } from './cases/elementwise.ts';
import { moves } from './cases/moves.ts';
import { reductions } from './cases/reductions.ts';

export type OpName = keyof typeof ops;

export const cases = { ...elementwise, ...moves, ...reductions, ...composed } satisfies Record<OpName, Case>;
