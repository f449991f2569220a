/*
 * elements: the interactive elements of Block Kit. Each is one function that
 * makes a node with data-action-id; a table says which.
 */
import { confirmed } from '/page/confirm.js';
import { el, freshId } from '/page/dom.js';
import { overflow } from '/page/menu.js';
import { textObject } from '/page/mrkdwn.js';
import { multiSelect, singleSelect } from '/page/pickers.js';

/**
 * @typedef {Object} Place  where an element stands
 * @property {Object} block
 * @property {Object} element
 * @property {import('/page/surface.js').Surface} surface
 * @property {string} [id] for the label of an input block
 */

const STYLES = { primary: 'primary', danger: 'danger' };

/** What every control says about itself. @param {Place} at */
function common({ element, id }, more = {}) {
    return {
        id,
        'aria-label': id ? null : element.accessibility_label ||
            element.placeholder?.text || null,
        autofocus: Boolean(element.focus_on_load),
        data: { actionId: element.action_id },
        ...more,
    };
}

/** A value was chosen: asked about if need be, else put back as it was. */
async function chosen(at, value, node) {
    const { block, element, surface } = at;
    const before = surface.value(block, element);

    if (!await confirmed(element.confirm)) {
        surface.draft(block, element, before);
        node.replaceWith(elementNode(at));
        return;
    }
    surface.draft(block, element, value);
    if (value !== null || block.type === 'input' || element.type !== 'overflow')
        surface.use(block, element, value, node);
}

/* ---- buttons ------------------------------------------------------------- */

function button(at) {
    const { block, element, surface } = at;
    const node = el('button', {
        type: 'button',
        class: `button ${STYLES[element.style] || ''}`,
        'aria-label': element.accessibility_label,
        title: element.url,
        data: { actionId: element.action_id },
        on: { click: async () => {
            if (node.getAttribute('aria-busy') === 'true' ||
                !await confirmed(element.confirm))
                return;
            if (element.url)
                window.open(element.url, '_blank', 'noreferrer');
            surface.use(block, element, element.value, node);
        } },
    }, textObject(element.text));

    if (element.value !== undefined)
        node.dataset.value = element.value;
    return node;
}

function iconButton(at) {
    const node = button({ ...at, element: { ...at.element, style: '' } });

    node.prepend(at.element.icon === 'trash' ? '🗑️ ' : '');
    return node;
}

function feedback({ block, element, surface }) {
    return el('span', { class: 'feedback',
        data: { actionId: element.action_id } },
    ...['positive_button', 'negative_button'].map((which) => {
        const one = element[which];
        const node = el('button', { type: 'button', class: 'button',
            'aria-label': one.accessibility_label,
            data: { value: one.value },
            on: { click: () => surface.use(block, element, one.value, node) },
        }, which[0] === 'p' ? '👍 ' : '👎 ', textObject(one.text));

        return node;
    }));
}

/* ---- choosing ------------------------------------------------------------ */

function one(at) {
    const { block, element, surface } = at;
    const node = singleSelect(element,
        surface.value(block, element) ||
            (element.default_to_current_conversation ? surface.channel : ''),
        common(at), (value) => chosen(at, value, node));

    return node;
}

function several(at) {
    const { block, element, surface } = at;
    const node = multiSelect(element, surface.value(block, element),
        common(at), (values) => chosen(at, values, node));

    return node;
}

/* Radio buttons and checkboxes. */
function boxes(at) {
    const { block, element, surface } = at;
    const type = element.type === 'checkboxes' ? 'checkbox' : 'radio';
    const now = [].concat(surface.value(block, element) || []);
    const name = freshId('boxes');
    const node = el('fieldset', { ...common(at), class: 'boxes',
        role: type === 'radio' ? 'radiogroup' : 'group' },
    ...element.options.map((option) => el('label', { class: 'box' },
        el('input', { type, name, value: option.value,
            checked: now.includes(option.value) }),
        el('span', {}, el('span', {}, textObject(option.text)),
            option.description && el('span', { class: 'description' },
                textObject(option.description))))));

    node.addEventListener('change', () => {
        const on = [...node.querySelectorAll('input:checked')]
            .map((input) => input.value);

        chosen(at, type === 'radio' ? on[0] ?? null : on, node);
    });
    return node;
}

/* ---- dates and times ----------------------------------------------------- */

const pad = (n) => String(n).padStart(2, '0');

