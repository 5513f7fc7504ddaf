// Draws the roofline plot with Vega-Lite.

import { writeFileSync } from 'node:fs';
import { install } from '../install.ts';
import type { Point, Roof } from '../roofline.ts';

/** Writes the plot as an SVG file. */
export async function drawRoofline(path: string, points: readonly Point[], { peak, bandwidth }: Roof): Promise<void> {
  install('plot');
  const [{ parse, View }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const intensities = points.map(({ intensity }) => intensity);
  const [low, high] = [Math.min(...intensities) / 2, Math.max(...intensities) * 4];
  const roof = [low, peak / bandwidth, high].map((intensity) => ({
    intensity,
    gflops: Math.min(peak, intensity * bandwidth),
  }));
  const top = Math.max(peak, ...points.map(({ gflops }) => gflops)) * 1.5;
  const scale = (from: number, to: number) => ({ type: 'log', domain: [from, to], nice: false }) as const;
  const x = { field: 'intensity', type: 'quantitative', scale: scale(low, high), title: 'operations a byte' };
  const y = { field: 'gflops', type: 'quantitative', scale: scale(low * bandwidth, top), title: 'GFLOP/s, one thread' };
  // The points are too close together for names, so each has a letter that the legend explains.
  const lettered = points.map((point, i) => ({
    ...point,
    letter: String.fromCharCode(65 + i),
    legend: `${String.fromCharCode(65 + i)}  ${point.name}`,
  }));
  const names = lettered.map(({ legend }) => legend);
  const legend = { title: 'computation', labelLimit: 300 };
  const color = { field: 'legend', type: 'nominal', legend, sort: names, scale: { scheme: 'tableau10' } };
  const { spec } = compile({
    width: 640,
    height: 400,
    background: 'white',
    layer: [
      { data: { values: roof }, mark: { type: 'line', color: 'gray' }, encoding: { x, y } },
      { data: { values: lettered }, mark: { type: 'point', filled: true, size: 70 }, encoding: { x, y, color } },
      {
        data: { values: lettered },
        mark: { type: 'text', dy: -10, fontSize: 11, fontWeight: 'bold' },
        encoding: { x, y, text: { field: 'letter' } },
      },
    ],
  });
  writeFileSync(path, await new View(parse(spec), { renderer: 'none' }).toSVG());
}
