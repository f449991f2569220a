/*
 * toast: what Slack itself would say, in a corner, for a while.
 */
import { byId, el } from '/page/dom.js';

const SHOWN_MS = 12000;
let timer = 0;

/** @param {string} text */
export function toast(text) {
    const close = el('button', {
        type: 'button', class: 'icon-button', 'aria-label': 'Dismiss',
        text: '✕', on: { click: clear },
    });

    clearTimeout(timer);
    byId('toasts').replaceChildren(
        el('div', { id: 'toast', role: 'alert' }, el('span', { text }), close));
    timer = setTimeout(clear, SHOWN_MS);
}

function clear() {
    byId('toasts').replaceChildren();
}
