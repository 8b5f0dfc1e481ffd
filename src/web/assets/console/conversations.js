/** The list of conversations, kept up to date while it is seen, and beside it the one that is open. */
import { Conversation, nameOf } from './conversation.js';
import { action, chips, empty, h, icon, loading, timeAgo, trouble } from './dom.js';
import { words } from './words.js';

const REFRESH = 4000;
const SEARCH_PAUSE = 300; // after the last key
const PAGE = 40;
const MOST_AT_ONCE = 200;

const FILTERS = {
  open: { state: 'open' },
  waiting: { state: 'open', owner: 'team' },
  person: { state: 'open', owner: 'person' },
  closed: { state: 'closed' },
};

export class ConversationsScreen {
  constructor(shell) {
    this.shell = shell;
    this.filter = 'open';
    this.query = '';
    this.rows = new Map(); // id -> {row, node, seen}
    this.more = action('plain', words.more, () => this.loadMore(), { hidden: true });
    this.status = h('p.status', { role: 'status' });
    this.list = h('ul.rows');
    this.body = h('div.scroller', this.list, this.more);
    this.input = h('input', {
      type: 'search', placeholder: words.search, 'aria-label': words.search, autocomplete: 'off',
      oninput: () => this.onSearch(),
    });
    const filters = Object.keys(FILTERS).map((name) => [name, words[`filter_${name}`]]);
    this.place = h('div.place');
    this.node = h('div.conversations',
      h('section.list', { 'aria-label': words.conversations },
        h('header.head', h('h1', words.conversations)),
        h('div.search', icon('search'), this.input),
        chips(words.filter, filters, this.filter, (name) => this.choose(name)),
        this.status, this.body),
      this.place);
  }

  enter([id]) {
    if (id !== this.open?.id || !this.place.firstChild) {
      this.open?.leave();
      this.open = id && new Conversation(this.shell, id, () => this.refresh());
      this.place.replaceChildren(this.open?.node ?? empty('conversations', words.chooseOne, words.chooseOneText));
    }
    this.open?.enter();
    this.node.classList.toggle('one', Boolean(id));
    this.markOpen();
    if (!this.life) {
      this.life = new AbortController();
      const { signal } = this.life;
      document.addEventListener('visibilitychange', () => this.refresh(), { signal });
      this.restart();
    }
  }

  leave() {
    this.life?.abort();
    this.life = undefined;
    clearTimeout(this.timer);
    this.open?.leave();
  }

  choose(filter) {
    this.filter = filter;
    this.restart();
  }

  onSearch() {
    clearTimeout(this.searching);
    this.searching = setTimeout(() => {
      this.query = this.input.value.trim();
      this.restart();
    }, SEARCH_PAUSE);
  }

  /** Begins anew with another question to the program. */
  restart() {
    this.asked = {}; // what an earlier question answers comes too late
    this.next = undefined;
    this.rows.clear();
    this.list.replaceChildren();
    this.more.hidden = true;
    this.say(loading());
    this.refresh();
  }

  say(...content) {
    this.body.querySelectorAll(':scope > .loading, :scope > .empty').forEach((node) => node.remove());
    this.body.prepend(...content);
  }

  get shown() {
    return [...this.rows.values()].map(({ row }) => row);
  }

  load(limit, cursor) {
    return this.shell.api.get('conversations', { ...FILTERS[this.filter], q: this.query, limit, cursor });
  }

  async refresh() {
    clearTimeout(this.timer);
    if (document.hidden || !this.life) return;
    const { asked } = this;
    try {
      const limit = Math.min(MOST_AT_ONCE, Math.max(PAGE, this.rows.size));
      const page = await this.load(limit);
      if (asked !== this.asked) return;
      // What was loaded beyond stays behind it.
      const isLonger = page.next_cursor && this.rows.size > MOST_AT_ONCE;
      const beyond = isLonger ? this.shown.slice(page.conversations.length) : [];
      if (!isLonger) this.next = page.next_cursor;
      this.show([...page.conversations, ...beyond]);
      this.status.textContent = '';
    } catch (error) {
      if (asked !== this.asked || error.isHandled) return;
      if (this.rows.size) this.status.textContent = words.noConnection;
      else this.say(trouble(error, () => this.restart()));
    }
    if (this.life) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.refresh(), REFRESH);
    }
  }

  async loadMore() {
    const { asked } = this;
    const page = await this.load(PAGE, this.next);
    if (asked !== this.asked) return;
    this.next = page.next_cursor;
    this.show([...this.shown, ...page.conversations]);
  }

  /** Shows these rows; those that did not change keep their node, and with it the focus. */
  show(rows) {
    const before = this.rows;
    const focused = this.shown.find(({ id }) => before.get(id).node.contains(document.activeElement));
    this.rows = new Map();
    for (const row of rows) {
      if (this.rows.has(row.id)) continue;
      const seen = JSON.stringify(row);
      const known = before.get(row.id);
      this.rows.set(row.id, known?.seen === seen ? known : { row, seen, node: known?.node ?? h('li') });
      if (known?.seen !== seen) this.rows.get(row.id).node.replaceChildren(this.render(row));
    }
    const nodes = [...this.rows.values()].map(({ node }) => node);
    this.list.querySelectorAll(':scope > li').forEach((node) => nodes.includes(node) || node.remove());
    nodes.forEach((node, index) => {
      if (this.list.children[index] !== node) this.list.insertBefore(node, this.list.children[index] ?? null);
    });
    if (focused) this.rows.get(focused.id)?.node.firstChild.focus({ preventScroll: true });
    this.more.hidden = !this.next;
    const isSearch = this.query || this.filter !== 'open';
    this.say(...(nodes.length ? [] : [
      empty('conversations', words.noConversations, isSearch ? words.noneLikeThis : words.noneYet),
    ]));
    this.markOpen();
    this.open?.hint(this.rows.get(this.open.id)?.row);
  }

  render(row) {
    const { preview, owner, owner_name: person, state } = row;
    const waits = owner === 'team' && state === 'open';
    const name = nameOf(row);
    const label = state === 'closed' ? words.closed : { team: words.waits, person, flow: words.flow }[owner];
    return h(waits ? 'a.row.waits' : 'a.row', { href: `#conversations/${row.id}` },
      h('span.avatar', { 'aria-hidden': 'true' }, Array.from(name)[0].toUpperCase()),
      h('span.what',
        h('span.line', h('strong.name', { dir: 'auto' }, name), timeAgo(row.updated_at)),
        h('span.line',
          h('span.preview', { dir: 'auto' },
            preview ? [preview.from !== 'customer' && h('b', `${words[`from_${preview.from}`]}: `), preview.text]
              : words.noMessages),
          label && h(`span.tag.${waits ? 'hot' : 'calm'}`, label))));
  }

  markOpen() {
    for (const [id, { node }] of this.rows) {
      if (id === this.open?.id) node.firstChild.setAttribute('aria-current', 'true');
      else node.firstChild.removeAttribute('aria-current');
    }
  }
}
