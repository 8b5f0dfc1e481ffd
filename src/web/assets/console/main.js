/**
 * The console: takes the key out of the link, signs in, and shows one screen at a time, named by the part of the
 * address behind `#`. The key is kept for this tab only.
 */
import { Api } from './api.js';
import { ConversationsScreen } from './conversations.js';
import { action, ask, capitalised, field, h, icon, loading, mark, note, toast, trouble } from './dom.js';
import { GapsScreen } from './gaps.js';
import { LeadsScreen } from './leads.js';
import { RestartBar, SystemsScreen } from './systems.js';
import { fill, locale, words } from './words.js';

const CONSOLE = new URL('../console', import.meta.url).pathname;
const WAITING_EVERY = 8000;
const WAITING_EVERY_HIDDEN = 30000; // the number in the title is for who looks elsewhere
const MOST_WAITING = 200;
const NAME_CHARS = 80;

const SCREENS = { conversations: ConversationsScreen, systems: SystemsScreen, gaps: GapsScreen, leads: LeadsScreen };

/** What the tab keeps; a browser that refuses gets it kept in memory, until the page is left. */
const kept = {
  memory: {},
  get(name) {
    try {
      return sessionStorage.getItem(`balcao:console:${name}`);
    } catch {
      return this.memory[name] ?? null;
    }
  },
  set(name, value) {
    this.memory[name] = value;
    try {
      if (value === null) sessionStorage.removeItem(`balcao:console:${name}`);
      else sessionStorage.setItem(`balcao:console:${name}`, value);
    } catch {
      // then memory is all
    }
  },
};

/** The key and the name of a link from `balcao console`; out of the address and the history at once. */
function takeLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  if (!link.get('key')) return false;
  history.replaceState(null, '', CONSOLE);
  kept.set('key', link.get('key'));
  kept.set('name', link.get('name'));
  return true;
}

// ---- Sign-in ----

/** A page of its own that asks for something, until `submit` is content. */
function showForm({ title, text, fields, more, yes, submit }) {
  const button = action('strong', yes, async () => {
    const empty = fields.find(({ control }) => !control.value.trim());
    fields.forEach((each) => each.say(each === empty ? words.fieldNeeded : ''));
    if (empty) return empty.control.focus();
    await submit(...fields.map(({ control }) => control.value.trim()));
  });
  const form = h('form.sheet', {
    onsubmit: (event) => {
      event.preventDefault();
      button.click();
    },
  }, h('div.brand', mark(), h('span', 'Balcão')), h('h1', title), text, fields.map(({ node }) => node), button, more);
  document.title = `${title} · Balcão`;
  document.body.replaceChildren(h('main.door', form));
  fields[0].control.focus();
}

function askForKey(reason) {
  const key = field({
    label: words.key,
    control: h('input', { type: 'password', name: 'key', autocomplete: 'current-password', spellcheck: 'false' }),
  });
  const [before, after] = words.keyHelp.split('{command}');
  showForm({
    title: words.signIn,
    text: reason && note('bad', 'alert', h('p', { role: 'alert' }, reason)),
    fields: [key],
    more: h('p.help', before, h('code', 'balcao console'), after),
    yes: words.enter,
    submit: (text) => signIn(text),
  });
}

function askForName(enter) {
  const name = field({
    label: words.yourName,
    help: words.yourNameHelp,
    control: h('input', { type: 'text', name: 'name', autocomplete: 'given-name', maxlength: NAME_CHARS }),
  });
  showForm({
    title: words.welcome,
    fields: [name],
    yes: words.goOn,
    submit: async (text) => {
      kept.set('name', text);
      await enter();
    },
  });
}

let shell;

function signOut(reason) {
  shell?.leave();
  shell = undefined;
  kept.set('key', null);
  askForKey(reason);
}

/** Enters if the key is taken. Anything else than a refusal is the program's trouble, and can be tried again. */
async function signIn(key) {
  const api = new Api(key, (refused) => refused === (kept.get('key') ?? refused) && signOut(words.keyRefused));
  let setup;
  try {
    setup = await api.get('setup');
  } catch (error) {
    if (error.status === 401) return;
    if (error.status === 403) return signOut(words.keyWithoutScope);
    throw error;
  }
  kept.set('key', key);
  const enter = async () => {
    shell = new Shell(api, kept.get('name'), setup);
    await shell.enter();
  };
  if (kept.get('name')) await enter();
  else askForName(enter);
}

async function start() {
  takeLink();
  const key = kept.get('key');
  if (!key) return askForKey();
  document.body.replaceChildren(h('main.door', loading()));
  try {
    await signIn(key);
  } catch (error) {
    document.body.replaceChildren(h('main.door', trouble(error, start)));
  }
}

// ---- Shell ----

