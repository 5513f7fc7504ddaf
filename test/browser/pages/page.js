// What the tests call on a page: programs run there, or in a web worker that the page starts.

import * as programs from './programs.js';

const byName = new Map(Object.entries(programs));

/** Runs a program on the page. */
export async function run(name, argument) {
  const library = await import('/treadle/browser.js');
  return byName.get(name)(library, argument);
}

/** Reads the table in a File, such as one that was dropped on the page. */
export async function readFile(url) {
  const response = await fetch(url);
  return run('readTable', new File([await response.blob()], 'table.csv'));
}

/** Runs a program in a web worker. */
export function runInWorker(name, argument) {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/pages/worker.js', { type: 'module' });
    worker.onmessage = ({ data: { result, error } }) => {
      worker.terminate();
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    };
    worker.onerror = ({ message }) => reject(new Error(message ?? 'the worker did not start'));
    worker.postMessage({ name, argument });
  });
}

/** Runs a file of the laws in a web worker: its outcome. */
export function runLaws(file) {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/pages/laws-worker.js', { type: 'module' });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = ({ message }) => reject(new Error(message ?? 'the worker did not start'));
    worker.postMessage(file);
  });
}
