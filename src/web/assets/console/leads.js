/** Who was interviewed: what they said, how warm they are, who has them, and what the interviews come to. */
import { action, chips, counted, decimal, empty, h, loading, named, timeAgo, toast, trouble, until } from './dom.js';
import { fill, locale, words } from './words.js';

const PAGE = 30;
const UNSURE = 70; // percent, below which an answer is marked
const DAY = 86400000;
const PERIODS = { 30: 30, 90: 90, all: undefined };
const TEMPERATURES = ['', 'hot', 'warm', 'cold', 'disqualified'];
const STANDINGS = ['', 'running', 'paused', 'completed', 'disqualified', 'declined', 'handed_off', 'abandoned'];

const money = new Intl.NumberFormat(locale, { style: 'currency', currency: 'BRL', maximumFractionDigits: 0 });
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });

export class LeadsScreen {
  constructor(shell) {
    this.shell = shell;
    this.filter = { temperature: '', standing: '' };
    this.period = '30';
    this.report = h('div.report');
    this.list = h('div');
    this.more = action('plain', words.more, () => this.load(this.next), { hidden: true });
    const standing = h('select', {
      'aria-label': words.standing, onchange: () => this.choose({ standing: standing.value }),
    }, STANDINGS.map((name) => h('option', { value: name }, name ? words[`standing_${name}`] : words.anyStanding)));
    const temperatures = TEMPERATURES.map((name) => [name, name ? words[`temperature_${name}`] : words.all]);
    const periods = Object.keys(PERIODS).map((name) => [name, words[`period_${name}`]]);
    this.node = h('div.page',
      h('header.head', h('h1', words.leads)), h('p.lead', words.leadsText),
      h('details.more', h('summary', words.report),
        chips(words.period, periods, this.period, (period) => this.lookAtReport(period)), this.report),
      h('div.filters', chips(words.filter, temperatures, '', (temperature) => this.choose({ temperature })), standing),
      this.list, this.more);
  }

  enter([id]) {
    this.opened = id;
    this.choose({});
    this.lookAtReport(this.period);
  }

  leave() {
    this.asked = undefined; // what is still on its way is not wanted any more
  }

  choose(filter) {
    Object.assign(this.filter, filter);
    this.asked = {};
    this.more.hidden = true;
    this.list.replaceChildren(loading());
    return this.load();
  }

  async load(cursor) {
    const { asked } = this;
    try {
      const page = await this.shell.api.get('interviews', { ...this.filter, cursor, limit: PAGE });
      if (asked !== this.asked) return;
      this.next = page.next_cursor;
      this.more.hidden = !this.next;
      const nodes = page.interviews.map((lead) => this.render(lead));
      const isFiltered = Object.values(this.filter).some(Boolean);
      if (cursor) this.list.append(...nodes);
      else this.list.replaceChildren(...(nodes.length ? nodes : [
        empty('leads', words.noLeads, isFiltered ? words.noneLikeThis : words.noLeadsText)]));
    } catch (error) {
      if (cursor) throw error;
      if (asked === this.asked) this.list.replaceChildren(trouble(error, () => this.choose({})));
    }
  }

  // ---- One lead ----

  render(lead) {
    const { id, name, answers, verdict, standing, assignment, started_at: began, conversation } = lead;
    const who = answers.name?.given.value?.value ?? words.withoutName;
    const waits = assignment && !assignment.acknowledged_at;
    return h('details.card.wide.lead', { open: id === this.opened },
      h('summary',
        h('span.what',
          h('span.line', h('strong.name', { dir: 'auto' }, who), timeAgo(began)),
          h('span.line', h('span.preview', named('interview', name), ' · ', named('standing', standing),
            assignment && ` · ${assignment.person}`),
          waits && h('span.tag.hot', words.notSeen),
          verdict && h(`span.tag.${verdict.temperature}`,
            `${words[`temperature_${verdict.temperature}`]} · ${verdict.score}`)))),
      h('div.sheet',
        assignment && renderAssignment(assignment),
        h('div.actions',
          waits && action('strong', words.acknowledge, async (node) => {
            const seen = await this.shell.api.post(`interviews/${id}/acknowledge`, { name: this.shell.name });
            this.opened = id;
            toast(words.acknowledged);
            node.closest('.lead').replaceWith(this.render(seen));
          }),
          h('a.plain.button', { href: `#conversations/${conversation}` }, words.seeConversation)),
        h('h3', words.answers), renderAnswers(lead),
        verdict && [h('h3', words.verdict), renderVerdict(verdict)],
        lead.booked && h('p.fine', fill(words.booked, { id: lead.booked })),
        lead.nurture && h('p.fine', fill(words.onList, { list: lead.nurture.list }), ' ', timeAgo(lead.nurture.since)),
        h('p.fine', lead.passed_on ? words.passedOn : words.notPassedOn)));
  }