/** Navigation around one screen, and what every screen needs to know. */
class Shell {
  constructor(api, name, setup) {
    Object.assign(this, { api, name, setup });
    this.screens = {};
    this.waiting = 0;
    this.life = new AbortController();
    this.links = Object.fromEntries(Object.keys(SCREENS).map((screen) => [screen, this.link(screen)]));
    this.announcement = h('p.hidden', { role: 'status' });
    this.restart = new RestartBar(this);
    this.main = h('main', { tabindex: -1 });
  }

  get isAdmin() {
    return this.setup.is_admin;
  }

  link(screen) {
    const badge = h('span.badge', { hidden: true });
    return h('a', { href: `#${screen}` }, h('span.symbol', icon(screen), badge), h('span.label', words[screen]));
  }

  async enter() {
    const leave = action('quiet', [icon('out'), h('span.label', words.signOut)], async () => {
      if (await ask({ title: `${words.signOut}?`, text: words.signOutText, yes: words.signOut })) signOut();
    }, { title: fill(words.signedInAs, { name: this.name }) });
    document.body.replaceChildren(
      h('div.shell',
        h('nav.rail', { 'aria-label': words.navigation },
          h('div.brand', mark(), h('span', 'Balcão')), Object.values(this.links), leave),
        h('div.stage', this.restart.node, this.main), this.announcement));
    const { signal } = this.life;
    addEventListener('hashchange', () => this.navigate(), { signal });
    document.addEventListener('visibilitychange', () => this.countWaiting(), { signal });
    if (location.pathname === `${CONSOLE}/callback`) await this.takeConsent();
    this.navigate();
    this.countWaiting();
  }

  leave() {
    this.life.abort();
    clearTimeout(this.timer);
    this.restart.stop();
    this.screen?.leave();
  }

  navigate() {
    const [name, ...parts] = location.hash.slice(1).split('/').map(decodeURIComponent);
    const known = SCREENS[name] ? name : 'conversations';
    const screen = (this.screens[known] ??= new SCREENS[known](this));
    for (const [each, node] of Object.entries(this.links)) {
      if (each === known) node.setAttribute('aria-current', 'page');
      else node.removeAttribute('aria-current');
    }
    if (screen !== this.screen) {
      this.screen?.leave();
      this.screen = screen;
      this.main.replaceChildren(screen.node);
    }
    this.current = known;
    this.showTitle();
    screen.enter(parts);
  }

  go(hash) {
    location.hash = hash;
  }

  /** The setup as the program answered it last. */
  takeSetup(setup) {
    this.setup = setup;
    this.restart.update();
  }

  async lookAtSetup() {
    this.takeSetup(await this.api.get('setup'));
  }

  /** A vendor's page came back to the address of this one: what it brought is passed on. */
  async takeConsent() {
    const brought = location.search;
    history.replaceState(null, '', `${CONSOLE}#systems`);
    this.main.replaceChildren(loading(words.consentTaking));
    try {
      const { connector } = await this.api.post('setup/consent', { brought }, { patience: 60000 });
      await this.lookAtSetup();
      const { title, capabilities } = this.setup.connectors.find(({ name }) => name === connector);
      const meant = kept.get('capability');
      const capability = capabilities.includes(meant) ? meant : capabilities[0];
      history.replaceState(null, '', `${CONSOLE}#systems/${capability}/${connector}`);
      toast(fill(words.consentTaken, { title }));
    } catch (error) {
      if (!error.isHandled) toast(error.sentence, 'bad');
    }
  }

  /** For what the person is about to leave the page: a vendor's sign-in. */
  rememberCapability(capability) {
    kept.set('capability', capability);
  }

  // ---- Who waits for a person ----

  async countWaiting() {
    clearTimeout(this.timer);
    try {
      const query = { owner: 'team', state: 'open', limit: MOST_WAITING };
      const { conversations } = await this.api.get('conversations', query);
      this.showWaiting(conversations.length);
    } catch {
      // the screen in sight tells that the program does not answer
    }
    if (this.life.signal.aborted) return;
    this.timer = setTimeout(() => this.countWaiting(), document.hidden ? WAITING_EVERY_HIDDEN : WAITING_EVERY);
  }

  showWaiting(count) {
    if (count > this.waiting) {
      this.announcement.textContent = fill(words[count === 1 ? 'waitingOne' : 'waitingMany'], { n: count });
    }
    this.waiting = count;
    const badge = this.links.conversations.querySelector('.badge');
    badge.hidden = count === 0;
    badge.textContent = count > 99 ? '99+' : count;
    this.showTitle();
  }

  showTitle() {
    const count = this.waiting ? `(${this.waiting}) ` : '';
    document.title = `${count}${capitalised(words[this.current])} · Balcão`;
  }
}

document.documentElement.lang = locale;
// Another link, opened in this tab.
addEventListener('hashchange', () => takeLink() && location.reload());
start();
