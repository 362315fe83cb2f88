// As much of Markdown as our own pages use: headings, paragraphs, lists; marks inside a line become plain text.

export type Block =
  | { kind: 'heading'; level: number; text: string }
  | { kind: 'text'; text: string }
  | { kind: 'list'; items: string[] };

const plain = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]/g, '')
    .trim();

export function blocks(source: string): Block[] {
  const out: Block[] = [];
  for (const part of source.replace(/\r/g, '').split(/\n{2,}|\n(?=#)|(?<=^#[^\n]*)\n/m)) {
    const text = part.trim();
    if (text === '') continue;
    const heading = /^(#+) (.*)$/s.exec(text);
    if (heading) {
      out.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: plain(heading[2] ?? '') });
      continue;
    }
    if (text.startsWith('- ')) {
      const items = text.split(/\n(?=- )/).map((item) => plain(item.slice(2).replace(/\s*\n\s*/g, ' ')));
      out.push({ kind: 'list', items });
      continue;
    }
    out.push({ kind: 'text', text: plain(text.replace(/\s*\n\s*/g, ' ')) });
  }
  return out;
}
