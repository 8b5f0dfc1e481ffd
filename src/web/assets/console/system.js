/** One system for one part of the work: what it wants to know, signing in at the vendor, trying it, and keeping it. */
import { action, ask, back, copyable, field, h, named, note, toast } from './dom.js';
import { fill, locale, words } from './words.js';

const TRY_PATIENCE = 45000; // the program itself waits 30 seconds for the system
const CALLBACK = new URL('../console/callback', import.meta.url).href;
/** What a vendor's page brings: nobody types it. */
const BROUGHT = 'refresh_token';

export class SystemForm {
  constructor(shell, keeper, connector) {
    Object.assign(this, { shell, keeper, connector });
    const { settings, ways, signs_in: signsIn } = connector;
    this.hasSignedIn = settings.some(({ name, given }) => name === BROUGHT && given);
    // Where it is, who one is there, and then what nobody else may know.
    const place = ({ is_address: isAddress, is_secret: isSecret }) => (isAddress ? 0 : isSecret ? 2 : 1);
    this.typed = settings.filter(({ name }) => !(signsIn && name === BROUGHT)).sort((a, b) => place(a) - place(b));
    this.ways = ways.length > 1 ? ways : [];
    this.fields = new Map(this.typed.map((setting) => [setting.name, this.buildField(setting)]));
    this.way = Math.max(0, this.ways.findIndex((way) => way.every((name) => this.setting(name)?.given)));
    this.outcome = h('div', { role: 'status' });
    this.nodes = this.build();
    this.chooseWay(this.way);
  }

  get mayChange() {
    return this.shell.isAdmin && !this.keeper.fixed_by;
  }

  setting(name) {
    return this.connector.settings.find((each) => each.name === name);
  }

  isOfSomeWay(name) {
    return this.ways.some((way) => way.includes(name));
  }

  /** Whether a setting belongs to another way than the chosen one. */
  isBeside(name) {
    return this.isOfSomeWay(name) && !this.ways[this.way].includes(name);
  }

  isNeeded({ name, is_needed: needed, is_address: isAddress, default: usual }) {
    if (this.isBeside(name)) return false;
    return needed || this.isOfSomeWay(name) || (isAddress && usual === null && !this.base.control.value.trim());
  }

  // ---- What is seen ----

  build() {
    const { title, documentation, base_url: base, signs_in: signsIn } = this.connector;
    const { capability, fixed_by: fixedBy } = this.keeper;
    this.base = field({
      label: words.baseUrl, help: words.baseUrlHelp,
      control: h('input', { type: 'url', value: base ?? '', placeholder: 'https://…', disabled: !this.mayChange }),
    });
    const isMain = ({ name, default: usual, is_address: address }) =>
      usual === null || address || this.isOfSomeWay(name);
    const nodes = (settings) => settings.map(({ name }) => this.fields.get(name).node);
    this.advanced = h('details.more', h('summary', words.advanced),
      ...nodes(this.typed.filter((setting) => !isMain(setting))), this.base.node);
    return [
      h('header.head', back(`#systems/${capability}`), h('h1', title)),
      h('p.lead', fill(words.systemFor, { capability: words[`capability_${capability}`] }), ' ',
        h('a', { href: documentation, target: '_blank', rel: 'noopener noreferrer' }, words.documentation)),
      !this.shell.isAdmin && note('calm', 'details', h('p', words.readOnly)),
      fixedBy && note('warn', 'alert', h('p', fill(words.fixedBy, { variable: fixedBy }))),
      h('div.panel',
        this.ways.length > 0 && this.buildWays(),
        ...nodes(this.typed.filter(isMain)),
        this.advanced,
        signsIn && this.mayChange && this.buildSignIn(title),
        this.outcome,
        this.mayChange && this.buildActions()),
    ].filter(Boolean);
  }

  buildWays() {
    const name = 'way';
    return h('fieldset.ways', h('legend', words.waysAsk), this.ways.map((way, index) =>
      h('label', h('input', {
        type: 'radio', name, value: String(index), checked: index === this.way, disabled: !this.mayChange,
        onchange: () => this.chooseWay(index),
      }), way.map((each) => named('setting', each)).join(' + '))));
  }

  chooseWay(index) {
    this.way = index;
    for (const [name, { node }] of this.fields) node.hidden = this.isBeside(name);
  }

  buildField(setting) {
    const { name, about, is_secret: isSecret, default: usual, given, value, fixed_by: variable } = setting;
    const keeps = this.mayChange ? words.alreadyKept : words.accessKept;
    const placeholder = isSecret && given ? keeps : usual ?? '';
    const control = h('input', {
      type: isSecret ? 'password' : 'text', value: value ?? '', placeholder, spellcheck: 'false',
      autocapitalize: 'none', autocomplete: isSecret ? 'new-password' : 'off',
      disabled: Boolean(variable) || !this.mayChange,
    });
    const canGo = isSecret && given && usual !== null && !this.isOfSomeWay(name) && this.mayChange;
    const built = field({
      label: named('setting', name), help: about[locale] ?? Object.values(about)[0], control,
      note: variable ? h('p.help', fill(words.fixedBy, { variable })) : canGo && this.buildTakeAway(control),
    });
    return { ...built, setting };
  }

