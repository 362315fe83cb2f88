// Runs the end-to-end specs. Against EMBERWATCH_URL when that is set; else against a demonstration server
// started from EMBERWATCH_BIN (stopped again at the end); else against the stand-in of e2e/fixture.
//
//   npm run e2e                                 the stand-in
//   EMBERWATCH_BIN=../target/debug/emberwatch npm run e2e
//   npm run e2e -- map alerts                   only these specs
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const STARTS_WITHIN_MS = 180_000;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const env = { ...process.env };
const stop = await provide();
const wanted = process.argv.slice(2);
const specs = readdirSync(here('./specs'))
  .filter(
    (name) => name.endsWith('.spec.mjs') && (wanted.length === 0 || wanted.some((w) => name.startsWith(w))),
  )
  .sort()
  .map((name) => here(`./specs/${name}`));
const code = await run(process.execPath, [
  '--test',
  '--test-concurrency=1',
  '--test-reporter=spec',
  ...specs,
]);
await stop();
process.exit(code);

/** Put an address and logins into `env`; answers how to stop what was started. */
async function provide() {
  if (env.EMBERWATCH_URL) return async () => {};
  if (env.EMBERWATCH_BIN) return demo(env.EMBERWATCH_BIN);
  console.log('EMBERWATCH_URL and EMBERWATCH_BIN are not set: the specs run against the stand-in server');
  return started(
    spawn(process.execPath, [here('./fixture/server.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
}

async function demo(binary) {
  const folder = mkdtempSync(join(tmpdir(), 'emberwatch-e2e-'));
  const child = spawn(binary, ['demo', '--port', '0', '--database', `sqlite://${join(folder, 'demo.db')}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = await started(child);
  return async () => {
    await end();
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Read `address:`, `sign-in:` and `api-key:` lines until the address and four logins are known. */
async function started(child) {
  const logins = [];
  const ended = new Promise((done) => child.once('exit', done));
  const ready = new Promise((done, fail) => {
    const timer = setTimeout(
      () => fail(new Error('the server printed no address in time')),
      STARTS_WITHIN_MS,
    );
    const check = () => {
      if (!env.EMBERWATCH_URL || new Set(logins.map((l) => l.split(/\s+/)[0])).size < 4) return;
      clearTimeout(timer);
      // The key may stand on a line after the logins.
      setTimeout(done, 200);
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, what, text] = /^\s*(address|sign-in|api-key):\s*(.+?)\s*$/.exec(line) ?? [];
      if (what === 'address') env.EMBERWATCH_URL = text.replace(/\/$/, '');
      if (what === 'sign-in') logins.push(text);
      if (what === 'api-key') env.EMBERWATCH_FEED_KEY = text.split(/\s+/).pop();
      if (what) check();
    });
    child.once('exit', (status) => fail(new Error(`the server ended with ${status} before it was ready`)));
  });
  await ready;
  env.EMBERWATCH_LOGINS = logins.join('\n');
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

function run(command, args) {
  return new Promise((done) => {
    spawn(command, args, { stdio: 'inherit', env, cwd: here('..') }).once('exit', (status) =>
      done(status ?? 1),
    );
  });
}