function localDateTime(unix) {
    const d = new Date(unix * 1000);

    return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}` +
        `T${pad(d.getHours())}:${pad(d.getMinutes())}`;
}

const PICKERS = {
    datepicker: { type: 'date', show: (v) => v, read: (text) => text },
    timepicker: { type: 'time', show: (v) => v, read: (text) => text },
    datetimepicker: { type: 'datetime-local', show: localDateTime,
        read: (text) => Math.floor(new Date(text).getTime() / 1000) },
};

function picker(at) {
    const { block, element, surface } = at;
    const { type, show, read } = PICKERS[element.type];
    const value = surface.value(block, element);
    const node = el('input', { ...common(at), type, class: 'field picker',
        value: value === null ? '' : show(value),
        on: { change: () =>
            chosen(at, node.value ? read(node.value) : null, node) } });

    return node;
}

/* ---- typing -------------------------------------------------------------- */

const FIELDS = {
    plain_text_input: { type: 'text' },
    email_text_input: { type: 'email', inputmode: 'email' },
    url_text_input: { type: 'url', inputmode: 'url' },
    number_input: { type: 'text', inputmode: 'decimal' },
};

function typingReports(block, element, when) {
    return block.dispatch_action &&
        (element.dispatch_action_config?.trigger_actions_on ||
            ['on_enter_pressed']).includes(when);
}

function typed(at) {
    const { block, element, surface } = at;
    const send = () => {
        surface.draft(block, element, node.value || null);
        return surface.use(block, element, node.value || null, node);
    };
    const node = el(element.multiline ? 'textarea' : 'input', {
        ...common(at),
        ...(element.multiline ? { rows: 4 } : FIELDS[element.type]),
        class: 'field',
        placeholder: element.placeholder?.text,
        autocomplete: 'off',
        on: {
            input: () => {
                surface.draft(block, element, node.value || null);
                if (typingReports(block, element, 'on_character_entered'))
                    send();
            },
            keydown: (event) => {
                if (event.key !== 'Enter' || element.multiline ||
                    !typingReports(block, element, 'on_enter_pressed'))
                    return;
                event.preventDefault();
                send();
            },
            /* So that a button beside it is sent with what stands here. */
            change: () => {
                if (!block.dispatch_action)
                    send();
            },
        },
    });

    node.value = surface.value(block, element) ?? '';
    return element.max_length ? counted(node, element.max_length) : node;
}

/** With how many characters are left, where there is a limit. */
function counted(node, limit) {
    const left = el('span', { class: 'left', 'aria-hidden': 'true' });
    const count = () => {
        const n = limit - [...node.value].length;

        left.textContent = String(n);
        left.classList.toggle('over', n < 0);
    };

    node.addEventListener('input', count);
    count();
    return el('span', { class: 'counted' }, node, left);
}

const richOf = (text) => ({ type: 'rich_text', elements: [
    { type: 'rich_text_section', elements: [{ type: 'text', text }] }] });
const plainOf = (rich) => (rich?.elements || []).flatMap((part) =>
    part.elements || []).map((leaf) => leaf.text || '').join('');

function richInput(at) {
    const { block, element, surface } = at;
    const node = el('textarea', { ...common(at), class: 'field', rows: 5,
        placeholder: element.placeholder?.text,
        on: { input: () => surface.draft(block, element,
            node.value ? richOf(node.value) : null) } });

    node.value = plainOf(surface.value(block, element));
    return node;
}

function fileInput(at) {
    return el('input', { ...common(at), type: 'file', class: 'field',
        disabled: true, title: 'Files cannot be uploaded here.' });
}

/** @type {Object<string, (at: Place) => HTMLElement>} */
const ELEMENTS = {
    button,
    workflow_button: button,
    icon_button: iconButton,
    feedback_buttons: feedback,
    overflow: ({ block, element, surface }) =>
        overflow(block, element, surface),
    static_select: one,
    external_select: one,
    users_select: one,
    channels_select: one,
    conversations_select: one,
    multi_static_select: several,
    multi_external_select: several,
    multi_users_select: several,
    multi_channels_select: several,
    multi_conversations_select: several,
    radio_buttons: boxes,
    checkboxes: boxes,
    datepicker: picker,
    timepicker: picker,
    datetimepicker: picker,
    plain_text_input: typed,
    email_text_input: typed,
    url_text_input: typed,
    number_input: typed,
    rich_text_input: richInput,
    file_input: fileInput,
};

/** @param {Place} at @returns {HTMLElement|null} null: no such element */
export function elementNode(at) {
    const make = ELEMENTS[at.element.type];

    return make ? make(at) : null;
}
