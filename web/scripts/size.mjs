// Weighs the build as a phone would fetch it: gzip, everything before the map and everything with it.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT_BEFORE_MAP = 100 * 1024;
const LIMIT_WITH_MAP = 600 * 1024;
const dir = new URL('../dist/assets/', import.meta.url);
const sizes = readdirSync(dir)
  .filter((name) => /\.(js|css|mjs)$/.test(name))
  .map((name) => ({ name, gz: gzipSync(readFileSync(new URL(name, dir)), { level: 9 }).length }));
const map = sizes.filter(({ name }) => /^(maplibre|engine)/.test(name));
const before = sizes.filter((s) => !map.includes(s)).reduce((sum, s) => sum + s.gz, 0);
const all = sizes.reduce((sum, s) => sum + s.gz, 0);
for (const { name, gz } of sizes) console.log(`${(gz / 1024).toFixed(1).padStart(8)} kB gz  ${name}`);
console.log(`before the map ${(before / 1024).toFixed(1)} kB gz, with it ${(all / 1024).toFixed(1)} kB gz`);
if (before > LIMIT_BEFORE_MAP || all > LIMIT_WITH_MAP) {
  console.error('too heavy: at most 100 kB gz before the map and 600 kB gz with it');
  process.exit(1);
}
