/** Which system stands behind each part of the work, how it does, and the bar that restarts the program. */
import { action, ask, back, counted, decimal, h, icon, loading, named, note, timeAgo, toast, trouble } from './dom.js';
import { SystemForm } from './system.js';
import { fill, words } from './words.js';

const REFRESH = 30000;
const RESTART_LIMIT = 90000;
const RESTART_LOOK = 1000;
const RESTART_PATIENCE = 4000;

/** Who stands for a capability, for people. */
function keeperName(setup, { without }, name) {
  return name === without ? words[`without_${without}`] : connectorOf(setup, name)?.title ?? name;
}

const connectorOf = (setup, name) => setup.connectors.find((connector) => connector.name === name);

export class SystemsScreen {
  constructor(shell) {
    this.shell = shell;
    this.node = h('div.page');
  }

  async enter(parts) {
    this.parts = parts;
    this.form = undefined;
    this.node.replaceChildren(loading());
    try {
      await this.shell.lookAtSetup();
      if (parts === this.parts) this.render();
    } catch (error) {
      if (parts === this.parts) this.node.replaceChildren(trouble(error, () => this.enter(parts)));
    }
  }

  leave() {
    this.parts = undefined;
    clearTimeout(this.timer);
  }

  /** The program has started again: what is shown may have changed, and what is being written stays. */
  refresh() {
    if (!this.form) this.enter(this.parts);
  }

  render() {
    clearTimeout(this.timer);
    const { setup } = this.shell;
    const [capability, name] = this.parts;
    const keeper = setup.keepers.find((each) => each.capability === capability);
    const connector = keeper?.choices.includes(name) && connectorOf(setup, name);
    this.node.parentNode.scrollTop = 0;
    if (connector) {
      this.form = new SystemForm(this.shell, keeper, connector);
      this.node.replaceChildren(...this.form.nodes);
    } else if (keeper) {
      this.node.replaceChildren(...this.renderChoices(setup, keeper));
    } else {
      this.node.replaceChildren(...this.renderAll(setup));
      this.lookAtHealth();
    }
  }

  // ---- All ----

  renderAll(setup) {
    const used = setup.keepers.filter((keeper) => keeper.in_force !== keeper.without);
    this.health = new Map(used.map(({ capability }) => [capability, h('div.health')]));
    return [
      h('header.head', h('h1', words.systems)),
      h('p.lead', words.systemsText),
      !setup.is_admin && note('calm', 'details', h('p', words.readOnly)),
      h('div.cards', setup.keepers.map((keeper) => this.renderCard(setup, keeper))),
    ].filter(Boolean);
  }

  renderCard(setup, keeper) {
    const { capability } = keeper;
    const waits = keeper.keeper !== keeper.in_force;
    return h('article.card',
      h('div.title', h('span.symbol', icon(capability)), h('h2', words[`capability_${capability}`])),
      h('p.fine', words[`about_${capability}`]),
      h('p.keeper', h('strong', keeperName(setup, keeper, keeper.keeper))),
      waits && h('p.fine', fill(words.untilRestart, { name: keeperName(setup, keeper, keeper.in_force) })),
      this.health.get(capability),
      h('a.plain.button', { href: `#systems/${capability}` },
        setup.is_admin && !keeper.fixed_by ? words.change : words.look));
  }

  async lookAtHealth() {
    const { parts } = this;
    try {
      const { connectors } = await this.shell.api.get('connectors');
      if (parts !== this.parts) return;
      for (const { capability, in_force: name } of this.shell.setup.keepers) {
        const found = connectors.find((connector) => connector.name === name);
        this.health.get(capability)?.replaceChildren(...(found ? renderHealth(found) : []));
      }
    } catch {
      // the cards stay as they are; the next look tells more
    }
    if (parts === this.parts) this.timer = setTimeout(() => this.lookAtHealth(), REFRESH);
  }

  // ---- One ----

  renderChoices(setup, keeper) {
    const { capability } = keeper;
    const mayChange = setup.is_admin && !keeper.fixed_by;
    return [
      h('header.head', back('#systems'), h('h1', words[`capability_${capability}`])),
      h('p.lead', words[`about_${capability}`]),
      keeper.fixed_by && note('warn', 'alert', h('p', fill(words.fixedBy, { variable: keeper.fixed_by }))),
      h('ul.choices',
        this.renderWithout(keeper, mayChange),
        keeper.choices.map((name) => this.renderChoice(keeper, connectorOf(setup, name), mayChange))),
    ].filter(Boolean);
  }

