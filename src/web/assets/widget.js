/**
 * Balcão web chat: <balcao-chat>, a launcher, or a whole page with mode="page".
 * Chat decides what happens, View what is seen. Content becomes text nodes, never HTML; any strict CSP is met.
 */
(() => {
'use strict';

if (customElements.get('balcao-chat')) return;

const SCRIPT = document.currentScript || document.querySelector('script[src*="widget.js"]');
const API_BASE = new URL('api/v1/', SCRIPT?.src || location.href).href;

const STORE_VERSION = 1; // raise when the stored shapes change
const MAX_CHARACTERS = 4000;
const COUNTER_FROM = 3600;
const HISTORY_PAGE = 500;
const REQUEST_TIMEOUT = 15000;
const CONFIG_PATIENCE = 1500; // for the first paint in the operator's colours
const SEND_ATTEMPTS = 5;
const LOCAL_TYPING = 15000; // a guess, until the server says that a turn runs
const TURN_TYPING = 90000;
const ECHO_PATIENCE = 8000; // a stream without our message by then is dead
const HIDDEN_PATIENCE = 20000; // a hidden tab frees its connection: HTTP/1.1 has six
const GROUP_WINDOW = 5 * 60000;
const CLOCK_SKEW = 2 * 60000;
const NEAR_BOTTOM = 80;
const PHONE = '(max-width: 520px), (max-height: 480px)';

// ---- Words ----

const LOCALES = ['pt-BR', 'en', 'es'];

const WORDS = {
  title: ['Atendimento', 'Customer service', 'Atención al cliente'],
  greeting: ['Olá! Como posso ajudar?', 'Hello! How can I help?', '¡Hola! ¿En qué puedo ayudar?'],
  statusBot: [
    'Assistente virtual · 24 horas',
    'Virtual assistant · 24 hours',
    'Asistente virtual · 24 horas',
  ],
  statusTeam: ['Chamando uma pessoa da equipe', 'Calling someone from the team', 'Llamando a una persona del equipo'],
  open: ['Abrir o atendimento', 'Open the chat', 'Abrir el chat'],
  close: ['Fechar', 'Close', 'Cerrar'],
  newChat: ['Nova conversa', 'New conversation', 'Nueva conversación'],
  newChatText: [
    'As mensagens atuais deixam de aparecer aqui.',
    'The current messages will no longer be shown here.',
    'Los mensajes actuales dejarán de verse aquí.',
  ],
  cancel: ['Cancelar', 'Cancel', 'Cancelar'],
  placeholder: ['Escreva sua mensagem', 'Write your message', 'Escribe tu mensaje'],
  send: ['Enviar', 'Send', 'Enviar'],
  typing: ['Digitando…', 'Typing…', 'Escribiendo…'],
  you: ['Você', 'You', 'Tú'],
  assistant: ['Assistente', 'Assistant', 'Asistente'],
  person: ['Atendente', 'Agent', 'Agente'],
  sending: ['Enviando', 'Sending', 'Enviando'],
  sent: ['Enviada', 'Sent', 'Enviado'],
  failed: ['Não enviada.', 'Not sent.', 'No enviado.'],
  retry: ['Tentar de novo', 'Try again', 'Reintentar'],
  edit: ['Editar', 'Edit', 'Editar'],
  money: ['Valor', 'Amount', 'Monto'],
  number: ['Número', 'Number', 'Número'],
  date: ['Data', 'Date', 'Fecha'],
  send_these: ['Enviar', 'Send', 'Enviar'],
  about: ['{at} de cerca de {of}', '{at} of about {of}', '{at} de unas {of}'],
  tooLong: [
    'Mensagem longa demais: o limite é de {max} caracteres.',
    'Message too long: the limit is {max} characters.',
    'Mensaje demasiado largo: el límite es de {max} caracteres.',
  ],
  rateLimited: [
    'Muitas mensagens em pouco tempo. Enviaremos a sua em {n} s.',
    'Too many messages at once. Yours will be sent in {n} s.',
    'Demasiados mensajes seguidos. El tuyo saldrá en {n} s.',
  ],
  offline: [
    'Sem internet. A mensagem sai quando a conexão voltar.',
    'No internet. Messages are sent when it is back.',
    'Sin internet. El mensaje sale cuando vuelva la conexión.',
  ],
  reconnecting: ['Reconectando…', 'Reconnecting…', 'Reconectando…'],
  joined: ['Você está falando com {name}', 'You are talking to {name}', 'Estás hablando con {name}'],
  confirmation: ['Falta a sua confirmação', 'Waiting for your confirmation', 'Falta tu confirmación'],
  sources: ['Fontes', 'Sources', 'Fuentes'],
  newMessages: ['Novas mensagens', 'New messages', 'Mensajes nuevos'],
  privacy: ['Privacidade', 'Privacy', 'Privacidad'],
};

function chooseLocale(...wishes) {
  const match = (wish = '') => LOCALES.find((locale) => wish.toLowerCase().startsWith(locale.slice(0, 2)));
  return wishes.map(match).find(Boolean) || LOCALES[0];
}

function wordsFor(locale) {
  const index = LOCALES.indexOf(locale);
  return Object.fromEntries(Object.entries(WORDS).map(([key, translations]) => [key, translations[index]]));
}

const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// ---- DOM helpers ----

/** `h('p.status', {attributes}?, …children)`: `on…` are listeners; undefined and false are left out. */
function h(name, ...children) {
  const [tag, ...classes] = name.split('.');
  const node = document.createElement(tag);
  if (tag === 'button') node.type = tag;
  node.classList.add(...classes);
  if (children[0]?.constructor === Object) {
    for (const [key, value] of Object.entries(children.shift())) {
      if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
      else if (value !== undefined && value !== false) node.setAttribute(key, value);
    }
  }
  node.append(...children);
  return node;
}

const ICONS = {
  chat: 'M6 4h12a3 3 0 0 1 3 3v7a3 3 0 0 1-3 3h-6l-5 4v-4H6a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3Z',
  down: 'm6 9.5 6 6 6-6',
  close: 'M6 6l12 12M18 6 6 18',
  plus: 'M12 5.5v13M5.5 12h13',
  send: 'M12 19V5.5M6 11l6-6 6 6',
  clock: 'M12 7v5l3 2M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0Z',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  alert: 'M12 8v5M12 16.2v.1M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0Z',
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

const icon = (name) => svg('icon', ICONS[name]);
const mark = () => svg('mark', AWNING, COUNTER);

/** `crypto.randomUUID` is missing on plain-http pages. */
function uuid() {
  const random = (digit) => (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16);
  return '10000000-1000-4000-8000-100000000000'.replace(/[018]/g, random);
}

/** Runs `task` while no other tab does, where the browser has locks. */
async function exclusively(name, task) {
  let running;
  try {
    await navigator.locks.request(name, () => (running = task()));
  } catch {
    // plain http or an opaque origin: no locks
  }
  return running || task();
}

const backOff = (failures) => Math.min(30000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

// ---- Colour ----

function parseColor(text = '') {
  if (!/^#(?:[\da-f]{3}){1,2}$/i.test(text)) return undefined;
  const digits = text.length === 4 ? text.replace(/\w/g, '$&$&') : text;
  return digits.match(/\w\w/g).map((pair) => parseInt(pair, 16));
}

function luminance(color) {
  const [red, green, blue] = color.map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const mix = (from, to, share) => from.map((channel, i) => Math.round(channel + (to[i] - channel) * share));
const css = (color) => `rgb(${color.join(' ')})`;
const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];

/** White where it reaches AA, else black, which then does. */
const inkOn = (color) => (contrast(color, WHITE) >= 4.5 ? WHITE : BLACK);

function distinct(color, background, target) {
  const goal = luminance(background) > 0.18 ? BLACK : WHITE;
  for (let share = 0; share < 1; share += 0.04) {
    const candidate = mix(color, goal, share);
    if (contrast(candidate, background) >= target) return candidate;
  }
  return goal;
}

/** The operator's colours, readable in light and dark. */
function themeSheet(brand = [31, 95, 83], accent = [240, 163, 92]) {
  const variables = (canvas, bubble) => {
    const fill = distinct(brand, canvas, 1.3);
    const spot = distinct(accent, fill, 1.5);
    return `--brand:${css(fill)};--on-brand:${css(inkOn(fill))};--accent:${css(spot)};--on-accent:${css(inkOn(spot))};`
      + `--ink:${css(distinct(brand, bubble, 4.9))};`;
  };
  return `.root{${variables([250, 247, 243], [243, 238, 231])}}`
    + `@media(prefers-color-scheme:dark){.root{${variables([24, 21, 18], [48, 43, 38])}}}`;
}

// ---- Markdown ----

const SAFE_LINK = /^(?:https?:\/\/|mailto:|tel:)/i;
const ADDRESS = '\\bhttps?:\\/\\/[^\\s<>"\']+';
const RICH = new RegExp(
  [
    '`([^`\\n]+)`', // 1 code
    '\\*\\*(\\S(?:.*?\\S)?)\\*\\*', // 2 bold
    '\\*(\\S(?:[^*\\n]*?\\S)?)\\*', // 3 italic
    '\\[([^\\]\\n]+)\\]\\(([^\\s()]+(?:\\([^\\s()]*\\)[^\\s()]*)*)\\)', // 4 link text, 5 address
    ADDRESS,
  ].join('|'),
  'g',
);
const ADDRESSES = new RegExp(ADDRESS, 'g');
const WORD = /[\p{L}\p{N}]/u;

const link = (href, text) => h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text);

function appendInline(parent, text, marks = RICH, depth = 0) {
  const pattern = new RegExp(marks); // own `lastIndex`, as this function calls itself
  let from = 0;
  for (let match; (match = pattern.exec(text)); ) {
    const [whole, code, bold, italic, label, address] = match;
    const end = match.index + whole.length;
    // "5*3*2" is arithmetic and nobody nests this deep.
    const insideWord = WORD.test(text[match.index - 1] || '') || WORD.test(text[end] || '');
    if (depth > 3 || (italic && insideWord) || (address && !SAFE_LINK.test(address))) {
      pattern.lastIndex = match.index + 1;
      continue;
    }
    parent.append(text.slice(from, match.index));
    from = end;
    if (code) {
      parent.append(h('code', code));
    } else if (bold || italic) {
      const node = h(bold ? 'strong' : 'em');
      appendInline(node, bold || italic, marks, depth + 1);
      parent.append(node);
    } else if (address) {
      parent.append(link(address, label));
    } else {
      // Punctuation and a bracket of the sentence are not the address's.
      let url = whole;
      while (/[.,;:!?*\]]$/.test(url) || (url.endsWith(')') && url.split(')').length > url.split('(').length)) {
        url = url.slice(0, -1);
      }
      parent.append(link(url, url));
      from = match.index + url.length;
      pattern.lastIndex = from;
    }
  }
  parent.append(text.slice(from));
}

/** The assistant's words; a price keeps on one line. */
function renderMarkdown(text) {
  const fragment = document.createDocumentFragment();
  let block; // where a following line goes on
  const start = (tag, content, parent = fragment) => {
    block = h(tag, { dir: 'auto' });
    parent.append(block);
    appendInline(block, content);
  };
  for (const line of text.replace(/R\$ (?=\d)/g, 'R$\u00a0').split(/\r?\n/)) {
    const [, bullet, number, item] = /^\s*(?:([-*•])|(\d{1,3})[.)])\s+(.+)$/.exec(line) || [];
    const heading = /^#{1,6}\s+(.+?)\s*#*$/.exec(line);
    if (!line.trim()) {
      block = undefined;
    } else if (item) {
      const tag = bullet ? 'ul' : 'ol';
      const open = block?.parentNode;
      const list = open?.localName === tag ? open : h(tag, { start: number });
      if (list !== open) fragment.append(list);
      start('li', item, list);
    } else if (heading) {
      start('p', `**${heading[1]}**`);
      block = undefined;
    } else if (block && (block.localName === 'p' || /^\s{2}/.test(line))) {
      block.append(h('br'));
      appendInline(block, line.trim());
    } else {
      start('p', line.trim());
    }
  }
  return fragment;
}

/** The customer's own words, as typed. */
function renderPlain(text) {
  const node = h('p.plain', { dir: 'auto' });
  appendInline(node, text, ADDRESSES);
  return node;
}

// ---- Store ----

/** Web storage as JSON; what the browser refuses lives in memory. */
/** Sliders grow faster to the right, and stop at round numbers: a thousand and a million fit on one. */
function sliderValue(position, min, max) {
  const low = Math.max(min, 1);
  const value = position <= 0 ? min : low * (max / low) ** (position / 100);
  const step = 10 ** Math.max(Math.floor(Math.log10(Math.max(value, 1))) - 1, 0);
  return Math.min(max, Math.max(min, Math.round(value / step) * step));
}

class Store {
  constructor(scope, area = 'localStorage') {
    this.area = area; // by name: reading the property may already throw
    this.prefix = `balcao:${STORE_VERSION}:${scope}:`;
    this.memory = new Map();
  }

  get(key) {
    const name = this.prefix + key;
    try {
      const text = this.memory.has(name) ? this.memory.get(name) : window[this.area].getItem(name);
      return text === null ? null : JSON.parse(text);
    } catch {
      return null;
    }
  }

  set(key, value) {
    const name = this.prefix + key;
    const text = value === null ? null : JSON.stringify(value);
    try {
      if (text === null) window[this.area].removeItem(name);
      else window[this.area].setItem(name, text);
      this.memory.delete(name);
    } catch {
      this.memory.set(name, text);
    }
  }

  list(group) {
    const names = new Set(this.memory.keys());
    try {
      Object.keys(window[this.area]).forEach((name) => names.add(name));
    } catch {
      // then memory is all
    }
    return [...names]
      .filter((name) => name.startsWith(this.prefix + group))
      .map((name) => this.get(name.slice(this.prefix.length)))
      .filter((value) => value !== null);
  }

  watch(callback, signal) {
    addEventListener('storage', ({ key, newValue }) => {
      if (key?.startsWith(this.prefix)) callback(key.slice(this.prefix.length), newValue === null);
    }, { signal });
  }
}

// ---- Api ----

class ApiError extends Error {
  constructor(status, problem = {}, retryAfter = 0) {
    super(problem.code || `http ${status}`);
    this.status = status; // 0: no answer
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get gone() {
    return [401, 403, 404, 410].includes(this.status);
  }

  /** Sending the same again cannot help. */
  get final() {
    return this.status >= 400 && this.status < 500 && !this.gone && ![408, 425, 429].includes(this.status);
  }
}

class Api {
  constructor(base) {
    this.base = base;
  }

  config() {
    return this.call('GET', 'widget-config');
  }

  openConversation(locale) {
    const metadata = { page: location.origin + location.pathname };
    return this.call('POST', 'conversations', { body: { channel: 'web', locale, metadata } });
  }

  post(conversation, entry) {
    const body = { client_id: entry.client_id, text: entry.text };
    return this.call('POST', `conversations/${conversation.id}/messages`, { token: conversation.token, body });
  }

  history(conversation, after) {
    const query = new URLSearchParams({ limit: HISTORY_PAGE, ...(after && { after }) });
    return this.call('GET', `conversations/${conversation.id}/messages?${query}`, { token: conversation.token });
  }

  /** EventSource sends no headers, so the token goes in the address, here only. */
  eventsUrl(conversation, after) {
    const query = new URLSearchParams({ token: conversation.token, ...(after && { after }) });
    return `${this.base}conversations/${conversation.id}/events?${query}`;
  }

  async call(method, path, { token, body } = {}) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), REQUEST_TIMEOUT);
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers['Content-Type'] = 'application/json';
    try {
      const response = await fetch(this.base + path, {
        method,
        headers,
        body: body && JSON.stringify(body),
        signal: patience.signal,
        credentials: 'omit',
        cache: 'no-store',
      });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) return answer;
      const seconds = Number(response.headers.get('Retry-After') || answer.retry_after);
      throw new ApiError(response.status, answer, seconds * 1000 || 0);
    } catch (error) {
      throw error instanceof ApiError ? error : new ApiError(0);
    } finally {
      clearTimeout(timer);
    }
  }
}

