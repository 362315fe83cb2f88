import { describe, expect, it } from 'vitest';
import { en } from '../src/i18n/en';
import { es } from '../src/i18n/es';

const names = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
const sources = import.meta.glob('../src/**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true,
}) as Record<string, string>;

const keys = Object.keys(en) as (keyof typeof en)[];

describe('Spanish', () => {
  it('keeps the names and the plurals of every English message', () => {
    const differing = keys.filter(
      (key) =>
        names(es[key]).join() !== names(en[key]).join() || es[key].includes('|') !== en[key].includes('|'),
    );
    expect(differing).toEqual([]);
  });
});

describe('voice', () => {
  it('uses no word that harms', () => {
    for (const text of Object.values(en)) expect(text).not.toMatch(/addict|abuse|victim|junkie/i);
    for (const text of Object.values(es)) expect(text).not.toMatch(/adict|drogadict|víctima/i);
  });
});

describe('every message', () => {
  const code = Object.entries(sources)
    .filter(([path]) => !path.includes('/i18n/e'))
    .map(([, text]) => text)
    .join('\n');
  const prefixes = [...code.matchAll(/[`'](\w+(?:\.\w+)*\.)\$\{/g)].map((m) => m[1] ?? '');
  const groups = [...code.matchAll(/word\('(\w+)'/g)].map((m) => `${m[1]}.`);

  it('is used somewhere', () => {
    const made = [...prefixes, ...groups].filter((prefix) => prefix !== '');
    const unused = keys.filter(
      (key) => !code.includes(`'${key}'`) && !made.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
});
