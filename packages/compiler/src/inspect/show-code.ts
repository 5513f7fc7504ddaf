// The code of a plan as text: a line for each function of its table, with its size and the key by which plans share it.

/** A kernel's code. */
export interface KernelCode {
  readonly name: string;
  readonly key: string;
  /** the size of a WebAssembly module of this kernel alone */
  readonly bytes: number;
  /** whether another plan has compiled it before */
  readonly isKept: boolean;
}

/** A line for each function: its number, name and size, whether it was compiled before, and its key. */
export function showCode(kernels: readonly KernelCode[]): string {
  return kernels
    .map(({ name, key, bytes, isKept }, i) => `${i} ${name}: ${bytes} bytes${isKept ? ', kept' : ''}; ${key}`)
    .join('\n');
}
