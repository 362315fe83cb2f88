// One page, one stylesheet, everything served from our own address: nothing is inlined, because the
// content security policy allows neither inline scripts and styles nor blob: workers.
import { defineConfig } from 'vitest/config';

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
  server: {
    proxy: {
      '/api': process.env.EMBERWATCH_URL ?? 'http://127.0.0.1:8080',
      '/tiles': process.env.EMBERWATCH_URL ?? 'http://127.0.0.1:8080',
    },
  },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.{ts,tsx}', 'src/**/*.test.{ts,tsx}'] },
});
