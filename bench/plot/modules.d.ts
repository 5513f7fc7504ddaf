// The parts of Vega that the bench uses. It is installed only when a plot is requested.

declare module 'vega' {
  export function parse(spec: object): object;
  export const View: new (runtime: object, options: { readonly renderer: 'none' }) => { toSVG(): Promise<string> };
}

declare module 'vega-lite' {
  export function compile(spec: object): { readonly spec: object };
}