// ---- Stream ----

/**
 * EventSource with back-off: the browser's own retries keep one pace and end at an HTTP error.
 * `prepare` answers the address of each connection, or throws.
 */
class Stream {
  constructor(parts) {
    Object.assign(this, parts); // signal, prepare, onEvent, onState
    this.failures = 0;
    this.generation = 0; // tells late answers of abandoned attempts
  }

  start() {
    if (!this.active) this.connect();
  }

  stop() {
    this.active = false;
    this.generation += 1;
    clearTimeout(this.timer);
    this.source?.close();
  }

  restart() {
    this.stop();
    this.failures = 0;
    this.connect();
  }

  async connect() {
    if (this.signal.aborted) return;
    const generation = ++this.generation;
    this.active = true;
    let address;
    try {
      address = await this.prepare();
    } catch (error) {
      if (generation === this.generation) this.retry(error.retryAfter);
      return;
    }
    if (generation !== this.generation) return;
    const source = new EventSource(address);
    this.source = source;
    let openedAt = 0;
    source.onopen = () => {
      openedAt = Date.now();
      this.onState(true);
    };
    source.onerror = () => {
      if (generation !== this.generation) return;
      // One that closes at once must not be retried at once.
      if (openedAt && Date.now() - openedAt > 5000) this.failures = 0;
      this.retry();
    };
    for (const type of ['message', 'delta', 'progress', 'tool', 'ownership', 'turn']) {
      source.addEventListener(type, (event) => {
        if (generation === this.generation) this.onEvent(type, JSON.parse(event.data), event.lastEventId);
      });
    }
  }

