// Sending an event as a feed does, with an API key.
import { address } from '../driver/browser.mjs';
import { as, close } from './session.mjs';

let key = process.env.EMBERWATCH_FEED_KEY;
let source = '';

/** A key of a feed: the one that was printed at the start, else one that the admin makes now. */
async function feedKey() {
  if (key) return key;
  const page = await as('admin');
  const made = await page.evaluate(async () => {
    const ask = async (path, body) => {
      const answer = await fetch(`/api/v1${path}`, {
        method: body ? 'POST' : 'GET',
        headers: body ? { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() } : {},
        body: body ? JSON.stringify(body) : undefined,
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    };
    const first = (await ask('/sources')).items[0].source;
    return {
      source: first,
      ...(await ask('/api-keys', { name: 'end-to-end', role: 'feed', source: first })),
    };
  });
  await close(page);
  source = made.source;
  key = made.key;
  return key;
}

export async function sendEvent(event) {
  const bearer = await feedKey();
  const response = await fetch(`${address()}/api/v1/events`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${bearer}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': crypto.randomUUID(),
    },
    body: JSON.stringify({ event_id: `e2e-${crypto.randomUUID()}`, kind: 'overdose', ...event }),
  });
  if (!response.ok)
    throw new Error(`the event was not taken: ${response.status} ${await response.text()} ${source}`);
  return response.json();
}
