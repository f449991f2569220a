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

    clear();
    byId('toasts').replaceChildren(
        el('div', { id: 'toast', role: 'alert' }, el('span', { text }), close));
    /* Above a modal as well: shown last, it is on top. */
    byId('toasts').showPopover();
    timer = setTimeout(clear, SHOWN_MS);
}

/** Takes it away before its time. */
export function clear() {
    clearTimeout(timer);
    byId('toasts').replaceChildren();
    if (byId('toasts').matches(':popover-open'))
        byId('toasts').hidePopover();
}
