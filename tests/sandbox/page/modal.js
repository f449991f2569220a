/*
 * modal: the views of a person, the topmost as a dialog. What stands in its
 * inputs stays when the app changes the view, as long as block and action
 * keep their ids.
 */
import { closeView, submit } from '/page/act.js';
import { blockNodes } from '/page/blocks.js';
import { el, freshId, keepingFocus } from '/page/dom.js';
import { textObject } from '/page/mrkdwn.js';
import { avatar, BOT_USER } from '/page/names.js';
import { store } from '/page/store.js';
import { draftsIn, forgetDrafts, viewSurface } from '/page/surface.js';

/* The dialog that is shown, with its view. */
let shown = null;

/** Shows the topmost of store.views, or none. */
export function drawViews() {
    const view = store.views.at(-1);

    if (shown && (!view || view.id !== shown.view.id))
        dismiss();
    if (!view)
        return;
    if (!shown)
        open(view);
    else if (shown.view.hash !== view.hash)
        redraw(view);
    shown.view = view;
    showTrouble(view.trouble);
}

function dismiss() {
    const { dialog, view } = shown;

    shown = null;
    dialog.close();
    dialog.remove();
    if (!store.views.some((other) => other.id === view.id))
        forgetDrafts(view.id);
}

function open(view) {
    const dialog = el('dialog', { class: 'modal', data: { viewId: view.id },
        'aria-labelledby': freshId('modal') });

    shown = { view, dialog };
    fill(view);
    /* Closing is the app's to know of: it may have asked for it. */
    dialog.addEventListener('cancel', (event) => {
        event.preventDefault();
        closeView(shown.view.id, false);
    });
    document.body.append(dialog);
    dialog.showModal();
    focusFirst(dialog);
}

function redraw(view) {
    keepingFocus(shown.dialog, () => fill(view));
    if (!shown.dialog.contains(document.activeElement))
        focusFirst(shown.dialog);
}

function focusFirst(dialog) {
    const first = dialog.querySelector('[autofocus]') ||
        dialog.querySelector('.modal-body :is(input, textarea, select)') ||
        dialog.querySelector('.modal-submit, .modal-close');

    if (first)
        first.focus();
}

/* ---- its parts ----------------------------------------------------------- */

function fill(view) {
    const title = shown.dialog.getAttribute('aria-labelledby');

    shown.dialog.replaceChildren(
        el('header', {},
            avatar(BOT_USER, 'small'),
            el('h2', { class: 'modal-title', id: title },
                textObject(view.title)),
            el('button', { type: 'button', class: 'icon-button modal-x',
                'aria-label': 'Close all', text: '✕',
                on: { click: () => closeView(view.id, true) } })),
        el('form', { novalidate: true, on: { submit: onSubmit } },
            el('div', { class: 'modal-trouble', role: 'alert', hidden: true }),
            el('div', { class: 'modal-body blocks', on: { input: onEdit,
                change: onEdit } },
            blockNodes(view.blocks, viewSurface(view))),
            footer(view)));
}

function footer(view) {
    const hasSubmit = Boolean(view.submit);

    return el('footer', {},
        el('button', { type: 'button', class: 'button big modal-close',
            on: { click: () => closeView(view.id, false) } },
        view.close ? textObject(view.close) : hasSubmit ? 'Cancel' : 'Close'),
        hasSubmit && el('button', { type: 'submit',
            class: 'button big primary modal-submit',
            disabled: Boolean(view.submit_disabled) },
        textObject(view.submit)));
}

function showTrouble(text) {
    const node = shown.dialog.querySelector('.modal-trouble');

    node.textContent = text || '';
    node.hidden = !text;
}

/* ---- submitting ---------------------------------------------------------- */

const blockOf = (id) => shown.dialog.querySelector(
    `.block[data-block-id="${CSS.escape(id)}"]`);

function showError(blockId, text) {
    const block = blockOf(blockId);

    if (!block)
        return false;
    clearError(block);
    block.classList.add('invalid');
    const node = el('div', { class: 'field-error', role: 'alert',
        id: freshId('error'), text });
    const control = block.querySelector('input, textarea, select');

    block.append(node);
    if (control) {
        control.setAttribute('aria-invalid', 'true');
        control.setAttribute('aria-errormessage', node.id);
    }
    return true;
}

function clearError(block) {
    block.classList.remove('invalid');
    block.querySelector(':scope > .field-error')?.remove();
    block.querySelector('[aria-invalid]')?.removeAttribute('aria-invalid');
}

function onEdit(event) {
    const block = event.target.closest('.block');

    if (block)
        clearError(block);
}

const REQUIRED = 'Please complete this required field.';

/* What Slack's client says before it sends anything. */
const WORDS = {
    'this input is required': REQUIRED,
    'not a number': 'Please enter a number.',
    'not a whole number': 'Please enter a whole number.',
    'not an e-mail address': 'Please enter a valid email address.',
    'not a URL': 'Please enter a valid URL.',
    'longer than max_length': 'That is too long.',
    'shorter than min_length': 'That is too short.',
    'less than min_value': 'That is too small.',
    'more than max_value': 'That is too large.',
};

/* "values.BLOCK.ACTION: why". A block's id may have dots itself. */
function refusedBlock(error, view) {
    for (const block of view.blocks) {
        const start = `values.${block.block_id}.${block.element?.action_id}: `;

        if (error.startsWith(start))
            return [block.block_id, error.slice(start.length)];
    }
    return [];
}

/* The values that were changed here, of the inputs that are in the view. */
function valuesOf(view) {
    const values = {};

    for (const [block, action, value] of draftsIn(view.id))
        if (view.blocks.some((one) => one.type === 'input' &&
                one.block_id === block && one.element.action_id === action))
            (values[block] ||= {})[action] = value;
    return values;
}

/* Slack's client sends nothing before they are all there. */
function missing(view) {
    const surface = viewSurface(view);

    return view.blocks.filter((block) => {
        if (block.type !== 'input' || block.optional)
            return false;
        const value = surface.value(block, block.element);

        return value === null || value === '' ||
            (Array.isArray(value) && !value.length);
    });
}

function focusInvalid() {
    shown.dialog.querySelector('.block.invalid :is(input, textarea, select)')
        ?.focus();
}

async function onSubmit(event) {
    event.preventDefault();
    const { view, dialog } = shown;
    const button = dialog.querySelector('.modal-submit');

    if (!button || button.getAttribute('aria-busy') === 'true')
        return;
    for (const block of dialog.querySelectorAll('.block.invalid'))
        clearError(block);
    showTrouble('');
    for (const block of missing(view))
        showError(block.block_id, REQUIRED);
    if (dialog.querySelector('.block.invalid')) {
        focusInvalid();
        return;
    }
    button.setAttribute('aria-busy', 'true');
    const answer = await submit(view.id, valuesOf(view));

    button.removeAttribute('aria-busy');
    if (shown && shown.dialog === dialog)
        report(answer, view);
}

function report(answer, view) {
    let placed = true;

    if (!answer.ok) {
        const [block, why] = refusedBlock(answer.error, view);

        placed = Boolean(block) && showError(block, WORDS[why] || why);
    }
    for (const [block, text] of Object.entries(answer.errors || {}))
        placed = showError(block, text) && placed;
    if (!placed)
        showTrouble(answer.error);
    focusInvalid();
}
