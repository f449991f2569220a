/*
 * mrkdwn: Slack's own markup as nodes.
 *
 * Text comes escaped (&amp; &lt; &gt;) with marks in <…>. Pre-formatted parts
 * first, then quotes by the line, then what stands within a line.
 */
import { dateNode } from '/page/dates.js';
import { el, fragment } from '/page/dom.js';
import { emojiAt, emojiNode } from '/page/emoji.js';
import {
    broadcastMention, channelMention, groupMention, userMention,
} from '/page/names.js';

const STYLES = { '*': 'b', '_': 'i', '~': 's' };
const LINK = /^https?:\/\/[^\s<>|`]+/;
const SAFE = /^(https?|mailto|tel|slack):/i;

/** The three entities, and nothing else. @param {string} text */
export function decode(text) {
    return text.replace(/&(amp|lt|gt);/g,
        (all, name) => ({ amp: '&', lt: '<', gt: '>' })[name]);
}

/**
 * A link; an address that no Slack client would open is only text.
 * @param {string} url @param {string} [label]
 */
export function linkNode(url, label) {
    const text = label || url.replace(/^(mailto|tel):/i, '');

    if (!SAFE.test(url))
        return document.createTextNode(label ? `${label} (${url})` : text);
    return el('a', {
        href: url, target: '_blank', rel: 'noreferrer noopener', title: url,
    }, withEmoji(text));
}

/** Plain text with its emoji. @param {string} text */
export function withEmoji(text) {
    const out = fragment();
    let from = 0;

    for (let i = 0; i < text.length; i++) {
        const emoji = text[i] === ':' && emojiAt(text, i);

        if (emoji) {
            out.append(text.slice(from, i), emojiNode(emoji.name));
            i += emoji.length - 1;
            from = i + 1;
        }
    }
    out.append(text.slice(from));
    return out;
}

/* ---- marks: <…> --------------------------------------------------------- */

function special(id, label) {
    const [kind, ...rest] = id.slice(1).split('^');

    if (kind === 'subteam')
        return groupMention(rest[0], label);
    if (kind === 'date')
        return dateNode(rest[0], decode(rest[1] || ''), label || '',
            SAFE.test(rest[2] || '') ? decode(rest[2]) : undefined);
    if (['here', 'channel', 'everyone'].includes(kind))
        return broadcastMention(kind);
    return document.createTextNode(label || `<${id}>`);
}

/** @param {string} inside what stands between < and > */
function mark(inside) {
    const bar = inside.indexOf('|');
    const id = bar < 0 ? inside : inside.slice(0, bar);
    const label = bar < 0 ? '' : decode(inside.slice(bar + 1));

    if (id[0] === '@')
        return userMention(id.slice(1), label);
    if (id[0] === '#')
        return channelMention(id.slice(1), label);
    if (id[0] === '!')
        return special(id, label);
    return linkNode(decode(id), label);
}

/* ---- within a line ------------------------------------------------------ */

const isWord = (c) => c !== undefined && /[\p{L}\p{N}]/u.test(c);
const isSpace = (c) => c === undefined || /\s/.test(c);

/** Whether text[i], one of * _ ~, may begin a style. */
function opens(text, i) {
    return !isWord(text[i - 1]) && !isSpace(text[i + 1]) &&
        text[i + 1] !== text[i];
}

/** Where the style that begins at i ends, or -1: on the same line, and not
 * within code or a mark. */
function closing(text, i) {
    for (let j = i + 1; j < text.length && text[j] !== '\n'; j++) {
        const end = text[j] === '`' ? text.indexOf('`', j + 1)
            : text[j] === '<' ? text.indexOf('>', j + 1) : -1;

        if (end > 0)
            j = end;
        else if (text[j] === text[i] && j > i + 1 && !isSpace(text[j - 1]) &&
                 !isWord(text[j + 1]))
            return j;
    }
    return -1;
}

/** A bare address, less the punctuation that ends a sentence. */
function bareLink(text, i) {
    const found = !isWord(text[i - 1]) && LINK.exec(text.slice(i));

    return found ? found[0].replace(/[.,;:!?)\]'"*_~]+$/, '') : '';
}

/**
 * What begins at text[i], if it is anything but itself.
 * @returns {{node: Node, length: number}|null}
 */
function piece(text, i, options) {
    const c = text[i];

    if (c === '\n')
        return { node: el('br'), length: 1 };
    if (c === '`') {
        const end = text.indexOf('`', i + 1);
        const code = text.slice(i + 1, end);

        if (end > i + 1 && !code.includes('\n'))
            return { node: el('code', {}, ...marksOnly(code)),
                length: end + 1 - i };
    }
    if (c === '<') {
        const end = text.indexOf('>', i);

        if (end > i + 1)
            return { node: mark(text.slice(i + 1, end)), length: end + 1 - i };
    }
    if (STYLES[c] && opens(text, i)) {
        const end = closing(text, i);

        if (end > 0)
            return { node: el(STYLES[c], {},
                inline(text.slice(i + 1, end), options)), length: end + 1 - i };
    }
    if (c === ':') {
        const emoji = emojiAt(text, i);

        if (emoji)
            return { node: emojiNode(emoji.name), length: emoji.length };
    }
    if (c === 'h' && !options.verbatim) {
        const url = bareLink(text, i);

        if (url)
            return { node: linkNode(decode(url)), length: url.length };
    }
    return null;
}

