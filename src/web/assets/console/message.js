/** One message as a person of the business sees it: the words, what they rest on, and the files that came with them. */
import { action, h, icon, mark, note, timeOfDay } from './dom.js';
import { plain, rich } from './text.js';
import { words } from './words.js';

const LARGEST_PICTURE = 8 * 1024 * 1024; // beyond, a picture is saved and not shown

/** `path` is the conversation's, where its files are. */
export function renderMessage(message, api, path) {
  const { role, text, author, created_at: at, kept } = message;
  if (role === 'system') return h('p.line', `${words.customerReads} “${text}”`, ' · ', timeOfDay(at));
  const who = { customer: words.customer, assistant: words.assistant, human: author ?? words.person }[role];
  const { quoted, confirmation, media = [], attachment, buttons = [], sources = [] } = message;
  return h(`article.message.${role}`,
    role !== 'customer' && h('span.avatar', { 'aria-hidden': 'true' },
      role === 'human' ? Array.from(who)[0].toUpperCase() : mark()),
    h('div.body',
      h('p.author', { dir: 'auto' }, who, ' · ', timeOfDay(at)),
      h('div.bubble',
        quoted && h('blockquote', { dir: 'auto' }, quoted.text),
        confirmation && h('p.asks', icon('alert'), words.asksConfirmation),
        role === 'customer' ? plain(text) : rich(text),
        attachment && h('p.carried', words[`carried_${attachment.type}`] ?? attachment.type, ' ',
          attachment.label ?? attachment.url ?? ''),
        media.map((each) => renderMedia(each, api, path))),
      buttons.length > 0 && h('p.offered', words.offered, ' ', buttons.map(({ label }) => label).join(' · ')),
      sources.length > 0 && h('details.sources', h('summary', `${words.sources} (${sources.length})`),
        h('ul', sources.map(({ title, heading }) => h('li', [title, heading].filter(Boolean).join(' · '))))),
      kept && h('p.fine', words[`kept_${kept}`] ?? words.kept)));
}

function renderMedia({ kind, file_name: name, file }, api, path) {
  const label = [words[`media_${kind}`] ?? kind, name].filter(Boolean).join(' · ');
  if (!file) return h('p.carried', label);
  const place = h('div.media');
  const isPicture = file.mime_type.startsWith('image/') && file.bytes <= LARGEST_PICTURE;
  place.append(action('plain', isPicture ? label : `${words.save}: ${label}`, async () => {
    const blob = await api.file(`${path}/files/${file.digest}`);
    if (isPicture) await showPicture(place, blob, label);
    else save(blob, name ?? `${kind}-${file.digest.slice(0, 8)}`);
  }));
  return place;
}

/** As a `data:` address, which is all that the page's policy lets a picture have. */
async function showPicture(place, blob, label) {
  const address = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  const picture = h('img', { alt: label });
  picture.onerror = () => place.replaceChildren(note('warn', 'alert', h('p', words.noPicture)));
  picture.src = address;
  place.replaceChildren(picture);
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  h('a', { href: address, download: name }).click();
  URL.revokeObjectURL(address);
}
