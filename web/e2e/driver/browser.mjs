// The driver: one Chromium, pages by viewport and colour scheme, every console error and refused
// resource noted. Specs never touch Playwright's launch options.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const RESULTS = fileURLToPath(new URL('../../test-results/', import.meta.url));
export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 800 };

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--enable-unsafe-swiftshader',
  '--use-angle=swiftshader',
  '--enable-features=AllowSwiftShaderFallback',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser;

async function start() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: FLAGS,
  });
  return browser;
}

export async function stop() {
  await browser?.close();
  browser = undefined;
}

/** A fresh page of a fresh browser profile; `page.troubles` holds what went wrong in it. */
export async function open({ viewport = DESKTOP, dark = false, language = 'en-US', worker = false } = {}) {
  const context = await (await start()).newContext({
    baseURL: address(),
    viewport,
    colorScheme: dark ? 'dark' : 'light',
    locale: language,
    reducedMotion: 'reduce',
    // Requests that a service worker answers cannot be watched: it is off but where it is tested.
    serviceWorkers: worker ? 'allow' : 'block',
    hasTouch: viewport.width < 900,
    isMobile: viewport.width < 900,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.troubles = [];
  page.on('console', (message) => {
    // A refused call is shown to the person and checked by its own spec; anything else is a fault.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      page.troubles.push(message.text());
  });
  page.on('pageerror', (error) => page.troubles.push(String(error)));
  return page;
}

export function address() {
  const url = process.env.EMBERWATCH_URL;
  if (!url) throw new Error('EMBERWATCH_URL is not set; run the specs with `npm run e2e`');
  return url;
}

export async function shot(page, name) {
  mkdirSync(RESULTS, { recursive: true });
  await page.screenshot({ path: `${RESULTS}${name}.png` });
}
