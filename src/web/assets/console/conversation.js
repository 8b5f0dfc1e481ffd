/** One conversation: its messages as they come, who has it, and the box in which a person answers. */
import { Stream } from './api.js';
import { action, ask, back, dayName, h, icon, loading, note, timeAgo, timeOfDay, trouble, until } from './dom.js';
import { renderDetails } from './journal.js';
import { renderMessage } from './message.js';
import { fill, words } from './words.js';

const SPAN = 300; // events that are looked through for messages at a time
const LARGEST_PAGE = 500;
const NEAR_BOTTOM = 80;
const SETTLE = 500; // what changed is asked for once a burst
const WIDE = '(min-width: 1440px)';

/**
 * What was written and not sent, by conversation: it outlives the view. `{text}`, and if it is on its way or nobody knows
 * whether it arrived, `{sent, client_id}`: the same words go out under the same name.
 */
const drafts = new Map();

/** `randomUUID` is for secure pages only, and this one may be on plain http in a shop's own network. */
const newId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('');

/** What to call the customer: their name, or where they are and the end of the conversation's id. */
export function nameOf({ contact_name: name, channel, id }) {
  return name || fill(words.visitor, { channel: words[`channel_${channel}`] ?? channel, code: id.slice(-4) });
}

export class Conversation {
  constructor(shell, id, onChange) {
    Object.assign(this, { shell, id, onChange });
    this.path = `conversations/${id}`;
    this.items = []; // {seq, node, day, at}, in the log's order
    this.messages = new Map();
    this.isPinned = true; // follow the newest message
    this.node = h('section.thread', { 'aria-label': words.conversation }, loading());
  }

  async enter() {
    this.isLeft = false;
    if (this.stream) return this.listen();
    if (this.isLoading) return;
    this.isLoading = true;
    try {
      this.detail = await this.shell.api.get(this.path);
      this.from = Math.max(0, this.detail.last_seq - SPAN);
      const messages = await this.loadMessages(this.from);
      this.build();
      messages.forEach((message) => this.put(message.seq, message));
      this.showDetail();
      this.follow();
      this.announce();
      this.stream = this.newStream();
      if (!this.isLeft) this.listen();
    } catch (error) {
      const retry = () => {
        this.node.replaceChildren(loading());
        this.enter();
      };
      this.node.replaceChildren(back('#conversations'), trouble(error, retry));
    }
    this.isLoading = false;
  }

  leave() {
    this.isLeft = true;
    this.stream?.stop();
    clearTimeout(this.settling);
    this.resizes?.disconnect();
  }

