// Where the code of a worker is: here it is a file of its own, beside this one. `#worker` in package.json names this module. A bundle,
// in which there is no such file, has another module in its place, which exports the code itself.

/** The URL of the module that a worker thread runs; in a bundle, the text of its code, which imports no other file. */
export const worker: URL | string = new URL('./worker-node.js', import.meta.url);
