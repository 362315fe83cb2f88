// Signing in. The service answers the same for an unknown login and a wrong password, and so do we.
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { t } from '../i18n';
import { ended, signIn, unreachable } from '../state/session';
import { ScreenChoices } from './account';

export function SignInPage() {
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!login.trim() || !password) {
      setWrong(t('signin.empty'));
      return;
    }
    setBusy(true);
    setWrong(null);
    try {
      await signIn(login.trim(), password);
    } catch (error) {
      setWrong(say(error));
      setBusy(false);
    }
  };

  return (
    <main class="sign-in">
      <div class="stack">
        <div>
          <h1>{t('app.name')}</h1>
          <p class="muted">{t('signin.lead')}</p>
        </div>
        {ended.value && <p class="notice">{t('signin.ended')}</p>}
        {unreachable.value && <p class="notice bad">{t('error.offline')}</p>}
        <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
          <label class="field">
            <span>{t('signin.login')}</span>
            <input
              name="login"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              value={login}
              onInput={(event) => setLogin(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>{t('signin.password')}</span>
            <input
              name="password"
              type={(shown ? 'text' : 'password') as 'password'}
              autocomplete="current-password"
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={shown}
              onChange={(event) => setShown(event.currentTarget.checked)}
            />
            {t('signin.show')}
          </label>
          {wrong && (
            <p class="notice bad" role="alert">
              {wrong}
            </p>
          )}
          <button type="submit" class="button primary" disabled={busy}>
            {busy ? t('signin.busy') : t('signin.go')}
          </button>
        </form>
        <p class="small muted">{t('signin.privacy')}</p>
        <div class="row wide-gap">
          <ScreenChoices />
        </div>
      </div>
    </main>
  );
}

function say(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.server');
  if (error.status === 401) return t('signin.wrong');
  if (error.status === 429) return t('signin.wait', { n: Math.ceil((error.retryAfterSeconds ?? 60) / 60) });
  return error.status === 0 ? t('error.offline') : t('error.server');
}