  retry(atLeast = 0) {
    this.stop();
    this.onState(false);
    this.active = true;
    this.timer = setTimeout(() => this.connect(), Math.max(atLeast, backOff(this.failures)));
    this.failures += 1;
  }
}

// ---- Outbox ----

/** Messages not yet accepted; one key each, as tabs share them. */
class Outbox {
  constructor(store) {
    this.store = store;
  }

  add(text) {
    const entry = { client_id: uuid(), text, at: Date.now() };
    this.save(entry);
    return entry;
  }

  save(entry) {
    this.store.set(`out:${entry.client_id}`, entry);
  }

  remove(clientId) {
    this.store.set(`out:${clientId}`, null);
  }

  all() {
    return this.store.list('out:').sort((a, b) => a.at - b.at);
  }

  /** A rejected one waits for its author. */
  next() {
    return this.all().find((entry) => !entry.rejected);
  }

  clear() {
    this.all().forEach((entry) => this.remove(entry.client_id));
  }
}

// ---- Chat ----

const BOT = { kind: 'bot' };

function ownerSentence({ kind, name }, words) {
  return { bot: words.statusBot, team: words.statusTeam }[kind] || fill(words.joined, { name: name || words.person });
}

class Chat {
  constructor(parts) {
    Object.assign(this, parts); // api, store, words, locale, signal, onMessage
    this.outbox = new Outbox(this.store);
    this.stream = new Stream({
      signal: this.signal,
      prepare: () => this.prepareStream(),
      onEvent: (type, data, eventId) => this.onEvent(type, data, eventId),
      onState: (connected) => this.onConnection(connected),
    });
    this.sendFailures = 0;
    this.revivals = 0;
    this.notBefore = 0;
    this.forgetLocally();
  }

  start(view) {
    const { signal } = this;
    this.view = view;
    view.setInput(this.store.get('typed') || '');
    this.store.watch((key, removed) => this.onOtherTab(key, removed), signal);
    addEventListener('online', () => this.onNetwork(), { signal });
    addEventListener('offline', () => this.onNetwork(), { signal });
    document.addEventListener('visibilitychange', () => this.onVisibility(), { signal });
    this.load();
  }

  stop() {
    this.stream.stop();
    [this.sendTimer, this.typingTimer, this.bannerTimer, this.hiddenTimer].forEach(clearTimeout);
  }

  get conversation() {
    return this.store.get('conversation');
  }

  isCurrent(conversation) {
    return this.conversation?.id === conversation.id;
  }

  load() {
    const conversation = this.conversation;
    const cursor = this.store.get('cursor');
    this.cursor = conversation && cursor?.id === conversation.id ? cursor.event : undefined;
    this.setOwner((conversation && this.store.get('owner')) || BOT);
    for (const entry of this.outbox.all()) {
      this.view.putPending(entry);
      if (entry.rejected) this.view.setState(entry.client_id, 'rejected', entry.rejected);
    }
    // Unsent messages wait for the history, which may show that they had arrived.
    if (conversation) this.stream.start();
    else this.flush();
  }

  forgetLocally() {
    this.messages = new Map(); // id -> message, in the server's order
    this.posted = new Map(); // message id -> client id, accepted but not yet seen on the stream
    this.handedOver = new Map(); // client id -> entry, of which the server may already know
    this.lastId = undefined;
    this.cursor = undefined;
    this.turn = undefined;
    this.synchronised = false;
    this.owner = BOT;
  }

  /** Unsent messages stay. */
  forget(conversation) {
    if (conversation && !this.isCurrent(conversation)) return; // another tab was first
    ['conversation', 'cursor', 'owner', 'seen'].forEach((key) => this.store.set(key, null));
    this.reload();
  }

  reload() {
    this.stream.stop();
    clearTimeout(this.bannerTimer);
    this.view.reset();
    this.forgetLocally();
    this.load();
  }

  startOver() {
    this.outbox.clear();
    this.view.setNotice();
    this.forget(this.conversation);
  }

  send(text) {
    const entry = this.outbox.add(text);
    this.view.putPending(entry, true);
    this.expectAnswer();
    this.resumeSending();
  }

  retry() {
    this.resumeSending();
    if (this.conversation) this.stream.restart();
  }

  resumeSending() {
    this.sendFailures = 0;
    this.setQueueState('pending');
    this.flush();
  }

  keepTyped(text) {
    this.store.set('typed', text || null);
  }

  setQueueState(state) {
    this.outbox.all().filter((entry) => !entry.rejected)
      .forEach((entry) => this.view.setState(entry.client_id, state));
  }

  takeBack(clientId) {
    const entry = this.outbox.all().find((each) => each.client_id === clientId);
    this.outbox.remove(clientId);
    this.view.remove(clientId);
    return entry?.text;
  }

  /** Sends in order; one tab at a time, so the order holds across tabs. */
  async flush() {
    if (this.flushing) this.flushAgain = true;
    if (this.flushing || Date.now() < this.notBefore) return;
    this.flushing = true;
    clearTimeout(this.sendTimer);
    do {
      this.flushAgain = false;
      await exclusively(`${this.store.prefix}outbox`, () => this.drain());
    } while (this.flushAgain && Date.now() >= this.notBefore);
    this.flushing = false;
  }

  async drain() {
    for (let entry; !this.signal.aborted && (entry = this.outbox.next()); ) {
      try {
        await this.deliver(entry);
      } catch (error) {
        if (!this.mayGoOn(entry, error)) return;
      }
    }
  }

  async deliver(entry) {
    if (!this.conversation) {
      this.store.set('conversation', await this.api.openConversation(this.locale));
      this.setOwner(BOT);
      this.stream.restart();
    }
    const conversation = this.conversation;
    this.handedOver.set(entry.client_id, entry);
    const { message_id: messageId } = await this.api.post(conversation, entry).catch((error) => {
      error.abandoned = error.gone;
      if (error.gone) this.forget(conversation);
      throw error;
    });
    this.outbox.remove(entry.client_id);
    this.sendFailures = 0;
    this.revivals = 0;
    this.view.setNotice();
    if (this.isCurrent(conversation)) this.accepted(entry.client_id, messageId);
  }

