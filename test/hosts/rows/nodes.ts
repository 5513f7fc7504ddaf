// Every version of Node that the package supports, by import and by require.

import { asCommonJs, asModule, commonJsProgram, moduleProgram } from '../program.ts';
import type { Row } from '../row.ts';

const versions = ['20.9.0', '20.20.2', '22.23.3', '24.21.0', '26.10.0'] as const;

function row(version: string): Row {
  return {
    name: `node-${version.startsWith('20.') ? version.split('.').slice(0, 2).join('.') : version.split('.')[0]}`,
    group: 'Runtimes',
    host: `Node ${version}`,
    what: '`import` and `require`, both in one process',
    threads: 'all',
    isQuick: version === '20.9.0',
    node: version,
    async run(place) {
      place.write('program.mjs', moduleProgram);
      place.write('program.cjs', commonJsProgram);
      place.write('probe.mjs', asModule);
      place.write('probe.cjs', asCommonJs);
      place.write('both.mjs', both);
      await place.probe('import', place.node, ['program.mjs']);
      await place.probe('require', place.node, ['program.cjs']);
      await place.probe('import and require', place.node, ['both.mjs'], { expected: { probes: 2 } });
    },
  };
}

/** A program whose parts load the package in both ways. */
const both = `
import { main } from './probe.mjs';
import required from './probe.cjs';
await main();
await required.main();
`;

export const nodeRows: readonly Row[] = versions.map(row);
