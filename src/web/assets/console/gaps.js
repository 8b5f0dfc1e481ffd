/** What could not be answered, what is proposed to be answered to it, and the decision on that. */
import { action, ask, chips, counted, empty, field, h, loading, named, note, timeAgo, toast, trouble } from './dom.js';
import { fill, words } from './words.js';

const LONGEST_QUESTION = 300;
const LONGEST_ANSWER = 4000;
const MOST_GAPS = 200;

export class GapsScreen {
  constructor(shell) {
    this.shell = shell;
    this.tab = 'questions';
    this.tabs = h('div');
    this.body = h('div');
    this.node = h('div.page',
      h('header.head', h('h1', words.gapsTitle)), h('p.lead', words.gapsText), this.tabs, this.body);
  }

  async enter() {
    this.isHere = true;
    if (!this.gaps) this.body.replaceChildren(loading());
    try {
      await this.load();
    } catch (error) {
      if (this.isHere) this.body.replaceChildren(trouble(error, () => this.enter()));
    }
  }

  leave() {
    this.isHere = false;
  }

  async load() {
    const { api } = this.shell;
    const [{ gaps }, { proposals }] = await Promise.all([api.get('gaps', { limit: MOST_GAPS }), api.get('proposals')]);
    const seen = JSON.stringify([gaps, proposals]);
    if (seen === this.seen) return; // what is being written stays
    Object.assign(this, { seen, gaps, proposals });
    this.render();
  }

  get open() {
    return this.proposals.filter(({ state }) => state === 'proposed');
  }

  render() {
    const tabs = [
      ['questions', `${words.questions} (${this.gaps.length})`],
      ['proposals', `${words.proposals} (${this.open.length})`],
    ];
    this.tabs.replaceChildren(chips(words.filter, tabs, this.tab, (tab) => this.show(tab)));
    this.show(this.tab);
  }

  show(tab) {
    this.tab = tab;
    this.body.replaceChildren(...(tab === 'questions' ? this.renderGaps() : this.renderProposals()));
  }

  // ---- Questions ----

  renderGaps() {
    if (!this.gaps.length) return [empty('gaps', words.noGaps, words.noGapsText)];
    return this.gaps.map((gap) => this.renderGap(gap));
  }

  renderGap(gap) {
    const { id, count, causes, examples, answers, last_at: last } = gap;
    const [newest, ...others] = examples;
    const own = this.proposals.filter((proposal) => proposal.gap === id);
    const place = h('div');
    const write = () => place.replaceChildren(this.renderProposing(gap, place, propose));
    const propose = h('button.strong', { onclick: write }, words.propose);
    place.append(propose);
    return h('article.card.wide',
      h('h2', { dir: 'auto' }, `“${newest.question}”`),
      h('p.fine', counted('asked', count), ' · ', words.last, ' ', timeAgo(last), ' · ', this.link(newest)),
      h('p.tags', Object.keys(causes).map((cause) => h('span.tag.calm', named('cause', cause)))),
      others.length > 0 && h('details', h('summary', words.alsoAsked), h('ul.plainly',
        others.map((example) => h('li', { dir: 'auto' }, `“${example.question}” `, this.link(example))))),
      answers.length > 0 && h('details', { open: true }, h('summary', words.personAnswered),
        h('ul.plainly', answers.map((answer) => h('li.quoted', { dir: 'auto' }, answer)))),
      own.map(({ state }) => h('p.fine', named('proposal', state))),
      place);
  }

  link({ conversation_id: id }) {
    return h('a', { href: `#conversations/${id}` }, words.seeConversation);
  }

  renderProposing({ id, examples, answers }, place, propose) {
    const question = questionField(examples[0].question);
    const answer = answerField(answers[0] ?? '');
    const close = () => {
      place.replaceChildren(propose);
      propose.focus();
    };
    const save = action('strong', words.propose, async () => {
      if (!areWritten(question, answer)) return;
      const body = { question: question.control.value.trim(), answer: answer.control.value.trim() };
      await at({ question, answer }, () => this.shell.api.post(`gaps/${id}/proposals`, body));
      toast(words.proposed);
      this.tab = 'proposals';
      await this.load();
    });
    const form = h('div.panel', question.node, answer.node,
      h('div.actions', save, h('button.plain', { onclick: close }, words.cancel)));
    form.addEventListener('keydown', (event) => event.key === 'Escape' && close());
    requestAnimationFrame(() => answer.control.focus());
    return form;
  }

  // ---- Proposals ----

  renderProposals() {
    const { open } = this;
    const decided = this.proposals.filter(({ state }) => state !== 'proposed');
    return [
      open.length ? note('calm', 'details', h('p', words.approveText))
        : empty('gaps', words.noProposals, words.noProposalsText),
      ...open.map((proposal) => this.renderProposal(proposal)),
      decided.length ? h('details.more',
        h('summary', `${words.decided} (${decided.length})`), decided.map(renderDecided)) : '',
    ];
  }

  renderProposal({ id, question: asked, answer: answered, proposed_by: by, proposed_at: when, language }) {
    const question = questionField(asked);
    const answer = answerField(answered);
    const decide = async (verb, body, told) => {
      await at({ question, answer }, () => this.shell.api.post(`proposals/${id}/${verb}`, body, { patience: 60000 }));
      toast(told);
      await this.load();
    };
    const approve = action('strong', words.approve, async () => {
      if (!areWritten(question, answer)) return;
      // What was not touched is approved as it was proposed.
      const [newQuestion, newAnswer] = [question.control.value.trim(), answer.control.value.trim()];
      await decide('approve', {
        ...(newQuestion !== asked && { question: newQuestion }), ...(newAnswer !== answered && { answer: newAnswer }),
      }, words.approved);
    });
    const reject = action('plain', words.reject, async () => {
      if (await ask({ title: words.rejectAsk, text: words.rejectText, yes: words.reject, danger: true })) {
        await decide('reject', {}, words.rejected);
      }
    });
    return h('article.card.wide',
      h('p.fine', fill(words.proposedBy, { name: by }), ' ', timeAgo(when), ' · ',
        words[`language_${language}`] ?? language),
      question.node, answer.node, h('div.actions', approve, reject));
  }
}

const questionField = (text) => field({
  label: words.question, control: h('input', { type: 'text', value: text, maxlength: LONGEST_QUESTION, dir: 'auto' }),
});

const answerField = (text) => field({
  label: words.answer,
  control: h('textarea', { rows: 4, maxlength: LONGEST_ANSWER, value: text, dir: 'auto' }),
});

function areWritten(...fields) {
  const empty = fields.filter(({ control }) => !control.value.trim());
  empty.forEach(({ say }) => say(words.fieldNeeded));
  empty[0]?.control.focus();
  return empty.length === 0;
}

/** Does `task`; what the program finds wrong with a field is told there. */
async function at(fields, task) {
  try {
    return await task();
  } catch (error) {
    const found = fields[error.problem?.field];
    found?.say(error.sentence);
    error.isHandled ||= Boolean(found);
    throw error;
  }
}

function renderDecided({ question, answer, state, decided_by: by, decided_at: when }) {
  return h('article.card.wide',
    h('h2', { dir: 'auto' }, question), h('p', { dir: 'auto' }, answer),
    h('p.fine', named('proposal', state), ` · ${by} · `, timeAgo(when)));
}