  /** True when the next message may be tried at once. */
  mayGoOn(entry, error) {
    if (error.abandoned && ++this.revivals < 3) return true;
    if (error.final) {
      const max = error.problem.limit || MAX_CHARACTERS;
      const reason = error.status === 413 ? fill(this.words.tooLong, { max }) : this.words.failed;
      this.outbox.save({ ...entry, rejected: reason });
      this.view.setState(entry.client_id, 'rejected', reason);
      this.setTyping(false);
      return true;
    }
    if (error.status === 429) {
      const wait = Math.max(1000, error.retryAfter || 5000);
      this.notBefore = Date.now() + wait;
      this.view.setNotice(this.words.rateLimited, this.notBefore);
      this.sendTimer = setTimeout(() => this.flush(), wait + 10);
      return false;
    }
    this.sendFailures += 1;
    if (this.sendFailures < SEND_ATTEMPTS) {
      this.sendTimer = setTimeout(() => this.flush(), Math.max(error.retryAfter, backOff(this.sendFailures)));
    } else {
      this.setTyping(false);
      this.setQueueState('failed');
    }
    return false;
  }

  accepted(clientId, messageId) {
    this.handedOver.delete(clientId);
    const known = this.messages.get(messageId);
    if (known) {
      this.view.bind(clientId, known);
      return;
    }
    this.posted.set(messageId, clientId);
    this.view.setState(clientId, 'sent');
    setTimeout(() => {
      if (this.posted.has(messageId) && !document.hidden) this.stream.restart();
    }, ECHO_PATIENCE);
  }

  async prepareStream() {
    const conversation = this.conversation;
    try {
      for (let full = true; full; ) {
        const { messages } = await this.api.history(conversation, this.lastId);
        if (!this.isCurrent(conversation)) throw new ApiError(0);
        messages.forEach((message) => this.receive(message, this.synchronised));
        full = messages.length === HISTORY_PAGE;
      }
    } catch (error) {
      if (error.gone) this.forget(conversation);
      else this.flush();
      throw error;
    }
    if (!this.synchronised) {
      this.synchronised = true;
      this.view.historyShown();
      const last = [...this.messages.values()].pop();
      // After a reload in mid-turn an answer is still to come.
      if (last?.role === 'customer' && Date.now() - new Date(last.created_at) < LOCAL_TYPING) this.expectAnswer();
    }
    this.countUnread();
    this.flush();
    return this.api.eventsUrl(conversation, this.cursor);
  }

  onEvent(type, data, eventId) {
    const persistent = type !== 'delta' && type !== 'progress' && type !== 'tool';
    if (eventId) this.cursor = eventId;
    if (eventId && persistent) this.store.set('cursor', { id: this.conversation.id, event: eventId });
    this[`on_${type}`](data);
  }

  on_message(message) {
    this.receive(message, true);
    this.countUnread();
  }

  on_delta({ turn_id: turnId, text }) {
    this.enterTurn(turnId);
    this.setTyping(false);
    this.view.appendDraft(text);
  }

  on_progress({ turn_id: turnId, text }) {
    this.enterTurn(turnId);
    this.setTyping(true, text, TURN_TYPING);
  }

  on_tool({ turn_id: turnId, state }) {
    this.enterTurn(turnId);
    if (state === 'started') this.setTyping(true, this.progress, TURN_TYPING);
  }

  on_turn({ turn_id: turnId, state }) {
    if (state === 'started') {
      this.turn = turnId;
      this.view.dropDraft(); // a turn that restarts tells its draft from the beginning
      this.setTyping(true, undefined, TURN_TYPING);
    } else if (this.turn === undefined || this.turn === turnId) {
      this.endDraft();
    }
  }

  on_ownership({ owner, name, waiting }) {
    const before = this.owner;
    this.setOwner({ kind: owner === 'bot' ? 'bot' : waiting ? 'team' : 'person', name });
    this.store.set('owner', this.owner);
    if (this.owner.kind !== 'bot') this.endDraft();
    // That a person is called or the assistant is back a message says.
    if (this.owner.kind !== 'person' || (before.kind === 'person' && before.name === this.owner.name)) return;
    this.view.putLine(ownerSentence(this.owner, this.words));
  }

  endDraft() {
    this.view.dropDraft();
    this.setTyping(false);
  }

  /** A turn that was superseded withdraws its draft. */
  enterTurn(turnId) {
    if (turnId === this.turn) return;
    this.turn = turnId;
    this.view.dropDraft();
  }

  setOwner(owner) {
    this.owner = owner;
    this.view.setOwner(owner);
  }

  receive(message, live) {
    const known = this.messages.has(message.id);
    this.messages.set(message.id, message);
    this.lastId = message.id;
    const clientId = this.posted.get(message.id) || this.findOwn(message);
    this.posted.delete(message.id);
    if (clientId) {
      this.handedOver.delete(clientId);
      this.view.bind(clientId, message);
    } else if (!known) {
      this.view.putMessage(message, live);
    }
    if (message.role !== 'customer') this.endDraft();
    if (live && !known) this.onMessage(message);
  }

  /** Our own event can overtake the answer to its POST: then words and time must tell. */
  findOwn(message) {
    if (message.role !== 'customer') return undefined;
    if (this.handedOver.has(message.client_id)) return message.client_id;
    const same = (entry) => entry.text.trim() === message.text.trim()
      && new Date(message.created_at).getTime() > entry.at - CLOCK_SKEW;
    return [...this.handedOver.values()].find(same)?.client_id;
  }

  expectAnswer() {
    if (this.owner.kind === 'bot') this.setTyping(true, undefined, LOCAL_TYPING);
  }

  setTyping(shown, text, patience) {
    clearTimeout(this.typingTimer);
    this.progress = shown ? text : undefined;
    this.view.setTyping(shown, text);
    if (shown) this.typingTimer = setTimeout(() => this.setTyping(false), patience);
  }

  onConnection(connected) {
    clearTimeout(this.bannerTimer);
    if (connected) this.view.setBanner();
    // A blink of the connection is nobody's business.
    else this.bannerTimer = setTimeout(() => this.showConnection(), navigator.onLine ? 1500 : 0);
  }

  showConnection() {
    this.view.setBanner(navigator.onLine ? this.words.reconnecting : this.words.offline);
  }

  onNetwork() {
    if (!navigator.onLine) {
      this.showConnection();
      return;
    }
    this.view.setBanner();
    this.retry();
  }

  onVisibility() {
    clearTimeout(this.hiddenTimer);
    if (document.hidden) this.hiddenTimer = setTimeout(() => this.stream.stop(), HIDDEN_PATIENCE);
    else if (this.conversation) this.stream.start();
  }

  onOtherTab(key, removed) {
    if (key === 'conversation') {
      this.reload();
    } else if (key === 'seen') {
      this.countUnread();
    } else if (key.startsWith('out:') && removed) {
      const clientId = key.slice(4);
      const entry = this.view.find(clientId)?.entry;
      if (entry) this.handedOver.set(clientId, entry); // sent by the other tab: its event will come
      this.view.setState(clientId, 'sent');
    }
  }

  /** Counts from the last message seen with a panel open, in whichever tab. */
  countUnread() {
    const seen = this.store.get('seen');
    if (this.view.isOpen || seen === null) {
      this.view.setUnread(0);
      if (this.lastId && this.lastId !== seen) this.store.set('seen', this.lastId);
      return;
    }
    const ids = [...this.messages.keys()];
    // An unknown mark was set by a tab ahead of this one.
    const unseen = ids.includes(seen) ? ids.slice(ids.indexOf(seen) + 1) : [];
    this.view.setUnread(unseen.filter((id) => this.messages.get(id).role !== 'customer').length);
  }
}

// ---- View ----

