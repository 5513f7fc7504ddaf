// Digits as blocks of text, side by side, in five shades.

/** From 0 to 1. */
const shades = [' ', '░', '▒', '▓', '█'];

/** Images of rows × columns figures in 0…1, with a caption under each. */
export function drawDigits(
  images: readonly ArrayLike<number>[],
  rows: number,
  columns: number,
  captions: readonly string[],
): string {
  const isSmall = rows <= 10;
  // Small images are drawn two characters a pixel, large ones every other row, so that a digit is about as wide as it is high.
  const step = isSmall ? 1 : 2;
  const repeat = isSmall ? 2 : 1;
  const width = Math.max(columns * repeat, ...captions.map((caption) => caption.length)) + 2;
  const lines: string[] = [];
  for (let row = 0; row < rows; row += step) {
    lines.push(
      images
        .map((image) => {
          let line = '';
          for (let column = 0; column < columns; column++) {
            let light = 0;
            for (let r = row; r < Math.min(rows, row + step); r++) light += (image[r * columns + column] ?? 0) / step;
            line += (shades[Math.min(4, Math.floor(5 * light))] ?? ' ').repeat(repeat);
          }
          return line.padEnd(width);
        })
        .join(''),
    );
  }
  lines.push(captions.map((caption) => caption.padEnd(width)).join(''));
  return lines.map((line) => line.trimEnd()).join('\n');
}
