import { expect, test } from 'vitest';
import { setLanguage } from '../src/i18n';
import { sayCorroboration } from '../src/ui/corroboration';

const of = (overdoses: number, told_by_two: number, told_by_three: number) =>
  sayCorroboration({ overdoses, told_by_two, told_by_three });

test('how many sources tell is said in numbers, never as a share', async () => {
  await setLanguage('en');
  expect(of(6, 4, 1)).toBe('Two or more sources agree on 4 of 6, three or more on 1');
  expect(of(6, 4, 0)).toBe('Two sources agree on 4 of 6');
  expect(of(6, 0, 0)).toBe('Each of the 6 told by one source only');
  expect(of(1, 1, 0)).toBe('Two sources agree on it');
  expect(of(1, 1, 1)).toBe('Three sources or more agree on it');
  await setLanguage('es');
  expect(of(6, 4, 1)).toBe('Dos o más fuentes coinciden en 4 de 6; tres o más, en 1');
  await setLanguage('en');
});

test('where nobody could agree, or nothing was counted, nothing is said', () => {
  expect(sayCorroboration(null)).toBeNull();
  expect(sayCorroboration(undefined)).toBeNull();
  expect(of(0, 0, 0)).toBeNull();
});
