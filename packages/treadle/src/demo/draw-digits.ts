// Draws images as text, side by side, in five shades of grey.

/** The characters for brightness 0 to 1. */
const shades = [' ', '░', '▒', '▓', '█'];

/** Images [rows, columns] with values 0 … 1, next to each other, with a caption below each. */
export function drawDigits(
  images: readonly ArrayLike<number>[],
  rows: number,
  columns: number,
  captions: readonly string[],
): string {
  const isSmall = rows <= 10;
  // A character is about twice as high as wide: small images get two characters per pixel, large ones two rows per
  // line.
  const rowsPerLine = isSmall ? 1 : 2;
  const repeat = isSmall ? 2 : 1;
  const width = Math.max(columns * repeat, ...captions.map((caption) => caption.length)) + 2;
  const lines: string[] = [];
  for (let row = 0; row < rows; row += rowsPerLine) {
    lines.push(
      images
        .map((image) => {
          let line = '';
          for (let column = 0; column < columns; column++) {
            let brightness = 0;
            for (let r = row; r < Math.min(rows, row + rowsPerLine); r++)
              brightness += (image[r * columns + column] ?? 0) / rowsPerLine;
            line += (shades[Math.min(4, Math.floor(5 * brightness))] ?? ' ').repeat(repeat);
          }
          return line.padEnd(width);
        })
        .join(''),
    );
  }
  lines.push(captions.map((caption) => caption.padEnd(width)).join(''));
  return lines.map((line) => line.trimEnd()).join('\n');
}
