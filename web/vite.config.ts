// One page, one stylesheet, everything served from our own address: nothing is inlined, because the
// content security policy allows neither inline scripts and styles nor blob: workers.
import { defineConfig } from 'vitest/config';

// While developing, the pages come from here and the answers from a running service.
const service = process.env.EMBERWATCH_URL ?? 'http://127.0.0.1:8080';
const proxy = { '/api': service, '/tiles': service };

export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: { proxy },
  preview: { proxy },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.{ts,tsx}', 'src/**/*.test.{ts,tsx}'] },
});