class View {
  constructor({ position, locale, ...parts }) {
    Object.assign(this, parts); // shadow, mode, words, config, chat, signal, onToggle
    this.phone = matchMedia(PHONE);
    this.clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' });
    this.calendar = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' });
    this.relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
    this.items = [];
    this.pinned = true; // follow the newest message
    this.root = h('div.root', { lang: locale, 'data-mode': this.mode, 'data-position': position });
    this.build();
    applyStyles(this.shadow, STYLES, themeSheet(parseColor(this.config.color), parseColor(this.config.accent)));
    this.observe();
    this.reset();
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  build() {
    const { words, config } = this;
    const page = this.mode === 'page';
    const button = (kind, name, label, onclick, more) =>
      h(`button.${kind}`, { 'aria-label': label, title: label, onclick, ...more }, icon(name));

    this.status = h('p.status', { role: 'status' });
    this.banner = h('p.banner', { role: 'status' });
    this.log = h('div.log', { role: 'log', 'aria-label': config.title });
    this.progress = h('span.progress', { dir: 'auto' });
    this.typing = h('div.item.assistant.first.last.typing', h('div.row', h('div.avatar', mark()),
      h('div.bubble', { role: 'status' },
        h('span.dots', h('i'), h('i'), h('i')), h('span.hidden', words.typing), this.progress)));
    this.scroller = h('div.scroller', { tabindex: 0 }, h('div.sheet', this.log, this.typing));
    this.pill = h('button.pill', { onclick: () => this.follow() }, icon('down'), words.newMessages);
    this.notice = h('p.notice', { role: 'status' });
    this.counter = h('p', { id: 'counter' });
    this.input = h('textarea', {
      rows: 1, placeholder: words.placeholder, 'aria-label': words.placeholder, 'aria-describedby': 'counter',
      enterkeyhint: 'send', dir: 'auto', oninput: () => this.onInput(), onkeydown: (event) => this.onInputKey(event),
    });
    this.sendButton = button('send', 'send', words.send, () => this.submit(), {
      onpointerdown: (event) => event.preventDefault(), // keeps the phone's keyboard open
    });
    this.panel = h(page ? 'main.panel' : 'section.panel',
      { tabindex: -1, 'aria-label': config.title, role: page ? undefined : 'dialog', hidden: !page },
      h('header', h('div.avatar.large', mark()),
        h('div.who', h(page ? 'h1' : 'h2', { dir: 'auto' }, config.title), this.status),
        button('tool', 'plus', words.newChat, () => this.askStartOver()),
        page ? '' : button('tool', 'close', words.close, () => this.toggle(false, true))),
      this.banner,
      h('div.middle', this.scroller, this.pill),
      h('footer', this.notice, h('div.field', this.input, this.sendButton), h('div.fine', this.counter,
        SAFE_LINK.test(config.privacy_url) ? link(config.privacy_url, words.privacy) : '')));
    this.badge = h('span.badge');
    this.launcher = button('launcher', 'chat', words.open, () => this.toggle(!this.isOpen, true));
    this.launcher.append(icon('down'), this.badge);
    this.root.append(this.panel, page ? '' : this.launcher);
    this.root.addEventListener('keydown', (event) => this.onKey(event));
    this.shadow.append(this.root);
  }

  observe() {
    let top = 0;
    this.scroller.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.scroller;
      // Growing and shrinking scroll too; only going up lets go.
      this.pinned = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM || (this.pinned && scrollTop >= top);
      if (this.pinned) this.pill.hidden = true;
      top = scrollTop;
    });
    this.resizes = new ResizeObserver(() => this.pinned && this.follow());
    this.resizes.observe(this.scroller);
    this.resizes.observe(this.scroller.firstChild);
    const fit = () => this.fitViewport();
    const until = { signal: this.signal };
    this.phone.addEventListener('change', fit, until);
    window.visualViewport?.addEventListener('resize', fit, until);
    window.visualViewport?.addEventListener('scroll', fit, until);
  }

  destroy() {
    this.setNotice();
    this.resizes.disconnect();
    this.root.remove();
  }

  reset() {
    this.items = [];
    this.dropDraft();
    this.setTyping(false);
    this.setBanner();
    this.log.replaceChildren();
    this.log.setAttribute('aria-live', 'off'); // history is not announced
    const { greeting, suggestions } = this.config;
    this.insert({ role: 'assistant', text: greeting, buttons: suggestions, settled: true });
    this.historyShown();
  }

  historyShown() {
    requestAnimationFrame(() => this.log.setAttribute('aria-live', 'polite'));
    this.follow();
  }

  putMessage(message, live) {
    const author = message.role === 'human' ? message.author?.name || message.author || this.words.person : undefined;
    const item = { ...message, author, key: message.id, at: new Date(message.created_at), state: 'sent', settled: true };
    this.insert(item, live && !this.draft); // a draft has already appeared
    if (live && item.role !== 'customer' && !this.pinned) this.pill.hidden = false;
  }

  putPending(entry, own) {
    const { client_id: key, text, at } = entry;
    this.insert({ key, entry, role: 'customer', text, at: new Date(at), state: 'pending' }, own);
    if (own) this.follow();
  }

  putLine(text) {
    this.insert({ role: 'system', text, settled: true }, true);
  }

  find(key) {
    return this.items.find((item) => item.key === key);
  }

  setState(key, state, reason) {
    const item = this.find(key);
    if (item) this.renderMeta(Object.assign(item, { state, reason }));
  }

  /** A pending bubble becomes the server's message, or goes where that is shown. */
  bind(key, message) {
    const item = this.find(key);
    const shown = this.find(message.id);
    if (item && shown) this.remove(key);
    if (!item && !shown) this.putMessage(message, true);
    if (!item || shown) return;
    Object.assign(item, { key: message.id, at: new Date(message.created_at), state: 'sent', settled: true });
    this.renderMeta(item);
    this.arrange();
  }

  remove(key) {
    const item = this.find(key);
    if (!item) return;
    item.node.remove();
    this.items.splice(this.items.indexOf(item), 1);
    this.arrange();
  }

  /** What the server does not know yet stays at the end. */
  firstUnsettled() {
    return this.items.find((item) => !item.settled);
  }

  insert(item, animated) {
    const before = item.settled ? this.firstUnsettled() : undefined;
    this.renderItem(item);
    item.node.classList.toggle('fresh', Boolean(animated));
    this.log.insertBefore(item.node, before?.node ?? null);
    this.items.splice(before ? this.items.indexOf(before) : this.items.length, 0, item);
    this.arrange();
  }

  renderItem(item) {
    const { words } = this;
    const { role, text, author, buttons = [], sources = [] } = item;
    item.day = h('div.day');
    item.node = h(`div.item.${role}`, item.day);
    if (role === 'system') {
      item.node.append(h('div.row', h('p.line', { dir: 'auto' }, text)));
      return;
    }
    const name = { customer: words.you, assistant: words.assistant, human: author }[role];
    const content = role === 'customer' ? renderPlain(text) : renderMarkdown(text);
    item.meta = h('div.meta');
    item.node.append(h('div.row',
      role === 'customer' ? '' : this.renderAvatar(author),
      h('div.body',
        h(author ? 'p.author' : 'p.hidden', { dir: 'auto' }, name),
        h('div.bubble', item.confirmation ? h('p.ask', icon('alert'), words.confirmation) : '', content),
        sources.length ? this.renderSources(sources) : '',
        item.input || buttons.length ? this.renderChoices(item) : '',
        item.meta)));
    item.node.classList.toggle('asks', Boolean(item.confirmation));
    this.renderMeta(item);
  }

  renderAvatar(author) {
    if (!author) return h('div.avatar', mark());
    return h('div.avatar.person', { 'aria-hidden': 'true' }, Array.from(author)[0]);
  }

  renderSources(sources) {
    return h('details.sources', h('summary', `${this.words.sources} (${sources.length})`),
      h('ul', ...sources.map(({ title, heading, url }) => {
        const name = [title, heading].filter(Boolean).join(' · ');
        return h('li', { dir: 'auto' }, SAFE_LINK.test(url) ? link(url, name) : name);
      })));
  }

  renderChoices(item) {
    const { buttons = [], input } = item;
    const several = input?.kind === 'choices';
    const send = (value) => {
      this.chat.send(value);
      this.focusInput();
    };
    const choice = (offered, kind, onclick) => {
      const label = offered.label || offered;
      const value = offered.value || label;
      return { value, node: h(`button.${kind}`, { dir: 'auto', onclick: onclick || (() => send(value)) }, label) };
    };
    const toggle = ({ currentTarget: { ariaPressed }, currentTarget }) => {
      currentTarget.ariaPressed = String(ariaPressed !== 'true');
    };
    const offered = buttons.map((button) => choice(button, 'choice', several && toggle));
    const field = several ? this.renderSeveral(offered, send) : this.renderField(input, send);
    const around = [input?.back, input?.skip].filter(Boolean).map((button) => choice(button, 'aside'));
    const controls = field ? Array.from(field.querySelectorAll('input, button'), (node) => ({ node, value: null })) : [];
    item.choices = [...offered, ...controls, ...around];
    const progress = input && input.of > 1
      ? h('span.step', this.words.about.replace('{at}', input.at).replace('{of}', input.of)) : '';
    return h('div.choices', ...offered.map(({ node }) => node), field || '',
      input ? h('div.asides', progress, ...around.map(({ node }) => node)) : '');
  }

  /** Sends the pressed ones of several choices together. */
  renderSeveral(offered, send) {
    const onclick = () => {
      const taken = offered.filter(({ node }) => node.ariaPressed === 'true').map(({ value }) => value);
      if (taken.length) send(taken.join(', '));
    };
    return h('div.field', h('button.choice', { onclick }, this.words.send_these));
  }

  /** A slider for an amount, a calendar for a day: typing the answer does as well. */
  renderField(input, send) {
    const { kind, min, max } = input || {};
    const slides = (kind === 'money' || kind === 'number') && max > min;
    if (!slides && kind !== 'date') return null;
    const control = h('input', slides
      ? { type: 'range', min: 0, max: 100, value: 30, 'aria-label': this.words[kind] }
      : { type: 'date', min: new Date().toISOString().slice(0, 10), 'aria-label': this.words.date });
    const shown = h('output');
    const said = () => {
      if (!slides) return control.value.split('-').reverse().join('/');
      const value = sliderValue(Number(control.value), min, max);
      return kind === 'money' ? `R$ ${value.toLocaleString('pt-BR')}` : String(value);
    };
    control.oninput = () => { if (slides) shown.textContent = said(); };
    control.oninput();
    const onclick = () => { if (said()) send(said()); };
    return h('div.field', control, shown, h('button.choice', { onclick }, this.words.send_these));
  }

  renderMeta({ role, at, state, reason, key, node, meta }) {
    if (!at) return;
    const { words } = this;
    const time = h('time', { datetime: at.toISOString() }, this.clock.format(at));
    const status = (name, label) => [time, h('span', { role: 'img', 'aria-label': label }, icon(name))];
    const trouble = (text, action, onclick) =>
      [h('button.trouble', { onclick }, icon('alert'), h('span', text, ' ', h('u', action)))];
    const views = {
      pending: () => status('clock', words.sending),
      sent: () => status('check', words.sent),
      failed: () => trouble(words.failed, words.retry, () => this.chat.retry()),
      rejected: () => trouble(reason, words.edit, () => this.edit(key)),
    };
    node.classList.toggle('pending', state === 'pending');
    node.classList.toggle('troubled', state === 'failed' || state === 'rejected');
    meta.replaceChildren(...(role === 'customer' ? views[state]() : [time]));
  }

  /** Days, groups and open choices depend on the neighbours: settled once a burst. */
  arrange() {
    if (this.arranging) return;
    this.arranging = true;
    queueMicrotask(() => {
      this.arranging = false;
      this.group();
      this.closeChoices();
    });
  }

  group() {
    let day = new Date().toDateString(); // today needs a heading under another day only
    let before = {};
    for (const item of this.items) {
      const newDay = item.at && item.at.toDateString() !== day;
      if (newDay) {
        day = item.at.toDateString();
        item.day.textContent = this.dayName(item.at);
      }
      item.day.hidden = !newDay;
      const together = !newDay && before.role === item.role && before.author === item.author
        && item.at - before.at < GROUP_WINDOW;
      item.node.classList.toggle('first', !together);
      item.node.classList.add('last');
      if (together) before.node.classList.remove('last');
      before = item;
    }
  }

  closeChoices() {
    let answer;
    for (const item of [...this.items].reverse()) {
      for (const { node, value } of item.choices || []) {
        node.disabled = answer !== undefined;
        node.classList.toggle('chosen', answer === value);
      }
      if (item.role === 'customer') answer = item.text;
    }
    for (const { node } of this.items[0].choices || []) node.hidden = this.items.length > 1;
  }

  dayName(date) {
    const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);
    const days = Math.round((midnight(date) - midnight(Date.now())) / 86400000);
    const name = days > -2 ? this.relative.format(Math.min(days, 0), 'day') : this.calendar.format(date);
    return name[0].toUpperCase() + name.slice(1);
  }

  appendDraft(text) {
    if (!this.draft) {
      const bubble = h('div.bubble');
      const node = h('div.item.assistant.first.last.fresh', { 'aria-hidden': 'true' },
        h('div.row', h('div.avatar', mark()), h('div.body', bubble)));
      const before = this.firstUnsettled();
      this.log.insertBefore(node, before?.node ?? null);
      this.draft = { node, bubble, text: '' };
    }
    this.draft.text += text;
    this.draft.bubble.replaceChildren(renderMarkdown(this.draft.text));
  }

  dropDraft() {
    this.draft?.node.remove();
    this.draft = undefined;
  }

  setTyping(shown, text = '') {
    this.typing.hidden = !shown;
    this.progress.textContent = text;
  }

  setBanner(text = '') {
    this.banner.textContent = text;
  }

  /** `{n}` counts the seconds down to `until`. */
  setNotice(sentence, until = 0) {
    clearInterval(this.noticeTimer);
    const show = () => {
      const n = Math.ceil((until - Date.now()) / 1000);
      this.notice.textContent = n > 0 ? fill(sentence, { n }) : '';
    };
    if (sentence) this.noticeTimer = setInterval(show, 1000);
    show();
  }

  setOwner(owner) {
    this.status.textContent = ownerSentence(owner, this.words);
  }

  setUnread(n) {
    this.badge.hidden = n === 0;
    this.badge.textContent = n > 9 ? '9+' : n;
    const label = this.isOpen ? this.words.close : this.words.open;
    this.launcher.setAttribute('aria-label', n ? `${label}. ${this.words.newMessages}: ${n}` : label);
  }

  follow() {
    this.pinned = true;
    this.pill.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  setInput(text) {
    this.input.value = text;
    this.onInput();
  }

  onInput() {
    const { input, words, counter } = this;
    input.style.height = 'auto';
    if (input.scrollHeight) input.style.height = `${input.scrollHeight}px`; // the style sheet sets the most
    const n = Array.from(input.value).length; // as the server counts
    const over = n > MAX_CHARACTERS;
    const reason = over ? fill(words.tooLong, { max: MAX_CHARACTERS }) : '';
    counter.textContent = n < COUNTER_FROM ? '' : `${reason} ${n} / ${MAX_CHARACTERS}`;
    counter.classList.toggle('over', over);
    input.setAttribute('aria-invalid', over);
    this.sendButton.disabled = over || !input.value.trim();
    if (this.pinned) this.follow(); // measuring moved the log
    this.chat.keepTyped(input.value);
  }

  onInputKey(event) {
    // 229: an input method is composing, as some browsers still report it.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    if (this.sendButton.disabled) return;
    const text = this.input.value.trim();
    this.setInput('');
    this.chat.send(text);
  }

  edit(key) {
    this.setInput([this.chat.takeBack(key), this.input.value].filter(Boolean).join('\n'));
    this.input.focus();
  }

  toggle(open, focus) {
    if (this.mode === 'page' || open === this.isOpen) return;
    this.panel.hidden = !open;
    this.root.classList.toggle('open', open);
    this.launcher.setAttribute('aria-expanded', open);
    this.fitViewport();
    this.onToggle(open);
    if (open) {
      this.onInput(); // a hidden text area had no height to measure
      this.follow();
    }
    if (focus && open) this.focusInput();
    else if (focus) this.launcher.focus();
  }

  /** On touch screens a focused text area brings the keyboard up. */
  focusInput() {
    const target = matchMedia('(pointer: coarse)').matches ? this.panel : this.input;
    target.focus({ preventScroll: true });
  }

  onKey(event) {
    const { panel, shadow } = this;
    if (event.key === 'Escape' && !event.isComposing) this.toggle(false, true);
    if (event.key !== 'Tab' || !this.coversPage) return;
    const stops = [...panel.querySelectorAll('button, a, textarea, summary, .scroller')]
      .filter((node) => !node.disabled && node.getClientRects().length);
    const [first, last] = [stops[0], stops[stops.length - 1]];
    const [edge, other] = event.shiftKey ? [first, last] : [last, first];
    if (shadow.activeElement !== edge && !(event.shiftKey && shadow.activeElement === panel)) return;
    event.preventDefault();
    other.focus();
  }

  get coversPage() {
    return this.mode !== 'page' && this.isOpen && this.phone.matches;
  }

  /** On phones the panel takes the part of the screen that the keyboard leaves. */
  fitViewport() {
    this.panel.setAttribute('aria-modal', this.coversPage);
    const viewport = window.visualViewport;
    if (!viewport || viewport.scale !== 1) return; // zoomed in on purpose
    this.root.style.setProperty('--view-height', `${viewport.height}px`);
    this.root.style.setProperty('--view-top', `${viewport.offsetTop}px`);
  }

  askStartOver() {
    const { words } = this;
    const onclose = () => {
      dialog.remove();
      if (dialog.returnValue) this.chat.startOver();
      this.focusInput();
    };
    const answer = (kind, label, value) => h(`button.${kind}`, { onclick: () => dialog.close(value) }, label);
    const dialog = h('dialog', { 'aria-labelledby': 'ask', onkeydown: (event) => event.stopPropagation(), onclose },
      h('h3', { id: 'ask' }, `${words.newChat}?`), h('p', words.newChatText),
      h('div.answers', answer('plain', words.cancel, ''), answer('strong', words.newChat, 'yes')));
    this.root.append(dialog);
    dialog.showModal();
  }
}