  // ---- Report ----

  async lookAtReport(period) {
    this.period = period;
    const days = PERIODS[period];
    const since = days && new Date(Date.now() - days * DAY).toISOString();
    if (!this.report.childElementCount) this.report.replaceChildren(loading());
    try {
      const { versions } = await this.shell.api.get('interviews/report', { since });
      if (period !== this.period) return;
      this.report.replaceChildren(...(versions.length ? versions.map(renderVersion) : [h('p.fine', words.noReport)]));
    } catch (error) {
      this.report.replaceChildren(h('p.error', error.sentence ?? words.ourFault));
    }
  }
}

function renderAssignment(assignment) {
  const {
    person, route, assigned_at: since, acknowledge_by: by, acknowledged_at: seen, acknowledged_by: seer,
    escalated_at: escalated,
  } = assignment;
  return h('ul.plainly',
    h('li', fill(words.assigned, { person, route: named('route', route) }), ' · ', timeAgo(since)),
    seen ? h('li', fill(words.seenBy, { name: seer }), ' · ', timeAgo(seen))
      : by && h('li', fill(words.seeBy, { time: until(by) })),
    escalated && h('li', words.escalated, ' · ', timeAgo(escalated)));
}

function renderAnswers({ answers, confirmed = {} }) {
  const given = Object.values(answers);
  if (!given.length) return h('p.fine', words.noAnswers);
  return h('dl', given.map(({ field, given: what, origin, confidence, words: said }) => h('div',
    h('dt', named('field', field)),
    h('dd', { dir: 'auto' }, h('strong', shown(what)),
      confidence < UNSURE && h('span.tag.warm', words.unsure),
      h('span.fine', said && said !== shown(what) ? `“${said}”` : originOf(origin),
        confirmed[field] && ` · ${words.confirmedBy} ${confirmed[field]}`)))));
}

function originOf(origin) {
  const [kind, name] = typeof origin === 'string' ? [origin] : Object.entries(origin)[0];
  return fill(words[`origin_${kind}`] ?? kind, { name });
}

/** What was given for a field, in words. */
function shown(given) {
  if (typeof given === 'string') return named('given', given);
  const { kind, value } = given.value;
  const asMoney = (centavos) => money.format(centavos / 100);
  if (kind === 'money') return span(value.low, value.high, asMoney);
  if (kind === 'number') return span(value.low, value.high, decimal);
  if (kind === 'days') return span(value.from, value.until, (date) => day.format(new Date(date)));
  if (kind === 'choices') return value.map((choice) => named('choice', choice)).join(', ');
  if (kind === 'yes_no') return value ? words.yes : words.no;
  return value;
}

function span(low, high, format) {
  if (low === null) return fill(words.atMost, { value: format(high) });
  if (high === null) return fill(words.atLeast, { value: format(low) });
  return low === high ? format(low) : `${format(low)} – ${format(high)}`;
}

function renderVerdict({ score, confidence, qualified, segment, route, reasons }) {
  const facts = [
    fill(words.score, { score, confidence }), qualified ? words.qualified : words.notQualified,
    segment && `${words.segment}: ${named('segment', segment)}`, route && `${words.route}: ${named('route', route)}`,
  ];
  return [
    h('p', facts.filter(Boolean).join(' · ')),
    h('ul.plainly', reasons.map((reason) => h('li', { dir: 'auto' }, reason))),
  ];
}

function renderVersion(version) {
  const { name, started, completed, open, declined, handed_off: handedOff, abandoned } = version;
  const left = Object.entries(abandoned);
  const percent = (share) => (share === null ? '–' : `${decimal(share * 100)} %`);
  const average = (number) => (number === null ? '–' : decimal(number, 1));
  const numbers = [
    [words.started, started], [words.completed, completed], [words.stillOpen, open], [words.declined, declined],
    [words.handedOff, handedOff], [words.qualifiedRate, percent(version.qualified_rate)],
    [words.bookedRate, percent(version.booked_rate)], [words.questionsEach, average(version.questions_per_lead)],
    [words.minutes, average(version.minutes)], [words.quality, percent(version.data_quality)],
  ];
  return h('section',
    h('h3', `${named('interview', name)} · ${fill(words.version, { version: version.version })}`),
    h('dl.numbers', numbers.map(([label, value]) => h('div', h('dt', label), h('dd', String(value))))),
    left.length > 0 && h('p.fine', words.leftAt, ' ',
      left.map(([question, count]) => `${named('field', question)} (${count})`).join(', ')));
}