  renderWithout(keeper, mayChange) {
    const { without } = keeper;
    const isChosen = keeper.keeper === without;
    const title = words[`without_${without}`];
    const use = action('plain', words.useThis, async () => {
      const question = fill(words.leaveAsk, { name: keeperName(this.shell.setup, keeper, keeper.keeper) });
      if (!await ask({ title: question, text: words.leaveText, yes: words.useThis })) return;
      this.shell.takeSetup(await this.shell.api.put(`setup/keepers/${keeper.capability}`, { keeper: without }));
      toast(words.saved);
      this.shell.go('systems');
    });
    return h(isChosen ? 'li.choice.chosen' : 'li.choice',
      h('div.what', h('strong', title), h('p.fine', words[`withoutText_${without}`])),
      isChosen ? h('span.tag.good', words.chosen) : mayChange && use);
  }

  renderChoice(keeper, connector, mayChange) {
    const { name, title, settings } = connector;
    const isChosen = keeper.keeper === name;
    const isGiven = settings.some(({ is_secret: secret, given }) => secret && given);
    return h(isChosen ? 'li.choice.chosen' : 'li.choice',
      h('div.what', h('strong', title), isGiven && h('p.fine', words.accessKept)),
      isChosen && h('span.tag.good', words.chosen),
      h('a.plain.button', { href: `#systems/${keeper.capability}/${name}` },
        mayChange ? isChosen ? words.edit : words.choose : words.look));
  }
}

/** How a system does, in words. */
function renderHealth({ breaker, quota_left: left, health }) {
  const {
    calls, failed_percent: failed, median_ms: median, p95_ms: slow, away_since: away, last_fault: fault,
    last_fault_at: faultAt, is_unusual: isUnusual,
  } = health;
  const seconds = (milliseconds) => fill(words.seconds, { n: decimal(milliseconds / 1000, 1) });
  const first = away ? ['bad', words.isAway, timeAgo(away)]
    : breaker === 'open' ? ['bad', words.isPaused]
      : calls === 0 ? ['calm', words.isQuiet] : ['good', words.isWell];
  const [kind, ...sentence] = first;
  return [
    h(`p.state.${kind}`, sentence.flatMap((part) => [part, ' '])),
    calls > 0 && h('p.fine', `${counted('calls', calls)}, ${
      fill(words.took, { median: seconds(median), slow: seconds(slow) })}${
      failed > 0 ? `; ${fill(words.failedShare, { n: decimal(failed, 1) })}` : ''}.`),
    isUnusual && h('p.fine', words.isUnusual),
    fault && h('p.fine', `${words.lastFault}: ${named('fault', fault)}, `, timeAgo(faultAt)),
    left !== null && left !== undefined && h('p.fine', counted('left', left)),
  ].filter(Boolean);
}

// ---- Restart ----

/** Says that what was saved waits for a restart, and restarts. */
export class RestartBar {
  constructor(shell) {
    this.shell = shell;
    this.node = h('div.bar', { role: 'status' });
    this.update();
  }

  stop() {
    this.isStopped = true;
  }

  update() {
    if (this.isRestarting) return;
    const { setup, isAdmin } = this.shell;
    if (!setup.waits_for_restart) return this.node.replaceChildren();
    this.node.replaceChildren(
      h('p', words.waitsForRestart, ' ', isAdmin ? words.restartText : words.restartByAdmin),
      isAdmin ? action('strong', words.restart, () => this.restart()) : '');
  }

  async restart() {
    await this.shell.api.post('setup/restart', {}, { patience: 60000 });
    this.isRestarting = true;
    this.node.replaceChildren(h('p', h('span.spinner'), words.restarting));
    const isBack = await this.comesBack();
    this.isRestarting = false;
    if (this.isStopped) return;
    if (!isBack) {
      this.node.replaceChildren(h('p', { role: 'alert' }, words.restartFailed),
        h('button.plain', { onclick: () => location.reload() }, words.retry));
      return;
    }
    this.update();
    toast(words.restarted);
    this.shell.screen.refresh?.();
  }

  async comesBack() {
    const end = Date.now() + RESTART_LIMIT;
    while (Date.now() < end && !this.isStopped) {
      await new Promise((resolve) => setTimeout(resolve, RESTART_LOOK));
      try {
        const setup = await this.shell.api.get('setup', {}, { patience: RESTART_PATIENCE });
        this.shell.takeSetup(setup);
        if (!setup.waits_for_restart) return true;
      } catch {
        // it is on its way
      }
    }
    return false;
  }
}
