/** The words of messages as nodes: the little Markdown that answers use, and addresses as links. Never HTML. */
import { h } from './dom.js';

const SAFE_LINK = /^(?:https?:\/\/|mailto:|tel:)/i;
const ADDRESS = '\\bhttps?:\\/\\/[^\\s<>"\']*[^\\s<>"\'.,;:!?*\\])]';
const RICH = [
  '`([^`\\n]+)`', // 1 code
  '\\*\\*(\\S(?:.*?\\S)?)\\*\\*', // 2 bold
  '(?<![\\p{L}\\p{N}*])\\*(\\S(?:[^*\\n]*?\\S)?)\\*(?![\\p{L}\\p{N}*])', // 3 italic; "5*3*2" is arithmetic
  '\\[([^\\]\\n]+)\\]\\(([^\\s()]+)\\)', // 4 link text, 5 address
  ADDRESS,
].join('|');

const link = (href, text) => h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text);

function inline(text, pattern = RICH, depth = 0) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(new RegExp(pattern, 'gu'))) {
    const [whole, code, bold, italic, label, address] = match;
    if (depth > 3 || (address && !SAFE_LINK.test(address))) continue;
    nodes.push(text.slice(from, match.index));
    from = match.index + whole.length;
    if (code) nodes.push(h('code', code));
    else if (bold || italic) nodes.push(h(bold ? 'strong' : 'em', ...inline(bold || italic, pattern, depth + 1)));
    else nodes.push(address ? link(address, label) : link(whole, whole));
  }
  nodes.push(text.slice(from));
  return nodes;
}

/** The words of the assistant and of the business. */
export function rich(text) {
  const blocks = [];
  let open; // where a following line goes on
  for (const line of text.split(/\r?\n/)) {
    const [, bullet, , item] = /^\s*(?:([-*•])|(\d{1,3})[.)])\s+(.+)$/.exec(line) ?? [];
    const heading = /^#{1,6}\s+(.+?)\s*#*$/.exec(line);
    if (!line.trim()) {
      open = undefined;
    } else if (item) {
      const tag = bullet ? 'ul' : 'ol';
      const last = blocks.at(-1);
      const list = open && last?.localName === tag ? last : h(tag);
      if (list !== last) blocks.push(list);
      open = h('li', { dir: 'auto' }, ...inline(item));
      list.append(open);
    } else if (open && !heading) {
      open.append(h('br'), ...inline(line.trim()));
    } else {
      open = h('p', { dir: 'auto' }, ...(heading ? [h('strong', ...inline(heading[1]))] : inline(line.trim())));
      blocks.push(open);
    }
  }
  return blocks;
}

/** The customer's own words, as typed. */
export const plain = (text) => h('p.plain', { dir: 'auto' }, ...inline(text, ADDRESS));
