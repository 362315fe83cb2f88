// Sending an event as a feed does, with an API key.
import { address } from '../driver/browser.mjs';
import { as, close } from './session.mjs';

let keys = process.env.EMBERWATCH_FEED_KEY ? [process.env.EMBERWATCH_FEED_KEY] : [];

/** Keys of feeds: the one that was printed at the start, else one for each source, made by the admin now. */
async function feedKeys() {
  if (keys.length > 0) return keys;
  const page = await as('admin');
  keys = await page.evaluate(async () => {
    const ask = async (path, body) => {
      const answer = await fetch(`/api/v1${path}`, {
        method: body ? 'POST' : 'GET',
        headers: body ? { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() } : {},
        body: body ? JSON.stringify(body) : undefined,
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
    const { items } = await ask('/sources');
    const made = items.map(({ source }) => ask('/api-keys', { name: 'end-to-end', role: 'feed', source }));
    return (await Promise.all(made)).map(({ key }) => key);
  });
  await close(page);
  return keys;
}

/** Make the keys before the clock of a measurement starts. */
export async function prepareFeeds() {
  await feedKeys();
}

/** Send one overdose by the first source that takes it; a source may have a reading of its own for JSON. */
export async function sendEvent(event) {
  const answers = [];
  for (const key of await feedKeys()) {
    const response = await fetch(`${address()}/api/v1/events`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${key}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': crypto.randomUUID(),
      },
      body: JSON.stringify({ event_id: `e2e-${crypto.randomUUID()}`, kind: 'overdose', ...event }),
    });
    const answer = await response.json();
    if (response.ok && answer.accepted === 1) return answer;
    answers.push(`${response.status} ${JSON.stringify(answer)}`);
  }
  throw new Error(`no source took the event: ${answers.join('; ')}`);
}
