// A web worker of the user's, in which the engine lives: runs a program and posts its result.

import * as library from '/treadle/browser.js';
import * as programs from './programs.js';

const byName = new Map(Object.entries(programs));

globalThis.onmessage = async ({ data: { name, argument } }) => {
  try {
    globalThis.postMessage({ result: await byName.get(name)(library, argument) });
  } catch (error) {
    globalThis.postMessage({ error: String(error?.stack ?? error) });
  }
};