  build() {
    this.who = h('p.who', { role: 'status' });
    this.actions = h('div.actions');
    this.aside = h('aside.details', { 'aria-label': words.details });
    this.toggle = h('button.quiet', { onclick: () => this.showAside(this.aside.hidden) },
      icon('details'), h('span.label', words.details));
    this.earlier = action('plain', words.earlier, () => this.loadEarlier(), { hidden: this.from === 0 });
    this.log = h('div.log', { role: 'log', 'aria-live': 'off', 'aria-label': words.messages });
    this.draft = h('p.typing', { role: 'status', hidden: true }, h('span.dots', h('i'), h('i'), h('i')), h('span'));
    this.reach = h('div');
    this.scroller = h('div.scroller', { tabindex: 0, onscroll: () => this.onScroll() },
      h('div.sheet', this.earlier, this.log, this.draft));
    this.pill = h('button.pill', { hidden: true, onclick: () => this.follow() }, icon('down'), words.newMessages);
    this.status = h('p.status', { role: 'status' });
    this.title = h('h2', { dir: 'auto' });
    this.line = h('p.fine');
    this.node.replaceChildren(
      h('div.talk',
        h('header.head', back('#conversations'), h('div.names', this.title, this.line), this.toggle),
        h('div.standing', this.who, this.actions),
        this.status,
        h('div.middle', this.scroller, this.pill),
        this.reach, this.buildBox()),
      this.aside);
    this.node.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.aside.hidden && !matchMedia(WIDE).matches) this.showAside(false);
    });
    this.resizes = new ResizeObserver(() => this.isPinned && this.follow());
    this.showAside(matchMedia(WIDE).matches);
  }

  // ---- Messages ----

  async loadMessages(after) {
    const { messages } = await this.shell.api.get(`${this.path}/messages`, { after, limit: LARGEST_PAGE });
    return messages;
  }

  async loadEarlier() {
    const before = this.from;
    this.from = Math.max(0, before - SPAN);
    const messages = await this.loadMessages(this.from);
    const height = this.scroller.scrollHeight;
    this.log.setAttribute('aria-live', 'off');
    messages.filter(({ seq }) => seq <= before).forEach((message) => this.put(message.seq, message));
    this.showChanges();
    this.earlier.hidden = this.from === 0;
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
    this.announce();
  }

  /** From now on; what was said before is not read out. */
  announce() {
    requestAnimationFrame(() => this.log.setAttribute('aria-live', 'polite'));
  }

  put(seq, message) {
    if (this.messages.has(message.id)) return;
    this.messages.set(message.id, message);
    this.insert(seq, message.created_at, renderMessage(message, this.shell.api, this.path));
  }

  insert(seq, at, content) {
    const day = h('div.day');
    const item = { seq, day, at, node: h('div.item', day, content) };
    const next = this.items.findIndex((each) => each.seq > seq);
    const index = next < 0 ? this.items.length : next;
    this.log.insertBefore(item.node, this.items[index]?.node ?? null);
    this.items.splice(index, 0, item);
    queueMicrotask(() => this.nameDays());
  }

  nameDays() {
    let before = '';
    for (const { day, at } of this.items) {
      const name = new Date(at).toDateString();
      day.hidden = name === before;
      if (!day.hidden) day.textContent = dayName(at);
      before = name;
    }
  }

  onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.isPinned = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
    if (this.isPinned) this.pill.hidden = true;
  }

  follow() {
    this.isPinned = true;
    this.pill.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  // ---- What happens ----

  newStream() {
    return new Stream({
      api: this.shell.api,
      path: `${this.path}/events`,
      cursor: this.detail.last_seq,
      onEvent: (type, data, seq) => this[`on_${type}`]?.(data, seq),
      onState: (connected) => { this.status.textContent = connected ? '' : words.noConnection; },
    });
  }

  listen() {
    [this.scroller, this.scroller.firstChild].forEach((node) => this.resizes.observe(node));
    this.stream.start();
  }

  on_message(message, seq) {
    const { isPinned } = this;
    this.put(seq, message);
    this.showDraft();
    if (isPinned) this.follow();
    else this.pill.hidden = false;
    // What was sent although no answer came must not be sent twice.
    const isMine = message.role === 'human' && message.author === this.shell.name;
    if (isMine) this.sent(message.text.trim());
    this.settle();
  }

  on_delta({ turn_id: turn, text }) {
    this.words = (turn === this.turn ? this.words ?? '' : '') + text;
    this.turn = turn;
    this.showDraft(this.words);
  }

  on_progress({ text }) {
    this.showDraft(text);
  }

  on_turn({ state }) {
    this.words = '';
    this.showDraft(state === 'started' ? words.botAnswers : undefined);
    if (state === 'finished') this.settle();
  }

  on_ownership() {
    this.settle();
  }

  showDraft(text) {
    const { isPinned } = this;
    this.draft.hidden = !text;
    this.draft.lastChild.textContent = text ?? '';
    if (isPinned) this.follow();
  }

  /** The list shows this conversation, too: it may know of a change that the stream does not tell. */
  hint(row) {
    if (!row || !this.detail || !this.stream) return;
    if (['epoch', 'state', 'owner_until'].some((name) => row[name] !== this.detail[name])) this.settle();
  }

  settle() {
    clearTimeout(this.settling);
    this.settling = setTimeout(async () => {
      try {
        this.detail = await this.shell.api.get(this.path);
        this.showDetail();
      } catch {
        // the stream tells that the program does not answer; the next change asks again
      }
    }, SETTLE);
  }

  // ---- Who has it ----

  showDetail() {
    const { detail } = this;
    const name = nameOf({ ...detail, contact_name: detail.contact?.name });
    this.title.textContent = name;
    this.line.replaceChildren(
      [words[`channel_${detail.channel}`] ?? detail.channel, words[`language_${detail.language}`] ?? detail.language]
        .join(' · '), ' · ', timeAgo(detail.created_at));
    this.showOwner();
    this.showChanges();
    this.reach.replaceChildren(detail.out_of_reach ? note('warn', 'alert', h('p', words.outOfReach)) : '');
    this.aside.replaceChildren(
      h('header.head', h('h2', words.details),
        h('button.quiet', { 'aria-label': words.close, title: words.close, onclick: () => this.showAside(false) },
          icon('close'))),
      h('div.scroller', { tabindex: 0 }, h('div.sheet', renderDetails(detail, this.messages))));
  }

  showOwner() {
    const { owner, owner_name: person, owner_until: time, state } = this.detail;
    const isMine = owner === 'person' && person === this.shell.name;
    const sentence = state === 'closed' ? words.isClosed : {
      bot: words.ownerBot,
      team: words.ownerTeam,
      person: isMine ? words.ownerMe : fill(words.ownerPerson, { name: person }),
      flow: fill(words.ownerFlow, { name: person }),
    }[owner];
    const back = time && state === 'open' ? ` ${fill(words.ownerUntil, { time: until(time) })}` : '';
    if (this.who.textContent !== sentence + back) this.who.replaceChildren(h('strong', sentence), back);
    this.who.classList.toggle('waits', owner === 'team');
    this.hintLine.textContent = isMine ? words.replyMine
      : fill(owner === 'person' ? words.replyTakesFrom : words.replyTakes, { name: person });
    const verb = (kind, label, path, title) => action(kind, label, () => this.perform(path), { title });
    const end = action('plain', words.end, async () => {
      if (await ask({ title: words.endAsk, text: words.endText, yes: words.end })) await this.perform('close');
    });
    const shown = [owner, isMine, state].join();
    if (shown === this.shownActions) return; // a button that is pressed just now stays
    this.shownActions = shown;
    this.actions.replaceChildren(...[
      !isMine && state === 'open' && verb(owner === 'team' ? 'strong' : 'plain', words.take, 'take'),
      owner !== 'bot' && verb('plain', words.giveBack, 'return', words.giveBackText),
      state === 'open' && end,
    ].filter(Boolean));
  }

  async perform(verb) {
    this.takeView(await this.shell.api.post(`${this.path}/${verb}`, { name: this.shell.name }));
  }

  takeView(view) {
    // A view leaves out what there is not.
    this.detail = { ...this.detail, owner_name: undefined, owner_until: undefined, ...view };
    this.showOwner();
    this.settle();
    this.onChange();
    this.shell.countWaiting();
  }

  /** Lines between the messages: who had the conversation from when on. */
  showChanges() {
    for (const { seq, at, body } of this.detail.events) {
      if (seq <= this.from || this.items.some((item) => item.seq === seq)) continue;
      const text = this.changeOf(body);
      if (text) this.insert(seq, at, h('p.line', text, ' · ', timeOfDay(at)));
    }
  }

  changeOf({ event, owner, state }) {
    if (event === 'state_changed') return state === 'closed' ? words.changedClosed : words.changedOpen;
    if (event !== 'owner_changed') return undefined;
    return fill(words[`changed_${owner.kind}`], { name: owner.name });
  }

  showAside(shown) {
    this.aside.hidden = !shown;
    this.toggle.setAttribute('aria-expanded', String(shown));
    if (!shown && this.aside.contains(document.activeElement)) this.toggle.focus();
  }

  // ---- Answering ----

  buildBox() {
    this.hintLine = h('p.fine', { id: 'reply-hint' });
    this.failure = h('p.error', { role: 'alert' });
    this.input = h('textarea', {
      rows: 1, placeholder: words.reply, 'aria-label': words.reply, 'aria-describedby': 'reply-hint', dir: 'auto',
      enterkeyhint: 'send', value: drafts.get(this.id)?.text ?? '',
      oninput: () => this.onInput(),
      onkeydown: (event) => {
        // 229: an input method is composing, as some browsers still report it.
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
        event.preventDefault();
        this.sendButton.click();
      },
    });
    this.sendButton = action('send', icon('send'), () => this.send(), {
      'aria-label': words.send, title: words.send,
      onpointerdown: (event) => event.preventDefault(), // keeps the phone's keyboard open
    });
    requestAnimationFrame(() => this.onInput());
    return h('footer', this.failure, h('div.box', this.input, this.sendButton), this.hintLine);
  }

  onInput() {
    const { input } = this;
    input.style.height = 'auto';
    if (input.scrollHeight) input.style.height = `${input.scrollHeight}px`; // the style sheet sets the most
    if (input.value) drafts.set(this.id, { ...drafts.get(this.id), text: input.value });
    else drafts.delete(this.id);
    this.sendButton.disabled = !input.value.trim();
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.failure.textContent = '';
    this.input.readOnly = true;
    const before = drafts.get(this.id);
    const id = before?.sent === text ? before.client_id : newId();
    drafts.set(this.id, { text: this.input.value, sent: text, client_id: id });
    try {
      const { conversation } = await this.shell.api.post(`${this.path}/reply`,
        { text, client_id: id, name: this.shell.name });
      this.sent(text);
      this.takeView(conversation);
    } catch (error) {
      const why = error.sentence ?? words.ourFault;
      this.failure.textContent = error.status === 0 ? words.replyUnsure : `${words.replyFailed} ${why}`;
      if (!error.sentence) throw error;
    } finally {
      this.input.readOnly = false;
    }
  }

  /** These words have gone out; what was written since stays. */
  sent(text) {
    if (drafts.get(this.id)?.sent === text && drafts.get(this.id).text.trim() === text) drafts.delete(this.id);
    if (this.input.value.trim() !== text) return;
    this.failure.textContent = '';
    this.input.value = '';
    this.onInput();
    this.follow();
  }
}
