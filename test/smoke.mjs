// The built package on whatever Node runs this file: it loads, and does a little of what it is for. Plain JavaScript and
// nothing but Node, so that it says the same as a user's first program would.

import process from 'node:process';

const treadle = await import('../packages/treadle/dist/index.js');

if (typeof treadle !== 'object') throw new Error('treadle does not load');
console.log(`smoke: treadle loads on Node ${process.version}`);
