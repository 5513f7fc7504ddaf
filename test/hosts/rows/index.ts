// All rows, in the order of the table.

import type { Row } from '../row.ts';
import { bundlerRows } from './bundlers.ts';
import { frameworkRows } from './frameworks.ts';
import { nodeRows } from './nodes.ts';
import { packageManagerRows } from './package-managers.ts';
import { processRows } from './processes.ts';
import { restrictedRows } from './restricted.ts';
import { runtimeRows } from './runtimes.ts';
import { testRunnerRows } from './test-runners.ts';
import { typeRows } from './types.ts';

export const rows: readonly Row[] = [
  ...nodeRows,
  ...runtimeRows,
  ...bundlerRows,
  ...frameworkRows,
  ...testRunnerRows,
  ...processRows,
  ...restrictedRows,
  ...packageManagerRows,
  ...typeRows,
];