function inline(text, options) {
    const out = fragment();
    let from = 0;
    let i = 0;

    while (i < text.length) {
        const found = piece(text, i, options);

        if (!found) {
            i++;
            continue;
        }
        out.append(decode(text.slice(from, i)), found.node);
        i += found.length;
        from = i;
    }
    out.append(decode(text.slice(from)));
    return out;
}

/** Code keeps its characters; only marks are read. */
function marksOnly(text) {
    return text.split(/(<[^<>\n]+>)/).map((part) =>
        part.startsWith('<') && part.endsWith('>') && part.length > 2
            ? mark(part.slice(1, -1)) : decode(part));
}

/* ---- by the line -------------------------------------------------------- */

const QUOTE = /^(&gt;|>)(?!(&gt;|>){2}) ?/;
const QUOTE_ALL = /^(&gt;|>){3} ?/;

/* Lines are joined by a break, but not around a quote: that is a block. */
function paragraphs(text, options) {
    const out = fragment();
    const lines = text.split('\n');
    let plain = [];
    let quoted = [];
    const flush = () => {
        if (plain.length)
            out.append(inline(plain.join('\n'), options));
        if (quoted.length)
            out.append(el('blockquote', {},
                inline(quoted.join('\n'), options)));
        plain = [];
        quoted = [];
    };

    for (let i = 0; i < lines.length; i++) {
        if (QUOTE_ALL.test(lines[i])) {
            flush();
            quoted = [lines[i].replace(QUOTE_ALL, ''), ...lines.slice(i + 1)];
            break;
        }
        const isQuote = QUOTE.test(lines[i]);

        if (isQuote ? plain.length : quoted.length)
            flush();
        if (isQuote)
            quoted.push(lines[i].replace(QUOTE, ''));
        else
            plain.push(lines[i]);
    }
    flush();
    return out;
}

/**
 * @param {string} text
 * @param {{verbatim?: boolean}} [options]
 * @returns {DocumentFragment}
 */
export function mrkdwn(text, options = {}) {
    const out = fragment();
    const parts = text.split(/```([\s\S]+?)```/);

    parts.forEach((part, i) => {
        if (i % 2)
            out.append(el('pre', {},
                ...marksOnly(part.replace(/^\n/, '').replace(/\n$/, ''))));
        else if (part)
            out.append(paragraphs(around(part, i, parts.length), options));
    });
    return out;
}

/* The line ends that belong to a pre-formatted part are not lines of text. */
function around(part, i, count) {
    const after = i > 0 ? part.replace(/^\n/, '') : part;

    return i < count - 1 ? after.replace(/\n$/, '') : after;
}

/**
 * A text object of Block Kit.
 * @param {{type: string, text: string, emoji?: boolean, verbatim?: boolean}} t
 */
export function textObject(t) {
    if (!t)
        return fragment();
    if (typeof t === 'string')
        return fragment(t);
    if (t.type === 'mrkdwn')
        return mrkdwn(t.text, { verbatim: t.verbatim });
    return t.emoji === false ? fragment(decode(t.text))
        : withEmoji(decode(t.text));
}