// ---- Element ----

class BalcaoChat extends HTMLElement {
  connectedCallback() {
    if (!this.shadowRoot) this.attachShadow({ mode: 'open' });
    this.visit = new Store(API_BASE, 'sessionStorage');
    this.load();
  }

  disconnectedCallback() {
    this.unmount();
  }

  open() {
    this.wanted = true;
    this.view?.toggle(true, true);
  }

  close() {
    this.wanted = false;
    this.view?.toggle(false, true);
  }

  /** Paints the remembered settings at once, and again if the server's differ. */
  async load() {
    const api = new Api(API_BASE);
    const store = new Store(API_BASE);
    const remembered = store.get('config');
    const asked = api.config().catch(() => null);
    const first = remembered || (await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, CONFIG_PATIENCE))])) || {};
    this.mount(api, store, first);
    const config = await asked;
    if (!config) return;
    store.set('config', config);
    if (JSON.stringify(config) !== JSON.stringify(first)) this.mount(api, store, config);
  }

  setting(name) {
    return this.getAttribute(name) || SCRIPT?.dataset[name] || undefined;
  }

  mount(api, store, config) {
    if (!this.isConnected) return;
    this.unmount();
    this.life = new AbortController();
    const { signal } = this.life;
    const locale = chooseLocale(this.setting('locale'), config.locale, navigator.language);
    const words = wordsFor(locale);
    const mode = this.getAttribute('mode') === 'page' ? 'page' : 'widget';
    const shown = { ...config };
    for (const name of ['title', 'greeting', 'color', 'accent']) {
      shown[name] = this.setting(name) || config[name] || words[name];
    }
    if (mode === 'page') document.title = shown.title;
    const onMessage = (detail) =>
      this.dispatchEvent(new CustomEvent('balcao:message', { detail, bubbles: true, composed: true }));
    this.chat = new Chat({ api, store, words, locale, signal, onMessage });
    this.view = new View({
      shadow: this.shadowRoot,
      position: this.setting('position') === 'left' ? 'left' : 'right',
      mode,
      locale,
      words,
      config: shown,
      signal,
      chat: this.chat,
      onToggle: (open) => {
        this.wanted = open;
        this.visit.set('open', open);
        this.chat.countUnread();
      },
    });
    this.chat.start(this.view);
    if (mode === 'page') this.view.focusInput();
    else if (this.startsOpen()) this.view.toggle(true, this.wanted);
  }

  /** A phone's whole screen is never taken unasked. */
  startsOpen() {
    if (this.wanted !== undefined) return this.wanted;
    if (matchMedia(PHONE).matches) return false;
    return this.visit.get('open') ?? this.setting('open') === 'true';
  }

  unmount() {
    this.life?.abort();
    this.chat?.stop();
    this.view?.destroy();
  }
}

