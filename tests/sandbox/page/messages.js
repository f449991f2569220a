/*
 * messages: one message as Slack shows it, and a list of them that is kept
 * true: each has its node, by ts, and only what changed is drawn again.
 */
import { blockNodes, picture } from '/page/blocks.js';
import {
    clock, dayName, fullDate, sameDay, tsDate,
} from '/page/dates.js';
import { el, fragment, keepingFocus } from '/page/dom.js';
import { emojiNode } from '/page/emoji.js';
import { icon } from '/page/icons.js';
import { linkNode, mrkdwn } from '/page/mrkdwn.js';
import { avatar, BOT_USER, isApp, realName } from '/page/names.js';
import { byTs, store } from '/page/store.js';
import { messageSurface } from '/page/surface.js';

const TOGETHER_S = 5 * 60; /* messages of one author are one group */
const COLOURS = { good: '#2eb67d', warning: '#ecb22e', danger: '#e01e5a' };

/* ---- attachments --------------------------------------------------------- */

function attachmentField(field) {
    return el('div', { class: field.short ? 'field-text' : 'field-text long' },
        el('b', { text: field.title || '' }), el('br'),
        mrkdwn(field.value || ''));
}

/* The older form: title, text, fields, footer. */
function legacy(a) {
    return fragment(
        a.author_name ? el('div', { class: 'attachment-author' }, a.author_link
            ? linkNode(a.author_link, a.author_name) : a.author_name) : '',
        a.title ? el('div', { class: 'attachment-title' }, a.title_link
            ? linkNode(a.title_link, a.title) : mrkdwn(a.title)) : '',
        a.text ? el('div', { class: 'text' }, mrkdwn(a.text)) : '',
        a.fields?.length ? el('div', { class: 'fields' },
            ...a.fields.map(attachmentField)) : '',
        a.image_url ? picture({ image_url: a.image_url,
            alt_text: a.fallback || '' }, 'image') : '',
        a.footer || a.ts ? el('div', { class: 'attachment-footer' },
            a.footer ? mrkdwn(a.footer) : '', a.footer && a.ts ? ' | ' : '',
            a.ts ? `${dayName(tsDate(String(a.ts)))} at ` +
                clock(tsDate(String(a.ts))) : '') : '');
}

function attachment(a, surface) {
    const bar = el('div', { class: 'attachment-bar', 'aria-hidden': 'true' });
    const colour = COLOURS[a.color] || (a.color && (a.color[0] === '#'
        ? a.color : `#${a.color}`));

    if (colour)
        bar.style.backgroundColor = colour;
    return fragment(
        a.pretext ? el('div', { class: 'text' }, mrkdwn(a.pretext)) : '',
        el('div', { class: 'attachment', data: { color: colour || '' } }, bar,
            el('div', { class: 'attachment-body blocks' }, a.blocks
                ? blockNodes(a.blocks, surface) : legacy(a))));
}

/* ---- one message --------------------------------------------------------- */

