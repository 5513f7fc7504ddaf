// The entry of a web worker: it runs the loop of a worker. Messages come on the event loop only, so the loop is left until the program
// has come that it wants.

import { workerLoop } from '../threads/worker-loop.ts';
import { WorkerPrograms } from '../threads/worker-programs.ts';
import type { WorkerReport, WorkerStart } from './host-browser.ts';

interface WorkerScope {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(report: WorkerReport): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data }) => void work(data as WorkerStart);

async function work({ init, tellsIdle }: WorkerStart): Promise<void> {
  const programs = new WorkerPrograms(init.memory);
  let arrived = (): void => {};
  scope.onmessage = ({ data }) => {
    programs.take(data as Parameters<WorkerPrograms['take']>[0]);
    arrived();
  };
  for (const wanted of workerLoop(init, programs)) {
    if (tellsIdle && wanted === undefined) scope.postMessage('idle');
    while (wanted !== undefined && !programs.has(wanted)) {
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    }
  }
  scope.postMessage('returned');
}
