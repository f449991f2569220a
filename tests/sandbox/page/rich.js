/*
 * rich: the rich_text block: sections, lists, quotes, pre-formatted text, and
 * the leaves within them.
 */
import { dateNode } from '/page/dates.js';
import { el, fragment } from '/page/dom.js';
import { emojiNode } from '/page/emoji.js';
import { linkNode } from '/page/mrkdwn.js';
import {
    broadcastMention, channelMention, groupMention, userMention,
} from '/page/names.js';

const STYLE_TAGS = [['code', 'code'], ['bold', 'b'], ['italic', 'i'],
    ['strike', 's'], ['underline', 'u']];

/** @type {Object<string, (leaf: Object) => Node>} */
const LEAVES = {
    text: (leaf) => lines(leaf.text),
    link: (leaf) => linkNode(leaf.url, leaf.text),
    emoji: (leaf) => emojiNode(leaf.name, leaf.unicode),
    user: (leaf) => userMention(leaf.user_id),
    usergroup: (leaf) => groupMention(leaf.usergroup_id),
    channel: (leaf) => channelMention(leaf.channel_id),
    team: (leaf) => document.createTextNode(leaf.team_id),
    broadcast: (leaf) => broadcastMention(leaf.range),
    date: (leaf) => dateNode(String(leaf.timestamp), leaf.format,
        leaf.fallback || '', leaf.url),
    color: (leaf) => colour(leaf.value),
};

function colour(value) {
    const chip = el('span', { class: 'colour-chip' });

    chip.style.backgroundColor = value;
    return fragment(value, chip);
}

function lines(text) {
    const out = fragment();

    text.split('\n').forEach((line, i) => {
        if (i)
            out.append(el('br'));
        out.append(line);
    });
    return out;
}

function leafNode(leaf) {
    let node = LEAVES[leaf.type] ? LEAVES[leaf.type](leaf)
        : document.createTextNode('');

    for (const [style, tag] of STYLE_TAGS)
        if (leaf.style && leaf.style[style])
            node = el(tag, {}, node);
    return node;
}

/** @param {Object[]} elements leaves */
export function leaves(elements) {
    return fragment(...(elements || []).map(leafNode));
}

/* Pre-formatted text keeps its line ends; no styles but links. */
function preformatted(part) {
    return el('pre', { class: part.border ? 'bordered' : null },
        ...(part.elements || []).map((leaf) =>
            leaf.type === 'text' ? leaf.text : leafNode(leaf)));
}

function list(part) {
    const tag = part.style === 'ordered' ? 'ol' : 'ul';

    return el(tag, {
        class: `rich-list indent-${part.indent || 0}` +
            (part.border ? ' bordered' : ''),
        start: tag === 'ol' && part.offset ? part.offset + 1 : null,
    }, ...(part.elements || []).map((item) => el('li', {}, richPart(item))));
}

/** @type {Object<string, (part: Object) => Node>} */
const PARTS = {
    rich_text_section: (part) => el('div', { class: 'rich-section' },
        leaves(part.elements)),
    rich_text_list: list,
    rich_text_quote: (part) => el('blockquote', {}, leaves(part.elements)),
    rich_text_preformatted: preformatted,
};

function richPart(part) {
    return PARTS[part.type] ? PARTS[part.type](part) : fragment();
}

/** @param {{elements: Object[]}} block */
export function richText(block) {
    return fragment(...(block.elements || []).map(richPart));
}
