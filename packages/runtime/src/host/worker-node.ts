// The entry of a worker thread in Node.js, a piscina task: it runs the loop of the worker, and receives messages whenever the
// loop wants them, without a turn of the event loop.

import { receiveMessageOnPort } from 'node:worker_threads';
import { workerLoop } from '../threads/worker-loop.ts';
import { WorkerPrograms } from '../threads/worker-programs.ts';
import type { WorkerTask } from './host-node.ts';

/** Runs a worker until it is told to stop. */
export default function work({ init, port }: WorkerTask): void {
  const programs = new WorkerPrograms(init.memory);
  for (const _ of workerLoop(init, programs)) {
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) programs.take(next.message);
  }
}

// For piscina's `require`. Without this name Node makes a facade of the module for the file that requires it, and aborts the
// process when a thread is ended just then.
export { work as 'module.exports' };
