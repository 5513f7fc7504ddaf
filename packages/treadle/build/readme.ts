// The README of the package. Files that it links to are in the repository, not in the package: there, links become their text, and
// pictures are left out.

/** The README of the repository, as it is published. */
export function publishedReadme(text: string): string {
  return text.replace(/<p>[\s\S]*?<\/p>\n\n?/g, '').replace(/\[([^\]]+)\]\((?!https?:|#)[^)]*\)/g, '$1');
}
