/**
 * What every screen is made of: elements, icons, times, fields, buttons that work, dialogs and toasts.
 * Content becomes text nodes, never HTML.
 */
import { fill, locale, words } from './words.js';

const TOAST = 6000;
const TROUBLE = 12000; // what went wrong takes longer to read
const TICK = 30000; // how often "3 minutes ago" is looked at again
const DAY = 86400;

/** `h('p.status', {attributes}?, …children)`: `on…` are listeners; what is undefined, null or false is left out. */
export function h(name, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag);
  if (tag === 'button') node.type = tag;
  node.classList.add(...classes);
  if (children[0]?.constructor === Object) {
    for (const [key, value] of Object.entries(children.shift())) {
      if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
      else if (key === 'value') node.value = value;
      else if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value);
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

// ---- Icons ----

const ICONS = {
  agenda: 'M5 6h14a1 1 0 0 1 1 1v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7a1 1 0 0 1 1-1ZM4 10.5h16M8.5 3.5V8M15.5 3.5V8',
  alert: 'M12 8v5M12 16.2v.1M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0Z',
  back: 'm14.5 6-6 6 6 6',
  catalog: 'm4 8 8-4.5L20 8v8l-8 4.5L4 16ZM4 8l8 4.5L20 8M12 12.5v8',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  clock: 'M12 7v5l3 2M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0Z',
  close: 'M6 6l12 12M18 6 6 18',
  conversations: 'M6 4h12a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-6l-5 4v-4H6a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3Z',
  copy: 'M9 9h10v11H9ZM15 9V4H5v11h4',
  crm: 'M9 11.5a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.4a3.75 3.75 0 0 1 0 6.7M18 14.6c2.1.9 3.5 2.8 3.5 5.4',
  details: 'M12 11v5.5M12 7.6v.1M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0Z',
  down: 'm6 9.5 6 6 6-6',
  external: 'M13.5 5H19v5.5M19 5l-8.5 8.5M17 14v4a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h4',
  gaps: 'M9 9.3A3.1 3.1 0 0 1 12 7c1.8 0 3.2 1.2 3.2 2.8 0 2.2-3.2 2.4-3.2 4.6M12 17.2v.1M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0Z',
  leads: 'm12 3.8 2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8Z',
  mail: 'M5 5.5h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2ZM3.5 7.5 12 13l8.5-5.5',
  nurture: 'M12 20.5v-9M12 14.5c-4.5 0-7-2.2-7-6.5 4.5 0 7 2.2 7 6.5ZM12 11.5c0-4.3 2.5-6.5 7-6.5 0 4.3-2.5 6.5-7 6.5Z',
  out: 'M14 8V5a1 1 0 0 0-1-1H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h7a1 1 0 0 0 1-1v-3M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5',
  payments: 'M5 5.5h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2ZM3 10h18M6.5 14.5h4',
  search: 'M16.5 10.5a6 6 0 1 1-12 0 6 6 0 0 1 12 0ZM15 15l5 5',
  send: 'M12 19V5.5M6 11l6-6 6 6',
  shipping: 'M3 6h11v10.5H3ZM14 10h4l3 3v3.5h-7ZM9 17.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM19 17.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z',
  systems: 'M8 4v5M16 4v5M5.5 9h13v2.5a6.5 6.5 0 0 1-13 0ZM12 18v3',
  tickets: 'M4 6.5h16v3.7a2 2 0 0 0 0 3.6v3.7H4v-3.7a2 2 0 0 0 0-3.6ZM14 7v2M14 11v2M14 15v2',
};

const AWNING = 'M3.5 9.5 5.6 4.6h12.8l2.1 4.9a2.83 2.83 0 0 1-5.67 0 2.83 2.83 0 0 1-5.66 0 2.83 2.83 0 0 1-5.67 0Z';
const COUNTER = 'M4 15.5h16v4H4Z';

function svg(className, ...paths) {
  const namespace = 'http://www.w3.org/2000/svg';
  const root = document.createElementNS(namespace, 'svg');
  root.setAttribute('viewBox', '0 0 24 24');
  root.setAttribute('class', className);
  root.setAttribute('aria-hidden', 'true');
  for (const data of paths) {
    const path = document.createElementNS(namespace, 'path');
    path.setAttribute('d', data);
    root.append(path);
  }
  return root;
}

export const icon = (name) => svg('icon', ICONS[name]);
export const mark = () => svg('mark', AWNING, COUNTER);

// ---- Time ----

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
const calendar = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' });
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' });

function ago(at) {
  const seconds = (at - Date.now()) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return words.now;
  if (size < 3600) return relative.format(Math.round(seconds / 60) || Math.sign(seconds), 'minute');
  if (size < DAY) return relative.format(Math.round(seconds / 3600), 'hour');
  if (size < 7 * DAY) return relative.format(Math.round(seconds / DAY), 'day');
  return calendar.format(at);
}

/** "3 minutes ago", kept true, with the whole date in its title. */
export function timeAgo(text) {
  const at = new Date(text);
  return h('time', { datetime: text, title: moment.format(at), 'data-ago': true }, ago(at));
}

/** The time of day, with the whole date in its title. */
export function timeOfDay(text) {
  const at = new Date(text);
  return h('time', { datetime: text, title: moment.format(at) }, clock.format(at));
}

/** A time to come: the hour if it is today, the weekday too if it is not. */
export function until(text) {
  const at = new Date(text);
  return (at.toDateString() === new Date().toDateString() ? clock : weekday).format(at);
}

/** The name of a day, for the line above its messages. */
export function dayName(text) {
  const midnight = (when) => new Date(when).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(text) - midnight(Date.now())) / (DAY * 1000));
  const name = days > -2
    ? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.min(days, 0), 'day')
    : calendar.format(new Date(text));
  return capitalised(name);
}

