/**
 * Talks to the program: calls with the person's key, what went wrong in words, files, and event streams.
 * The key goes in a header and nowhere else.
 */
import { fill, words } from './words.js';
import { capitalised } from './dom.js';

const BASE = new URL('../api/v1/', import.meta.url);
const PATIENCE = 20000;
const SILENCE = 60000; // a stream without even a heartbeat for so long is dead
const HIDDEN_PATIENCE = 20000; // a hidden tab frees its connection: HTTP/1.1 has six

export class ApiError extends Error {
  constructor(status, problem = {}, retryAfter = 0) {
    super(problem.code || `http ${status}`);
    this.status = status; // 0: no answer
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** What went wrong, for a person: in their language where the code is known, else as the program says it. */
  get sentence() {
    if (this.status === 0) return words.noAnswer;
    const known = words[`problem_${this.problem.code}`];
    if (known) return fill(known, { limit: this.problem.limit, n: Math.ceil(this.retryAfter / 1000) });
    return capitalised(this.problem.detail || words.ourFault);
  }
}

export class Api {
  /** `onRefused` is told that the key is not taken any more. */
  constructor(key, onRefused) {
    this.key = key;
    this.onRefused = onRefused;
  }

  get(path, query = {}, options = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '' && value !== null);
    const search = given.length ? `?${new URLSearchParams(given)}` : '';
    return this.call('GET', path + search, options);
  }

  post(path, body = {}, options = {}) {
    return this.call('POST', path, { body, ...options });
  }

  put(path, body) {
    return this.call('PUT', path, { body });
  }

  async call(method, path, { body, patience = PATIENCE } = {}) {
    const response = await this.send(method, path, body, AbortSignal.timeout(patience));
    return response.json().catch(() => ({})); // 202 has no body
  }

  async file(path) {
    return (await this.send('GET', path, undefined, AbortSignal.timeout(PATIENCE * 3))).blob();
  }

  async send(method, path, body, signal, headers = {}) {
    let response;
    try {
      response = await fetch(new URL(path, BASE), {
        method,
        headers: {
          ...headers,
          Authorization: `Bearer ${this.key}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
        credentials: 'omit',
        cache: 'no-store',
      });
    } catch {
      throw new ApiError(0);
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    const seconds = Number(response.headers.get('Retry-After') || problem.retry_after) || 0;
    const error = new ApiError(response.status, problem, seconds * 1000);
    if (response.status === 401) {
      error.isHandled = true;
      this.onRefused(this.key);
    }
    throw error;
  }
}

const backOff = (failures) => Math.min(30000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

/**
 * The events of a conversation, read with `fetch`, as EventSource sends no key. It goes on where it was cut off, and
 * rests while the page is hidden.
 */
export class Stream {
  /** `onEvent(type, data, seq)`; `onState(connected)`; `cursor` is the event to go on behind. */
  constructor({ api, path, cursor, onEvent, onState }) {
    Object.assign(this, { api, path, cursor, onEvent, onState });
    this.failures = 0;
    this.onVisibility = () => {
      clearTimeout(this.hiding);
      if (document.hidden) this.hiding = setTimeout(() => this.hangUp(), HIDDEN_PATIENCE);
      else if (!this.reading) this.read();
    };
  }

  start() {
    document.addEventListener('visibilitychange', this.onVisibility);
    this.read();
  }

  stop() {
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.hangUp();
  }

  hangUp() {
    clearTimeout(this.hiding);
    clearTimeout(this.waiting);
    this.reading?.abort();
    this.reading = undefined;
  }

  async read() {
    this.hangUp();
    const own = new AbortController();
    this.reading = own;
    let wait = 0;
    try {
      const path = `${this.path}?after=${this.cursor}`;
      const response = await this.api.send('GET', path, undefined, own.signal, { Accept: 'text/event-stream' });
      this.onState(true);
      await this.take(response.body.getReader(), own);
    } catch (error) {
      if (own.signal.aborted && this.reading !== own) return;
      if (error.status === 401 || error.status === 404) return this.hangUp();
      wait = error.retryAfter ?? 0;
    }
    if (this.reading !== own) return;
    this.onState(false);
    this.waiting = setTimeout(() => this.read(), Math.max(wait, backOff(this.failures)));
    this.failures += 1;
  }

  async take(reader, own) {
    const decoder = new TextDecoder();
    let silence;
    let text = '';
    try {
      for (;;) {
        clearTimeout(silence);
        silence = setTimeout(() => own.abort(), SILENCE);
        const { done, value } = await reader.read();
        if (done || this.reading !== own) return;
        this.failures = 0;
        text += decoder.decode(value, { stream: true });
        const frames = text.split('\n\n');
        text = frames.pop();
        frames.forEach((frame) => this.pass(frame));
      }
    } finally {
      clearTimeout(silence);
    }
  }

  pass(frame) {
    const lines = frame.split('\n').map((line) => /^(event|data|id): ?(.*)$/.exec(line)).filter(Boolean);
    const { event, data, id } = Object.fromEntries(lines.map(([, name, value]) => [name, value]));
    if (data) this.onEvent(event, JSON.parse(data), Number(id));
    if (id) this.cursor = Number(id); // behind the event: one that throws is not passed over
  }
}