  /** A secret that can be done without is taken away by a button: an empty field means that it stays. */
  buildTakeAway(control) {
    const node = h('button.quiet', { 'aria-pressed': 'false', onclick: () => {
      const isGone = node.getAttribute('aria-pressed') === 'false';
      node.setAttribute('aria-pressed', String(isGone));
      control.value = '';
      control.disabled = isGone;
      control.placeholder = isGone ? words.takenAway : words.alreadyKept;
    } }, words.takeAway);
    return node;
  }

  buildSignIn(title) {
    return h('div.signin',
      this.hasSignedIn && note('good', 'check', h('p', fill(words.signedInAt, { title }))),
      h('p', fill(words.redirectHelp, { title })),
      copyable(words.redirect, CALLBACK),
      action(this.hasSignedIn ? 'plain' : 'strong',
        fill(this.hasSignedIn ? words.signInAgain : words.signInAt, { title }),
        () => this.attempt(() => this.signIn())));
  }

  buildActions() {
    const isChosen = this.keeper.keeper === this.connector.name;
    // Without the vendor's yes there is nothing to try or to use yet.
    if (this.connector.signs_in && !this.hasSignedIn) return undefined;
    return h('div.actions',
      action('strong', isChosen ? words.save : fill(words.saveAndUse, { title: this.connector.title }),
        () => this.attempt(() => this.save(isChosen))),
      action('plain', words.tryIt, () => this.attempt(() => this.tryOut())));
  }

  // ---- What is done ----

  /** What shall be different from what is kept. */
  wish() {
    const settings = {};
    for (const { setting, control } of this.fields.values()) {
      const { name, is_secret: isSecret, given, value, fixed_by: variable } = setting;
      const text = control.value.trim();
      if (variable) continue;
      if (this.isBeside(name) || (isSecret && control.disabled)) {
        if (given) settings[name] = null;
      } else if (text !== (value ?? '')) {
        settings[name] = text || null;
      }
    }
    const base = this.base.control.value.trim();
    return { settings, ...(base !== (this.connector.base_url ?? '') && { base_url: base || null }) };
  }

  /** Whether everything is there that has to be. */
  isComplete() {
    const missing = [...this.fields.values()].filter(({ setting, control }) =>
      this.isNeeded(setting) && !setting.given && !control.value.trim());
    missing.forEach(({ say }) => say(words.fieldNeeded));
    missing[0]?.control.focus();
    return missing.length === 0;
  }

  async attempt(task) {
    this.outcome.replaceChildren();
    if (!this.isComplete()) return;
    try {
      await task();
    } catch (error) {
      if (!error.sentence || error.isHandled) throw error;
      this.tell([{ setting: error.problem.field, message: error.sentence }]);
    }
  }

  /** Shows each problem at its field, and the others below all. */
  tell(problems) {
    const others = [];
    let first;
    for (const { setting, message } of problems) {
      const at = setting === 'base_url' ? this.base : this.fields.get(setting);
      if (at && !at.node.hidden) {
        at.say(message);
        first ??= at;
      } else {
        others.push(message);
      }
    }
    if (first && this.advanced.contains(first.node)) this.advanced.open = true;
    first?.control.focus();
    this.outcome.replaceChildren(note('bad', 'alert', h('p', h('strong', words.notLikeThis)),
      ...others.map((message) => h('p', message))));
  }

  async tryOut() {
    const { name, title } = this.connector;
    const body = { capability: this.keeper.capability, ...this.wish() };
    this.outcome.replaceChildren(h('p.loading', h('span.spinner'), fill(words.trying, { title })));
    try {
      const { outcome, problems } = await this.shell.api.post(`setup/connectors/${name}/try`, body,
        { patience: TRY_PATIENCE });
      if (outcome === 'problems') return this.tell(problems);
      this.outcome.replaceChildren(outcome === 'answers'
        ? note('good', 'check', h('p', fill(words.systemAnswers, { title })))
        : note('calm', 'details', h('p', fill(words.notAsked, { title }))));
    } catch (error) {
      this.outcome.replaceChildren();
      throw error;
    }
  }

  /** Keeps what was written, if anything was. */
  async keep() {
    const { name } = this.connector;
    const wish = this.wish();
    if (Object.keys(wish.settings).length || 'base_url' in wish) {
      this.shell.takeSetup(await this.shell.api.put(`setup/connectors/${name}`, wish));
    }
  }

  async save(isChosen) {
    const { keeper, connector, shell } = this;
    const before = shell.setup.connectors.find(({ name }) => name === keeper.keeper)?.title;
    const text = fill(words.replaceText, { name: before, title: connector.title });
    if (before && !isChosen && !await ask({ title: words.replaceAsk, text, yes: words.replace })) return;
    await this.keep();
    const path = `setup/keepers/${keeper.capability}`;
    if (!isChosen) shell.takeSetup(await shell.api.put(path, { keeper: connector.name }));
    toast(words.saved);
    shell.go('systems');
  }

  async signIn() {
    await this.keep();
    const path = `setup/connectors/${this.connector.name}/consent`;
    const { address } = await this.shell.api.post(path, { redirect: CALLBACK });
    if (!/^https?:\/\//.test(address)) throw new Error(`no address of a page: ${address}`);
    this.shell.rememberCapability(this.keeper.capability);
    location.assign(address);
  }
}
