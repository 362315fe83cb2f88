// Who is signed in, the screen and the language, signing out, and on phones the pages the bar has no room for.
import { useState } from 'preact/hooks';
import { LANGUAGES, type Language, language, setLanguage, t } from '../i18n';
import { type Theme, theme } from '../state/prefs';
import { me, pages, signOut } from '../state/session';
import { Dialog } from './dialog';
import { Choices } from './parts';

export function ScreenChoices() {
  return (
    <>
      <Choices<Theme>
        legend={t('app.theme')}
        name="theme"
        value={theme.value}
        options={(['system', 'light', 'dark'] as const).map((value) => ({
          value,
          label: t(`app.theme.${value}`),
        }))}
        onChange={(value) => {
          theme.value = value;
        }}
      />
      <Choices<Language>
        legend={t('app.language')}
        name="language"
        value={language.value}
        options={Object.entries(LANGUAGES).map(([value, label]) => ({ value: value as Language, label }))}
        onChange={(value) => void setLanguage(value)}
      />
    </>
  );
}

export function AccountMenu() {
  const [open, setOpen] = useState(false);
  const user = me.value?.user;
  if (!user) return null;
  const initials = user.name
    .split(/\s+/)
    .filter((part) => /^\p{L}/u.test(part))
    .map((part) => part[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();
  return (
    <>
      <button
        type="button"
        class="icon-button account"
        aria-label={`${initials}, ${t('app.account')}: ${user.name}`}
        onClick={() => setOpen(true)}
      >
        <span>{initials}</span>
      </button>
      {open && (
        <Dialog title={t('app.account')} onClose={() => setOpen(false)}>
          <p>
            <span class="strong">{user.name}</span>
            <br />
            <span class="muted small">
              {user.login} · {me.value?.jurisdiction.name} · {me.value?.jurisdiction.zone}
            </span>
          </p>
          <nav class="menu" aria-label={t('nav.label')}>
            {pages.value.map((page) => (
              <a key={page.path} href={page.path} onClick={() => setOpen(false)}>
                {t(page.label)}
              </a>
            ))}
          </nav>
          <ScreenChoices />
          <button type="button" class="button" onClick={() => void signOut()}>
            {t('app.signOut')}
          </button>
        </Dialog>
      )}
    </>
  );
}
