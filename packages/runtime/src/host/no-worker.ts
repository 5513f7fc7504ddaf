// Stands for `#worker` where a bundle has no code of a worker: no worker can be started from there.

export const workerCode = '';
