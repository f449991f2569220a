/*
 * composer: where a person types: messages, mentions and commands; Enter
 * sends, Shift+Enter begins a line, ArrowUp brings back what was sent.
 */
import { command, say } from '/page/act.js';
import { Completion } from '/page/complete.js';
import { byId, el } from '/page/dom.js';
import { channelTitle } from '/page/names.js';
import { store } from '/page/store.js';
import { toast } from '/page/toast.js';

const REMEMBERED = 100;
const key = () => `sent ${store.user}`;

/** What this person sent, oldest first. @returns {string[]} */
function sent() {
    return JSON.parse(sessionStorage.getItem(key()) || '[]');
}

function remember(text) {
    const all = sent().filter((one) => one !== text).concat(text);

    sessionStorage.setItem(key(), JSON.stringify(all.slice(-REMEMBERED)));
}

/* ---- from what is typed to what is sent ---------------------------------- */

function named(map, name, field) {
    return [...map.values()].find((one) =>
        !one.deleted && one[field]?.toLowerCase() === name.toLowerCase());
}

/**
 * "@ann", "#ops", "@here" become Slack's marks; with their names behind a bar
 * in a command, as Slack escapes those.
 */
export function withMarks(text, labelled) {
    const label = (name) => (labelled ? `|${name}` : '');

    return text.replace(/(^|[\s(,])([@#])([\w.-]*\w)/g,
        (all, before, sign, name) => {
            const user = sign === '@' && named(store.users, name, 'name');
            const group = sign === '@' && named(store.groups, name, 'handle');
            const channel = sign === '#' && named(store.channels, name, 'name');

            if (user)
                return `${before}<@${user.id}${label(user.name)}>`;
            if (channel)
                return `${before}<#${channel.id}${label(channel.name)}>`;
            if (group)
                return `${before}<!subteam^${group.id}` +
                    `${labelled ? `|@${group.handle}` : ''}>`;
            if (sign === '@' && /^(here|channel|everyone)$/.test(name))
                return `${before}<!${name}>`;
            return all;
        });
}

/* ---- a composer ---------------------------------------------------------- */

export class Composer {
    /**
     * @param {HTMLFormElement} form @param {HTMLTextAreaElement} field
     * @param {() => string} thread ts, or ""
     */
    constructor(form, field, thread) {
        this.field = field;
        this.thread = thread;
        this.back = 0; /* how far into what was sent */
        const box = form.querySelector('[role=listbox]') ||
            form.insertBefore(el('div', { role: 'listbox', hidden: true,
                class: 'completion' }), field);

        this.completion = new Completion(field, box);
        form.addEventListener('submit', (event) => {
            event.preventDefault();
            this.send();
        });
        field.addEventListener('input', () => {
            this.back = 0;
            this.grow();
            this.completion.look();
        });
        field.addEventListener('keydown', (event) => this.key(event));
        field.addEventListener('blur', () => this.completion.close());
    }

    /** As high as what stands in it. */
    grow() {
        this.field.style.height = 'auto';
        this.field.style.height = `${this.field.scrollHeight}px`;
    }

    set(text) {
        this.field.value = text;
        this.field.setSelectionRange(text.length, text.length);
        this.grow();
    }

    key(event) {
        if (event.isComposing || this.completion.key(event))
            return;
        if (event.key === 'Enter' && !event.shiftKey) {
            event.preventDefault();
            this.send();
        } else if (event.key === 'ArrowUp' && !event.altKey) {
            this.recall(event, 1);
        } else if (event.key === 'ArrowDown' && !event.altKey) {
            this.recall(event, -1);
        }
    }

    recall(event, by) {
        const all = sent();
        const to = this.back + by;

        if ((this.field.value && !this.back) || to < 0 || to > all.length)
            return;
        event.preventDefault();
        this.back = to;
        this.set(to ? all[all.length - to] : '');
    }

    async send() {
        const text = this.field.value.trim();
        const thread = this.thread();

        if (!text)
            return;
        if (text.startsWith('/') && thread) {
            toast(`${text.split(' ')[0]} is not supported in threads. Sorry!`);
            return;
        }
        remember(text);
        this.back = 0;
        this.set('');
        this.completion.close();
        if (text.startsWith('/'))
            await command(withMarks(text, true), store.channel);
        else
            await say(withMarks(text, false), store.channel, thread);
    }
}

/** Says where it would go. */
export function drawComposer() {
    const channel = store.channels.get(store.channel);
    const title = channelTitle(store.channel);

    byId('composer').placeholder = `Message ${title}`;
    byId('composer').setAttribute('aria-label', `Message to ${title}`);
    byId('composer-hint').textContent = channel?.is_archived
        ? 'This channel is archived.' : store.sockets ? ''
            : 'opsbot is not connected: it will not hear you.';
}
