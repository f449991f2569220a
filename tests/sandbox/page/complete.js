/*
 * complete: what can stand where the person is typing: a command, a person, a
 * channel, an emoji. Tab takes the marked one, arrows move, Esc closes; Enter
 * sends what stands there, unless an arrow has chosen.
 */
import { COMMANDS } from '/page/commands.js';
import { el } from '/page/dom.js';
import { emojiLike } from '/page/emoji.js';
import { avatar, channelTitle, realName } from '/page/names.js';
import { myChannels, store } from '/page/store.js';

const MOST = 8;

/** @typedef {{from: number, put: string, nodes: Array<Node|string>}} Offer */

function commandOffers(text) {
    return COMMANDS.filter((one) => one.text.startsWith(text) ||
        `${one.text} ` === text).slice(0, MOST).map((one) => ({
        from: 0, put: `${one.text} `,
        nodes: [el('b', { text: one.text }), ` ${one.usage}`,
            el('span', { class: 'does', text: one.does })],
    }));
}

function userOffers(start, from) {
    const groups = [...store.groups.values()].map((group) =>
        ({ id: group.id, name: group.handle, title: 'User group' }));
    const people = [...store.users.values()].filter((user) => !user.deleted)
        .map((user) => ({ id: user.id, name: user.name,
            title: realName(user.id) }));

    return people.concat(groups)
        .filter((one) => one.name.startsWith(start)).slice(0, MOST)
        .map((one) => ({ from, put: `@${one.name} `,
            nodes: [avatar(one.id, 'tiny'), el('b', { text: one.name }),
                el('span', { class: 'does', text: one.title })] }));
}

function channelOffers(start, from) {
    return myChannels().filter((one) => !one.is_im &&
        one.name.startsWith(start)).slice(0, MOST)
        .map((one) => ({ from, put: `#${one.name} `,
            nodes: [el('b', { text: channelTitle(one.id) })] }));
}

function emojiOffers(start, from) {
    return start.length < 2 ? [] : emojiLike(start, MOST)
        .map(([name, char]) => ({ from, put: `:${name}: `,
            nodes: [char, ' ', el('b', { text: `:${name}:` })] }));
}

const BY_SIGN = { '@': userOffers, '#': channelOffers, ':': emojiOffers };

/** @param {string} text up to the caret @returns {Offer[]} */
function offersFor(text) {
    const word = /(^|\s)([@#:])([\w+.-]*)$/.exec(text);

    if (word)
        return BY_SIGN[word[2]](word[3].toLowerCase(),
            word.index + word[1].length);
    return text.startsWith('/') ? commandOffers(text) : [];
}

export class Completion {
    /** @param {HTMLTextAreaElement} field @param {HTMLElement} box */
    constructor(field, box) {
        this.field = field;
        this.box = box;
        this.offers = [];
        this.at = 0;
        /** An arrow was pressed: Enter takes instead of sending. */
        this.chosen = false;
    }

    get open() {
        return this.offers.length > 0;
    }

    /** Looks at what stands in the field now. */
    look() {
        const { value, selectionStart, selectionEnd } = this.field;

        this.offers = selectionStart === selectionEnd
            ? offersFor(value.slice(0, selectionStart)) : [];
        this.at = 0;
        this.chosen = false;
        this.draw();
    }

    close() {
        this.offers = [];
        this.draw();
    }

    draw() {
        this.box.hidden = !this.open;
        this.box.replaceChildren(...this.offers.map((offer, i) => el('div', {
            role: 'option', id: `completion-${i}`, class: 'offer',
            'aria-selected': String(i === this.at),
            on: { pointerdown: (event) => {
                event.preventDefault();
                this.take(i);
            } },
        }, ...offer.nodes)));
        if (this.open)
            this.field.setAttribute('aria-activedescendant',
                `completion-${this.at}`);
        else
            this.field.removeAttribute('aria-activedescendant');
    }

    move(by) {
        this.at = (this.at + by + this.offers.length) % this.offers.length;
        this.chosen = true;
        this.draw();
        this.box.children[this.at].scrollIntoView({ block: 'nearest' });
    }

    take(i = this.at) {
        const { from, put } = this.offers[i];
        const { value, selectionStart } = this.field;

        this.field.value = value.slice(0, from) + put +
            value.slice(selectionStart).replace(/^ /, '');
        this.field.setSelectionRange(from + put.length, from + put.length);
        this.field.focus();
        this.close();
    }

    /** @param {KeyboardEvent} event @returns {boolean} whether it was ours */
    key(event) {
        if (!this.open)
            return false;
        if (event.key === 'Tab' || (event.key === 'Enter' && this.chosen))
            this.take();
        else if (event.key === 'ArrowDown' || event.key === 'ArrowUp')
            this.move(event.key === 'ArrowDown' ? 1 : -1);
        else if (event.key === 'Escape')
            this.close();
        else
            return false;
        event.preventDefault();
        event.stopPropagation();
        return true;
    }
}
