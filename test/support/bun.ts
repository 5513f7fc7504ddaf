// What Bun cannot do, and no program can mend: laws about it are skipped there.

/** Whether Bun runs the test. It does not end a thread that computes in WebAssembly, and takes i32x4.relaxed_trunc_f32x4_u as signed. */
export const isBun: boolean = 'Bun' in globalThis;
