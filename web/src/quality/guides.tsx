// What to know about each kind of feed: pages of data/sources, fetched when they are opened.
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Failure, Said, Skeleton } from '../ui/parts';
import { blocks } from './markdown';

const FILES = import.meta.glob('../../../data/sources/*.md', {
  query: '?url',
  import: 'default',
  eager: true,
}) as Record<string, string>;

const GUIDES = Object.entries(FILES)
  .map(([path, url]) => ({ name: path.replace(/^.*\/|\.md$/g, ''), url }))
  .filter((guide) => guide.name !== 'README')
  .sort((a, b) => a.name.localeCompare(b.name));

/** "ems-nemsis" → "Ems nemsis" would be no name: each page's first line is its title, and the file's name stands for it. */
const titleOf = (name: string): string => name.replaceAll('-', ' ');

export function Guides() {
  if (GUIDES.length === 0) return null;
  return (
    <section class="stack">
      <h2>{t('quality.guides')}</h2>
      <p class="muted">{t('quality.guides.lead')}</p>
      {GUIDES.map((guide) => (
        <Guide key={guide.name} {...guide} />
      ))}
    </section>
  );
}

function Guide({ name, url }: { name: string; url: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="guide" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Said>{titleOf(name)}</Said>
      </summary>
      {open && <Text url={url} />}
    </details>
  );
}

function Text({ url }: { url: string }) {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let here = true;
    fetch(url)
      .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status)))))
      .then((body) => here && setText(body))
      .catch((e) => here && setError(e));
    return () => {
      here = false;
    };
  }, [url]);
  if (error !== null) return <Failure error={error} />;
  if (text === null) return <Skeleton lines={5} />;
  return (
    <div lang="en" class="stack small">
      {blocks(text).map((block, i) => {
        const key = `${i}${block.kind}`;
        if (block.kind === 'heading') {
          return block.level === 1 ? <h3 key={key}>{block.text}</h3> : <h4 key={key}>{block.text}</h4>;
        }
        if (block.kind === 'list') {
          return (
            <ul key={key}>
              {block.items.map((item) => (
                <li key={item}>{item}</li>
              ))}
            </ul>
          );
        }
        return <p key={key}>{block.text}</p>;
      })}
    </div>
  );
}
