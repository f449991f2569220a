/*
 * switcher: Ctrl+K: type a part of a channel's name, Enter goes there.
 */
import { el } from '/page/dom.js';
import { channelName, channelTitle } from '/page/names.js';
import { sortedChannels } from '/page/sidebar.js';

const HOME = 'home';

function places() {
    return sortedChannels().map((channel) => ({ id: channel.id,
        name: channelName(channel.id), title: channelTitle(channel.id) }))
        .concat({ id: HOME, name: 'app home', title: 'App Home' });
}

/** @param {(channel: string|null) => void} go null: to App Home */
export function openSwitcher(go) {
    if (document.querySelector('dialog[open]'))
        return;
    let found = [];
    let at = 0;
    const list = el('div', { role: 'listbox', class: 'switcher-list',
        'aria-label': 'Channels' });
    const field = el('input', { type: 'text', class: 'field', role: 'combobox',
        placeholder: 'Jump to…', 'aria-label': 'Jump to a channel',
        'aria-expanded': 'true', autocomplete: 'off' });
    const dialog = el('dialog', { class: 'switcher',
        'aria-label': 'Jump to a channel' }, field, list);
    const leave = (place) => {
        dialog.close();
        if (place)
            go(place.id === HOME ? null : place.id);
    };
    const draw = () => {
        const text = field.value.toLowerCase().replace(/^#/, '');

        found = places().filter((place) => place.name.includes(text));
        at = Math.max(0, Math.min(at, found.length - 1));
        list.replaceChildren(...found.map((place, i) => el('div', {
            role: 'option', class: 'offer', text: place.title,
            'aria-selected': String(i === at),
            on: { click: () => leave(place) } })));
    };

    field.addEventListener('input', () => {
        at = 0;
        draw();
    });
    field.addEventListener('keydown', (event) => {
        const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];

        if (by && found.length) {
            event.preventDefault();
            at = (at + by + found.length) % found.length;
            draw();
        } else if (event.key === 'Enter' && found.length) {
            event.preventDefault();
            leave(found[at]);
        }
    });
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    draw();
    dialog.showModal();
    field.focus();
}
