/*
 * confirm: the dialog that an element's `confirm` asks for.
 */
import { el, freshId } from '/page/dom.js';
import { textObject } from '/page/mrkdwn.js';

/**
 * @param {Object} [ask] a confirm object; without one the answer is yes
 * @returns {Promise<boolean>}
 */
export function confirmed(ask) {
    if (!ask)
        return Promise.resolve(true);
    return new Promise((resolve) => {
        const dialog = confirmDialog(ask, () => dialog.close('yes'),
            () => dialog.close(''));

        dialog.addEventListener('close', () => {
            dialog.remove();
            resolve(dialog.returnValue === 'yes');
        });
        document.body.append(dialog);
        dialog.showModal();
        dialog.querySelector('.confirm-cancel').focus();
    });
}

function confirmDialog(ask, yes, no) {
    const title = freshId('confirm');
    const style = ask.style === 'danger' ? 'danger' : 'primary';

    return el('dialog', { class: 'confirm', 'aria-labelledby': title },
        el('header', {},
            el('h2', { id: title }, textObject(ask.title)),
            el('button', { type: 'button', class: 'icon-button',
                'aria-label': 'Close', text: '✕', on: { click: no } })),
        el('div', { class: 'confirm-text' }, textObject(ask.text)),
        el('footer', {},
            el('button', { type: 'button', class: 'button big confirm-cancel',
                on: { click: no } }, textObject(ask.deny)),
            el('button', { type: 'button',
                class: `button big ${style} confirm-ok`,
                on: { click: yes } }, textObject(ask.confirm))));
}
