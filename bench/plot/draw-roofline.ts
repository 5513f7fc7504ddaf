// The roofline as a picture, drawn by Vega-Lite.

import { writeFileSync } from 'node:fs';
import { install } from '../install.ts';
import type { Point, Roof } from '../roofline.ts';

/** Writes an SVG file. */
export async function drawRoofline(path: string, points: readonly Point[], { peak, bandwidth }: Roof): Promise<void> {
  install('plot');
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const intensities = points.map(({ intensity }) => intensity);
  const [low, high] = [Math.min(...intensities) / 2, Math.max(...intensities) * 4];
  const roof = [low, peak / bandwidth, high].map((intensity) => ({
    intensity,
    gflops: Math.min(peak, intensity * bandwidth),
  }));
  const x = { field: 'intensity', type: 'quantitative', scale: { type: 'log' }, title: 'operations a byte' };
  const y = { field: 'gflops', type: 'quantitative', scale: { type: 'log' }, title: 'GFLOP/s, one thread' };
  const { spec } = compile({
    width: 720,
    height: 400,
    background: 'white',
    layer: [
      { data: { values: roof }, mark: { type: 'line', color: 'gray' }, encoding: { x, y } },
      { data: { values: points }, mark: { type: 'point', filled: true, size: 60 }, encoding: { x, y } },
      {
        data: { values: points },
        mark: { type: 'text', align: 'left', dx: 8, dy: 4, fontSize: 10 },
        encoding: { x, y, text: { field: 'name' } },
      },
    ],
  });
  writeFileSync(path, await new View(parse(spec), { renderer: 'none' }).toSVG());
}