const ONLY_EMOJI = /^(\s*:[a-z0-9_+'-]+:\s*){1,23}$/;

/* What a person typed is read as Slack's composer would have. */
function content(message) {
    const surface = messageSurface(message);
    const byPerson = message.via === 'user';
    const blocks = byPerson ? [] : message.blocks || [];
    const edited = message.edited && editedMark(message);
    const text = !blocks.length && message.text
        ? el('div', { class: ONLY_EMOJI.test(message.text) ? 'text jumbo'
            : 'text' }, mrkdwn(message.text), edited && ' ', edited) : '';

    return [
        text,
        blocks.length ? el('div', { class: 'blocks' },
            blockNodes(blocks, surface)) : '',
        ...(message.attachments || []).map((one) => attachment(one, surface)),
        ...(message.files || []).map(file),
        edited && !text ? quiet(edited) : '',
    ];
}

const PREVIEW = 12; // lines

const size = (bytes) => (bytes < 1024 ? `${bytes} B`
    : bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB`
        : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

/* The head of a text, once it is here. */
function preview(one) {
    const head = el('pre', { class: 'file-head', tabindex: '0',
        'aria-label': `The head of ${one.name}` });

    fetch(one.url_private).then((answer) => answer.text()).then((text) => {
        const lines = text.replace(/\n$/, '').split('\n');
        const more = lines.length - PREVIEW;

        head.textContent = lines.slice(0, PREVIEW).join('\n') +
            (more > 0 ? `\n… and ${more} more line${more === 1 ? '' : 's'}`
                : '');
    }, () => head.remove());
    return head;
}

function textFile(one) {
    return el('figure', { class: 'file' },
        el('figcaption', {}, linkNode(one.url_private, one.title),
            el('span', { class: 'file-size',
                text: ` ${one.name} · ${size(one.size)}` })),
        preview(one));
}

/* What was uploaded: a picture as one, anything else with its head. */
function file(one) {
    return one.mimetype.startsWith('image/')
        ? el('figure', { class: 'file' },
            el('figcaption', { text: one.title }),
            el('img', { src: one.url_private, alt: one.alt_txt || one.title }))
        : textFile(one);
}

function editedMark(message) {
    return el('span', { class: 'edited', text: '(edited)',
        title: `Edited ${fullDate(tsDate(message.edited.ts))}` });
}

/* Slack shows no mark where there are blocks: here, only to who looks. */
function quiet(mark) {
    mark.classList.add('quiet');
    return mark;
}

function reactions(message) {
    return message.reactions?.length ? el('div', { class: 'reactions' },
        ...message.reactions.map((one) => el('span', { class: 'reaction' },
            emojiNode(one.name.split('::')[0]), ` ${one.count}`))) : '';
}

function head(message) {
    const date = tsDate(message.ts);

    return el('div', { class: 'message-head' },
        el('span', { class: 'author', text: realName(message.user) }),
        isApp(message.user) ? el('span', { class: 'app-badge', text: 'APP' })
            : '',
        el('a', { class: 'time', href: `#${message.ts}`, text: clock(date),
            title: fullDate(date) }));
}

const plural = (n) => `${n} ${n === 1 ? 'reply' : 'replies'}`;

/** Where a thread is opened at: works as an address, too. */
export function threadUrl(message) {
    return `?user=${store.user}&channel=${message.channel}` +
        `&thread=${message.thread_ts || message.ts}`;
}

function replies(message) {
    if (!message.reply_count)
        return '';
    const last = tsDate(message.latest_reply);

    return el('a', { class: 'replies', href: threadUrl(message),
        data: { thread: message.ts } },
    ...message.reply_users.map((id) => avatar(id, 'tiny')),
    el('b', { text: plural(message.reply_count) }),
    el('span', { class: 'last-reply' }, 'Last reply ',
        `${dayName(last).toLowerCase()} at ${clock(last)}`));
}

/* Nobody can answer to what only one person sees. */
function tools(message, inThread) {
    return inThread || message.is_ephemeral ? ''
        : el('div', { class: 'tools' }, el('a', { class: 'icon-button',
            href: threadUrl(message), role: 'button',
            data: { thread: message.ts }, title: 'Reply in thread',
            'aria-label': 'Reply in thread' }, icon('reply')));
}

/**
 * @param {import('/page/store.js').Message} message
 * @param {boolean} inThread
 * @returns {HTMLElement}
 */
