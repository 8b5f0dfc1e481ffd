/** What is known of a customer, and what the assistant did, for people who run a shop and not computers. */
import { capitalised, counted, decimal, h, icon, named, readable, timeAgo } from './dom.js';
import { fill, words } from './words.js';

const DEEPEST = 4;
const MOST_ITEMS = 20;
const LONGEST_TEXT = 600;

/** The panel beside a conversation. */
export function renderDetails(detail, messages) {
  return [
    renderBriefing(detail),
    h('section', h('h3', words.customer), renderContact(detail)),
    h('section', h('h3', words.whatItDid), renderTurns(detail, messages)),
    detail.news.length > 0 && h('section', h('h3', words.news), renderNews(detail.news)),
  ].filter(Boolean);
}

/** Rows of a name and a value; what is empty is left out. */
function pairs(rows) {
  const given = rows.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return h('dl', given.map(([name, value]) => h('div', h('dt', name), h('dd', { dir: 'auto' }, value))));
}

/** What the assistant wrote down for whoever takes over, while somebody else than it has the conversation. */
function renderBriefing({ owner, turns }) {
  if (owner !== 'team' && owner !== 'person') return undefined;
  const effects = turns.flatMap(({ tool_calls: calls }) => calls.flatMap(({ result }) => result?.effects ?? []));
  const handOff = effects.findLast(({ effect }) => effect === 'hand_off');
  if (!handOff) return undefined;
  const summary = handOff.summary.split(/\nÚltimas mensagens:\n/)[0]; // the messages are beside it
  return h('section', h('h3', words.handedOver),
    h('p', named('reason', handOff.reason)), h('p.plain.quoted', { dir: 'auto' }, summary));
}

function renderContact({ contact, identities, channel, language, metadata, created_at: at }) {
  const { page, campaign } = metadata;
  const handles = identities.filter(({ kind }) => kind !== 'web_visitor' && kind !== 'terminal');
  return pairs([
    [words.name, contact?.name ?? words.notSaid],
    [words.email, contact?.email],
    [words.phone, contact?.phone],
    ...handles.filter(({ value }) => value !== contact?.email && value !== contact?.phone)
      .map(({ kind, value }) => [named('identity', kind), value]),
    [words.channel, words[`channel_${channel}`] ?? channel],
    [words.language, words[`language_${language}`] ?? language],
    [words.stage, contact?.stage && named('stage', contact.stage)],
    [words.tags, contact?.tags.join(', ')],
    [words.marketing, { true: words.yes, false: words.no }[contact?.marketing_consent]],
    ...(contact?.preferences ?? []).map(({ key, value }) => [readable(key), value]),
    [words.page, typeof page === 'string' ? page : undefined],
    [words.campaign, typeof campaign === 'string' ? campaign : undefined],
    [words.began, timeAgo(at)],
  ]);
}

function renderNews(news) {
  return h('ul.steps', news.map(({ at, record, state, told }) => h('li',
    h('p', `${capitalised(record)}: ${readable(state)} · ${told ? words.told : words.notTold}`),
    h('p.fine', timeAgo(at)))));
}

function renderTurns({ turns, truncated }, messages) {
  if (!turns.length) return h('p.fine', words.didNothing);
  const shown = [...turns].reverse().map((turn, index) => renderTurn(turn, messages, index === 0));
  return [...shown, truncated && h('p.fine', words.truncated)];
}

/** One turn: what it answered, what it looked up and called, what it did not say, and how it ended. */
function renderTurn(turn, messages, isOpen) {
  const asked = turn.answers.map((id) => messages.get(id)?.text).filter(Boolean).join(' ');
  const { model_calls: models, usage } = turn;
  const names = [...new Set(models.map(({ model }) => model))].map((name) => named('model', name));
  const tokens = usage.input_tokens + usage.output_tokens;
  return h('details.turn', { open: isOpen },
    h('summary', h('span', { dir: 'auto' }, asked ? `“${asked}”` : words.aMessage), timeAgo(turn.started_at)),
    h('ul.steps',
      turn.evidence.map(renderSearch),
      turn.tool_calls.map(renderCall),
      turn.withheld.map(({ reason, text }) => step('alert', words.withheld,
        h('p.quoted', { dir: 'auto' }, text), h('p.fine', reason))),
      step(turn.finished_at ? 'check' : 'clock',
        turn.stop_reason ? named('stop', turn.stop_reason) : words.stillAtIt,
        names.length > 0 && h('p.fine', fill(words.byModel, { names: names.join(', ') }),
          tokens > 0 && ` · ${counted('tokens', tokens)}`))));
}

const step = (name, title, ...content) => h('li', icon(name), h('div', h('p', title), ...content));

function renderSearch({ query, passages }) {
  const titles = [...new Set(passages.map(({ title, heading }) => heading ? `${title} › ${heading}` : title))];
  return step('search', fill(words.searched, { query }),
    passages.length === 0 ? h('p.fine', words.foundNothing)
      : h('details', h('summary', counted('found', passages.length)),
        h('ul.plainly', titles.map((title) => h('li', { dir: 'auto' }, title)))));
}

function renderCall({ name, arguments: given, outcome, result, duration_ms: took }) {
  const isDone = outcome === 'done';
  const told = isDone ? result.data : undefined;
  return step(isDone ? 'check' : outcome ? 'alert' : 'clock', named('tool', name),
    renderValue(given),
    h('p.fine', outcome ? named('outcome', outcome) : words.stillAtIt,
      took >= 1000 && ` · ${fill(words.seconds, { n: decimal(took / 1000, 1) })}`),
    result?.reason && h('p.fine', { dir: 'auto' }, result.reason),
    told !== undefined && told !== null && h('details', h('summary', words.whatCameBack), renderValue(told)));
}

/** Any value of a tool's as names and values; what is too deep or too long is cut. */
function renderValue(value, depth = 0) {
  if (value === null || value === undefined || value === '') return undefined;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number') return String(value); // it may be the number of an order
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
  if (depth >= DEEPEST) return '…';
  if (!Array.isArray(value)) {
    const rows = Object.entries(value).map(([name, each]) => [readable(name), renderValue(each, depth + 1)]);
    return rows.length ? pairs(rows) : undefined;
  }
  if (value.every((each) => typeof each !== 'object')) return value.map((each) => renderValue(each)).join(', ');
  const shown = value.slice(0, MOST_ITEMS).map((each) => h('li', renderValue(each, depth + 1)));
  return h('ul.plainly', shown, value.length > MOST_ITEMS && h('li', '…'));
}