setInterval(() => {
  for (const node of document.querySelectorAll('time[data-ago]')) {
    const text = ago(new Date(node.dateTime));
    if (node.textContent !== text) node.textContent = text;
  }
}, TICK);

// ---- Text ----

export const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A name of the program's as people write: `access_token` is "Access token". */
export const readable = (name) => capitalised(String(name).replace(/[_-]+/g, ' ').trim());

/** The word of the table for one of the program's names, or the name as people write. */
export const named = (group, name) => words[`${group}_${name}`] ?? readable(name);

export const decimal = (number, digits = 0) => number.toLocaleString(locale, { maximumFractionDigits: digits });

// ---- What a person acts on ----

let ids = 0;

/** A field with its label, help and place for what is wrong with it. */
export function field({ label, help, control, note }) {
  const id = `field${++ids}`;
  const error = h('p.error', { id: `${id}-error`, role: 'alert' });
  const about = h('p.help', { id: `${id}-help` }, help);
  control.id = id;
  control.setAttribute('aria-describedby', `${id}-help ${id}-error`);
  const say = (sentence = '') => {
    error.textContent = sentence;
    if (sentence) control.setAttribute('aria-invalid', 'true');
    else control.removeAttribute('aria-invalid');
  };
  control.addEventListener('input', () => say());
  const node = h('div.field', h('label', { for: id }, label), control, help && about, note, error);
  return { node, control, say };
}

/** A button that shows that its task goes on, takes no second click meanwhile, and tells what went wrong. */
export function action(kind, label, task, attributes = {}) {
  const node = h(`button.${kind}`, {
    ...attributes,
    onclick: async () => {
      if (node.getAttribute('aria-busy') === 'true') return;
      node.setAttribute('aria-busy', 'true'); // not disabled: that would take the focus away
      try {
        await task(node);
      } catch (error) {
        complain(error);
      }
      node.removeAttribute('aria-busy');
    },
  }, label);
  return node;
}

/** Chips of which one is pressed; `choose` is told when another one is. */
export function chips(label, choices, chosen, choose) {
  const nodes = choices.map(([value, text]) => h('button.chip', {
    'aria-pressed': String(value === chosen),
    onclick: () => {
      nodes.forEach((node, index) => node.setAttribute('aria-pressed', String(choices[index][0] === value)));
      choose(value);
    },
  }, text));
  return h('div.chips', { role: 'group', 'aria-label': label }, nodes);
}

/** Copies what stands in a field that cannot be written in; where the browser forbids it, the text is selected. */
export function copyable(label, text) {
  const input = h('input', { readonly: true, value: text, 'aria-label': label, onfocus: () => input.select() });
  const copy = async () => {
    input.select();
    try {
      await navigator.clipboard.writeText(text);
      toast(words.copied);
    } catch {
      input.focus(); // plain http: the person copies by hand
      toast(words.copyByHand);
    }
  };
  return h('div.copyable', input, action('plain', [icon('copy'), words.copy], copy));
}

/** Asks for a yes; Escape and a click beside are a no. */
export function ask({ title, text, yes, danger }) {
  return new Promise((resolve) => {
    const answer = (kind, label, value) => h(`button.${kind}`, { onclick: () => dialog.close(value) }, label);
    const dialog = h('dialog', {
      'aria-labelledby': 'ask',
      onclick: (event) => event.target === dialog && dialog.close(''),
      onclose: () => {
        dialog.remove();
        resolve(dialog.returnValue === 'yes');
      },
    },
    h('div.sheet', h('h2', { id: 'ask' }, title), h('p', text),
      h('div.answers', answer('plain', words.cancel, ''), answer(danger ? 'danger' : 'strong', yes, 'yes'))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

// ---- What a person is told ----

const toasts = h('div.toasts', { role: 'status' });

export function toast(text, kind = 'good') {
  if (!toasts.isConnected) document.body.append(toasts);
  const node = h(`p.toast.${kind}`, icon(kind === 'good' ? 'check' : 'alert'), h('span', text));
  toasts.append(node);
  setTimeout(() => node.remove(), kind === 'good' ? TOAST : TROUBLE);
}

export const complain = (error) => {
  if (!error.isHandled) toast(error.sentence ?? words.ourFault, 'bad');
  if (!error.sentence) throw error; // a fault of this page belongs in the browser's console
};

export const loading = (text = words.loading) => h('p.loading', { role: 'status' }, h('span.spinner'), text);

export const empty = (name, title, text) => h('div.empty', icon(name), h('h2', title), h('p', text));

export function trouble(error, retry) {
  return h('div.empty.bad', { role: 'alert' }, icon('alert'), h('h2', words.notLoaded),
    h('p', error.sentence ?? words.ourFault), h('button.plain', { onclick: retry }, words.retry));
}

export const back = (href) =>
  h('a.quiet.back', { href, 'aria-label': words.back, title: words.back }, icon('back'));

export const note = (kind, name, ...content) => h(`div.note.${kind}`, icon(name), h('div', ...content));

/** The sentence for a count: `{n}` in the singular or the plural of the table. */
export const counted = (key, n) => fill(words[n === 1 ? `${key}One` : `${key}Many`], { n: decimal(n) });
