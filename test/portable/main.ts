// Runs files of the bundle in this process, on any host with `process`, and prints a line of JSON for each: its outcome.
// `<host> main.js <file>…`; without a file it prints the files that there are.

import process from 'node:process';
import { files, runFile } from './laws.ts';

const [...named] = process.argv.slice(2);
if (named.length === 0) console.log(JSON.stringify(files));
for (const file of named) console.log(JSON.stringify({ file, ...(await runFile(file)) }));