// ---- Styles ----

/** Constructed sheets pass any CSP; old browsers get style elements. */
function applyStyles(shadow, ...texts) {
  try {
    shadow.adoptedStyleSheets = texts.map((text) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      return sheet;
    });
  } catch {
    shadow.prepend(...texts.map((text) => h('style', text)));
  }
}

const STYLES = `
*, *::before, *::after { box-sizing: border-box; margin: 0; padding: 0; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.root {
  all: initial; /* on :host the page's own rules would win */
  --page: #efe9e1; --canvas: #faf7f3; --surface: #fff; --bubble: #f3eee7; --text: #221e1a; --muted: #6b635b;
  --line: #e6dfd5; --danger: #b3261e; --warn: #fdf0d5; --shadow: rgb(60 45 30 / .25);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--text); color-scheme: light dark;
  -webkit-text-size-adjust: 100%; -webkit-tap-highlight-color: transparent;
}
@media (prefers-color-scheme: dark) {
  .root {
    --page: #0f0d0b; --canvas: #181512; --surface: #211d19; --bubble: #302b26; --text: #f2ede7; --muted: #b0a79c;
    --line: #3a342d; --danger: #ffb4ab; --warn: #4a3510; --shadow: rgb(0 0 0 / .5);
  }
}
button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; touch-action: manipulation; }
button:disabled { cursor: default; }
a { color: inherit; text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
.panel:focus { outline: none; }
.icon { display: block; flex: none; width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }
.mark { display: block; width: 62%; fill: currentColor; }
.mark :first-child { fill: var(--accent); }

.panel, .launcher { position: fixed; z-index: 2147483000; right: 20px; bottom: calc(20px + env(safe-area-inset-bottom)); box-shadow: 0 6px 28px var(--shadow); }
[data-position=left] > * { right: auto; left: 20px; }
.launcher, .tool, .avatar, .send { display: grid; place-items: center; flex: none; border-radius: 50%; }
header, .launcher, .avatar, .send, .strong, .customer .bubble { background: var(--brand); color: var(--on-brand); }
.launcher { width: 60px; height: 60px; }
.launcher:hover, .choice:hover:enabled { filter: brightness(1.08); }
.launcher .icon { width: 28px; height: 28px; }
.open .launcher > :first-child, .root:not(.open) .launcher .icon + .icon { display: none; }
.badge { position: absolute; top: -3px; right: -3px; min-width: 22px; padding: 0 6px; border-radius: 11px; background: var(--accent); color: var(--on-accent); font-size: 12px; font-weight: 600; line-height: 22px; }
.panel { display: flex; flex-direction: column; overflow: hidden; bottom: calc(94px + env(safe-area-inset-bottom)); width: 396px; height: min(680px, 100dvh - 118px); border-radius: 20px; background: var(--canvas); animation: appear .2s ease-out; }
[data-mode=page] { position: fixed; inset: 0; background: var(--page); }
[data-mode=page] .panel { inset: min(3.5vh, 36px) 0; width: min(820px, 100% - 48px); height: auto; margin: 0 auto; animation: none; }

header { display: flex; align-items: center; gap: 10px; padding: 14px 8px 14px 16px; touch-action: none; }
header :focus-visible { outline-color: currentColor; }
.who { flex: 1; min-width: 0; }
h1, h2, h3 { font-size: 16px; line-height: 1.3; }
.who > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.status { font-size: 12.5px; }
.status::before { content: ""; display: inline-block; width: 8px; height: 8px; margin-inline-end: 6px; border-radius: 50%; background: #5fd38d; }
.tool { width: 44px; height: 44px; margin-inline-start: -10px; }
.tool:hover { background: color-mix(in srgb, currentColor 14%, transparent); }
.avatar { width: 30px; height: 30px; margin-top: 4px; font-size: 13px; font-weight: 600; }
.avatar.large { width: 42px; height: 42px; margin: 0; background: color-mix(in srgb, currentColor 15%, transparent); }
.avatar.person { background: var(--accent); color: var(--on-accent); }

.banner, .notice { padding: 7px 16px; background: var(--warn); font-size: 13px; text-align: center; }
.banner:empty, .notice:empty { display: none; }
.notice { margin-bottom: 8px; border-radius: 12px; }
.middle { position: relative; flex: 1; min-height: 0; }
.scroller { height: 100%; overflow-y: auto; overscroll-behavior: contain; }
.scroller:focus-visible { outline-offset: -3px; }
.sheet { padding: 18px 16px 8px; }
[data-mode=page] .sheet { padding: 24px 28px 8px; }
.pill { display: flex; align-items: center; gap: 4px; position: absolute; bottom: 12px; left: 50%; transform: translateX(-50%); padding: 8px 16px 8px 10px; border: 1px solid var(--line); border-radius: 20px; background: var(--surface); color: var(--ink); font-size: 13px; font-weight: 600; box-shadow: 0 2px 12px var(--shadow); }

.item { margin-bottom: 3px; }
.item.last { margin-bottom: 14px; }
.row { display: flex; gap: 8px; }
.fresh .row { animation: appear .2s ease-out; }
.item:not(.first) .avatar { visibility: hidden; }
.item:not(.last, .pending, .troubled) .meta, .item:not(.first) .author { display: none; }
.body { display: flex; flex-direction: column; align-items: flex-start; min-width: 0; max-width: min(84%, 560px); }
.bubble { max-width: 100%; padding: 9px 14px; border-radius: 18px; overflow-wrap: anywhere; }
.bubble, .day, .send:disabled { background: var(--bubble); }
.first .bubble { border-start-start-radius: 6px; }
.customer .row { justify-content: flex-end; }
.customer .body { align-items: flex-end; }
.customer .bubble { border-start-start-radius: 18px; }
.customer.last .bubble { border-end-end-radius: 6px; }
.customer :focus-visible { outline-color: currentColor; }
.pending .bubble, .troubled .bubble { opacity: .7; }
.body .bubble > * + * { margin-top: .5em; }
.bubble ul, .bubble ol { padding-inline-start: 1.35em; }
.bubble li::marker { color: var(--ink); font-weight: 600; }
.bubble code { padding: .1em .35em; border-radius: 5px; background: color-mix(in srgb, currentColor 10%, transparent); font: .9em ui-monospace, Menlo, Consolas, monospace; }
.bubble .plain { white-space: pre-wrap; }
.assistant a, .human a { color: var(--ink); }
.author { margin: 0 4px 3px; font-size: 12.5px; font-weight: 600; }
.meta { display: flex; align-items: center; gap: 4px; margin: 4px 4px 0; font-size: 11.5px; line-height: 16px; }
.meta:empty { display: none; }
.meta .icon { width: 14px; height: 14px; stroke-width: 2.4; }
.trouble { display: flex; align-items: center; gap: 5px; padding: 6px 0; color: var(--danger); font-size: 12.5px; text-align: start; }
.day { width: max-content; margin: 6px auto 14px; padding: 3px 12px; border-radius: 12px; font-size: 12px; }
.line { flex: 1; padding: 0 24px; font-size: 12.5px; text-align: center; }
.asks .bubble { border: 1.5px solid var(--ink); background: var(--surface); }
.ask { display: flex; align-items: center; gap: 6px; color: var(--ink); font-size: 12.5px; font-weight: 600; }
.choices { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
.choice { min-height: 40px; padding: 8px 16px; border: 1.5px solid var(--ink); border-radius: 20px; background: var(--surface); color: var(--ink); font-size: 14px; font-weight: 600; text-align: start; }
.asks .choice:first-child:enabled, .choice.chosen { border-color: var(--brand); background: var(--brand); color: var(--on-brand); }
.choice:disabled { opacity: .6; }
.choice[aria-pressed=true] { border-color: var(--brand); background: var(--brand); color: var(--on-brand); }
.field { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; width: 100%; }
.field input { flex: 1 1 160px; min-height: 40px; accent-color: var(--brand); font: inherit; color: var(--ink); }
.field input[type=date] { padding: 0 12px; border: 1.5px solid var(--ink); border-radius: 20px; background: var(--surface); }
.field output { min-width: 5em; font-size: 14px; font-weight: 600; }
.asides { display: flex; align-items: center; gap: 16px; width: 100%; font-size: 12px; opacity: .85; }
.aside { min-height: 32px; padding: 0 4px; border: 0; background: none; color: inherit; font-size: 13px; text-decoration: underline; }
.sources { max-width: 100%; margin: 6px 4px 0; font-size: 12.5px; }
.sources summary { display: flex; align-items: center; gap: 5px; width: max-content; min-height: 26px; border-radius: 6px; cursor: pointer; list-style: none; }
.sources summary::after { content: "▾"; }
.sources[open] summary::after { content: "▴"; }
.sources ul { margin-inline-start: 7px; padding: 2px 14px; border-inline-start: 2px solid var(--line); list-style: none; }
.sources li { padding: 2px 0; overflow-wrap: anywhere; }
.typing .bubble { display: flex; align-items: center; gap: 10px; min-height: 40px; }
.progress { font-size: 14px; }
.progress:empty { display: none; }
.dots { display: flex; gap: 4px; }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: var(--muted); animation: pulse 1.2s infinite; }
.dots i:nth-child(2) { animation-delay: .15s; }
.dots i:nth-child(3) { animation-delay: .3s; }

footer { padding: 10px 12px calc(8px + env(safe-area-inset-bottom)); border-top: 1px solid var(--line); background: var(--surface); }
.field { display: flex; align-items: flex-end; gap: 6px; padding: 4px 4px 4px 16px; border: 1.5px solid var(--line); border-radius: 25px; background: var(--canvas); }
.field:focus-within { border-color: var(--ink); box-shadow: 0 0 0 1px var(--ink); }
textarea { flex: 1; min-width: 0; height: 40px; max-height: 148px; padding: 9px 0; border: 0; outline: none !important; resize: none; background: none; color: inherit; font: inherit; font-size: 16px; line-height: 22px; }
.send { width: 40px; height: 40px; }
.author, .meta, .day, .line, .sources, .progress, .fine, .send:disabled, dialog p, ::placeholder { color: var(--muted); opacity: 1; }
.fine { display: flex; justify-content: space-between; padding: 0 8px; font-size: 12px; }
.fine :not(:empty) { margin-top: 6px; }
.fine a { margin-inline-start: auto; }
.over { color: var(--danger); font-weight: 600; }
dialog { width: min(340px, 100% - 32px); margin: auto; padding: 22px; border: 0; border-radius: 18px; background: var(--surface); color: inherit; }
dialog::backdrop { background: rgb(20 14 8 / .45); }
dialog p { margin: 6px 0 18px; font-size: 14px; }
.answers { display: flex; justify-content: flex-end; gap: 8px; }
.answers button { min-height: 42px; padding: 0 18px; border-radius: 21px; font-size: 14px; font-weight: 600; }

@keyframes appear { from { opacity: 0; transform: translateY(8px); } }
@keyframes pulse { 0%, 60%, 100% { opacity: .35; } 30% { opacity: 1; transform: translateY(-3px); } }
@media ${PHONE} {
  .root .panel { inset: var(--view-top, 0) 0 auto; width: 100%; height: var(--view-height, 100dvh); border-radius: 0; }
  .root .sheet { padding: 16px 12px 8px; }
  header { padding: calc(10px + env(safe-area-inset-top)) 12px 10px; }
  .open .launcher { display: none; }
}
@media (prefers-reduced-motion: reduce) {
  * { animation: none !important; }
}
`;

customElements.define('balcao-chat', BalcaoChat);

const ensureElement = () => {
  if (!document.querySelector('balcao-chat')) document.body.append(document.createElement('balcao-chat'));
};
if (document.readyState === 'loading') addEventListener('DOMContentLoaded', ensureElement);
else ensureElement();
})();