export function messageNode(message, inThread) {
    const isFrom = message.user === BOT_USER ? ' from-app' : '';

    return el('article', {
        class: `message${message.is_ephemeral ? ' ephemeral' : ''}${isFrom}`,
        data: { ts: message.ts, user: message.user, via: message.via },
        'aria-label': `${realName(message.user)}, ` +
            clock(tsDate(message.ts)),
    },
    message.is_ephemeral && el('div', { class: 'only-you' },
        icon('eye'), ' Only visible to you'),
    message.subtype === 'thread_broadcast' && !inThread &&
        el('div', { class: 'only-you' }, '↪ replied to ',
            el('a', { href: threadUrl(message),
                data: { thread: message.thread_ts }, text: 'a thread' })),
    el('div', { class: 'gutter' }, avatar(message.user),
        el('span', { class: 'short-time', 'aria-hidden': 'true',
            text: clock(tsDate(message.ts)).replace(/ .M$/, '') })),
    el('div', { class: 'message-body' }, head(message), ...content(message),
        reactions(message), inThread ? '' : replies(message)),
    tools(message, inThread));
}

/* ---- a list of them ------------------------------------------------------ */

const AT_END_PX = 80;

export class MessageList {
    /**
     * @param {HTMLElement} box that scrolls
     * @param {(message: Object) => boolean} wanted
     * @param {boolean} inThread
     */
    constructor(box, wanted, inThread) {
        this.box = box;
        this.wanted = wanted;
        this.inThread = inThread;
        /** ts → {message, node} */
        this.shown = new Map();
        /** At the end, and to stay there when the window changes. */
        this.following = true;
        box.addEventListener('scroll', () => {
            this.following = this.atEnd();
        });
        new ResizeObserver(() => {
            if (this.following)
                this.toEnd();
        }).observe(box);
    }

    /** Everything anew. @param {Object[]} messages in order */
    draw(messages) {
        this.shown.clear();
        for (const message of messages.filter(this.wanted))
            this.shown.set(message.ts, { message,
                node: messageNode(message, this.inThread) });
        this.arrange();
        this.toEnd();
    }

    /** One came, changed or went. */
    put(message) {
        const old = this.shown.get(message.ts);
        const follow = this.atEnd();

        if (message.deleted || !this.wanted(message)) {
            if (!old)
                return;
            this.shown.delete(message.ts);
        } else {
            this.replace(old, message);
        }
        this.arrange();
        if (follow)
            this.toEnd();
    }

    replace(old, message) {
        const node = messageNode(message, this.inThread);

        this.shown.set(message.ts, { message, node });
        if (old)
            keepingFocus(this.box, () => old.node.replaceWith(node));
    }

    /** Puts nodes in order, with a divider where a day begins. */
    arrange() {
        const all = [...this.shown.values()].sort((a, b) =>
            byTs(a.message, b.message));
        const nodes = [];
        let before = null;

        for (const { message, node } of all) {
            const date = tsDate(message.ts);
            const newDay = !before || !sameDay(tsDate(before.ts), date);

            if (newDay && !this.inThread)
                nodes.push(this.divider(date));
            node.classList.toggle('compact', !newDay &&
                MessageList.together(before, message));
            nodes.push(node);
            before = message;
        }
        this.place(nodes);
    }

    divider(date) {
        return el('div', { class: 'day', role: 'separator',
            data: { day: dayName(date) } },
        el('span', { text: dayName(date) }));
    }

    /* Nodes that stand where they should are not touched: what is open or
     * focused in them stays so. */
    place(nodes) {
        let at = this.box.firstElementChild;

        for (const node of nodes) {
            const same = at && (at === node || (node.dataset.day &&
                at.dataset.day === node.dataset.day));

            if (same)
                at = at.nextElementSibling;
            else
                this.box.insertBefore(node, at);
        }
        while (at) {
            const next = at.nextElementSibling;

            at.remove();
            at = next;
        }
    }

    static together(a, b) {
        return a.user === b.user && !a.is_ephemeral && !b.is_ephemeral &&
            b.subtype !== 'thread_broadcast' &&
            Number(b.ts) - Number(a.ts) < TOGETHER_S;
    }

    atEnd() {
        return this.box.scrollHeight - this.box.scrollTop -
            this.box.clientHeight < AT_END_PX;
    }

    toEnd() {
        this.box.scrollTop = this.box.scrollHeight;
    }
}
