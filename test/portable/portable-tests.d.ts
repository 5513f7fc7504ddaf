// The module that build.ts puts into the bundle.

declare module 'portable-tests' {
  /** The test files by path, each imported when its function is called. */
  export const tests: Readonly<Record<string, () => Promise<unknown>>>;
}
