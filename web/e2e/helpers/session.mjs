// Helpers: what a person does, in their words.
import { open } from '../driver/browser.mjs';

/** Logins by role, from `sign-in: role login password` lines joined by newlines. */
export function logins() {
  const found = {};
  for (const line of (process.env.EMBERWATCH_LOGINS ?? '').split('\n')) {
    const [role, login, password] = line.trim().split(/\s+/);
    if (role && login && password) found[role.replace('-', '_')] ??= { login, password };
  }
  return found;
}

export async function signIn(page, role) {
  const account = logins()[role];
  if (!account) throw new Error(`no login for ${role} in EMBERWATCH_LOGINS`);
  await page.goto('/');
  await page.fill('input[name=login]', account.login);
  await page.fill('input[name=password]', account.password);
  await page.click('button[type=submit]');
  await page.waitForSelector('main#main');
}

/** A page where this role is signed in. */
export async function as(role, options) {
  const page = await open(options);
  await signIn(page, role);
  return page;
}

export async function close(page) {
  await page.context().close();
}

/** Wait until nothing is loading any more. */
export async function settled(page) {
  await page.waitForSelector('main#main > *', { state: 'attached' });
  await page.waitForFunction(() => document.querySelectorAll('.skeleton, [aria-busy=true]').length === 0);
}
