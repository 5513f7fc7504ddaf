// A web worker that runs one file of the laws.

import { runFile } from '/laws/laws.js';

globalThis.onmessage = async ({ data }) => globalThis.postMessage(await runFile(data));
