/*
 * pickers: selects of every kind. What can be chosen comes from the element,
 * or from the people and channels there are. One choice is a <select>; several
 * are chips, and a <select> that adds one.
 */
import { el } from '/page/dom.js';
import { channelTitle, realName } from '/page/names.js';
import { store } from '/page/store.js';

/** @typedef {{value: string, label: string, group?: string}} Choice */

const plain = (text) => text?.text ?? '';

function optionChoices(element) {
    const grouped = (element.option_groups || []).flatMap((group) =>
        group.options.map((option) => ({ value: option.value,
            label: plain(option.text), group: plain(group.label) })));

    return grouped.concat((element.options || []).map((option) =>
        ({ value: option.value, label: plain(option.text) })));
}

function people() {
    return [...store.users.values()]
        .filter((user) => !user.deleted && user.id !== 'USLACKBOT')
        .map((user) => ({ value: user.id,
            label: `${realName(user.id)} (@${user.name})` }));
}

/* "public", "private", "im": the words of a conversation filter. */
function kindOf(channel) {
    if (channel.is_im)
        return 'im';
    return channel.is_private ? 'private' : 'public';
}

function conversations(include) {
    return [...store.channels.values()]
        .filter((channel) => !channel.is_archived &&
            include.includes(kindOf(channel)) &&
            (kindOf(channel) === 'public' ||
             channel.members.includes(store.user)))
        .map((channel) => ({ value: channel.id,
            label: channelTitle(channel.id) }));
}

/** @param {Object} element @returns {Choice[]} */
export function choicesOf(element) {
    const kind = element.type.replace(/^multi_/, '');

    if (kind === 'users_select')
        return people();
    if (kind === 'channels_select')
        return conversations(['public']);
    if (kind === 'conversations_select')
        return conversations(element.filter?.include ||
            ['public', 'private', 'im']);
    return optionChoices(element);
}

/** <option>s, in their groups. @param {Choice[]} choices */
function optionNodes(choices) {
    const nodes = [];
    const groups = new Map();

    for (const choice of choices) {
        const option = el('option', { value: choice.value,
            text: choice.label });

        if (choice.group === undefined) {
            nodes.push(option);
        } else {
            if (!groups.has(choice.group)) {
                groups.set(choice.group,
                    el('optgroup', { label: choice.group }));
                nodes.push(groups.get(choice.group));
            }
            groups.get(choice.group).append(option);
        }
    }
    return nodes;
}

const placeholder = (element, other) => plain(element.placeholder) || other;

/**
 * @param {Object} element @param {*} value of it now
 * @param {Object} props for the node @param {(value: *) => void} chosen
 */
export function singleSelect(element, value, props, chosen) {
    const choices = choicesOf(element);
    const node = el('select', { ...props,
        class: `select ${value ? '' : 'empty'}` },
    el('option', { value: '', hidden: true,
        text: placeholder(element, 'Select an item') }),
    ...optionNodes(choices));

    if (value && !choices.some((choice) => choice.value === value))
        node.append(el('option', { value, text: value }));
    node.value = value || '';
    node.addEventListener('change', () => {
        node.classList.toggle('empty', !node.value);
        chosen(node.value || null);
    });
    return node;
}

/** The same for several. value: a list. */
export function multiSelect(element, value, props, chosen) {
    const choices = choicesOf(element);
    const { id, ...rest } = props;
    const adder = el('select', { id, class: 'select empty adder',
        'aria-label': placeholder(element, 'Select options') });
    const chips = el('span', { class: 'chips' });
    const node = el('div', { ...rest, class: 'multi', role: 'group' }, chips,
        adder);
    let now = [...(value || [])];
    const set = (values) => {
        now = values;
        draw();
        chosen(now);
    };
    const labelOf = (one) => choices.find((choice) =>
        choice.value === one)?.label || one;
    const draw = () => {
        chips.replaceChildren(...now.map((one) =>
            chip(labelOf(one), one, () =>
                set(now.filter((other) => other !== one)))));
        adder.replaceChildren(el('option', { value: '', hidden: true,
            text: placeholder(element, 'Select options') }),
        ...optionNodes(choices.filter((choice) =>
            !now.includes(choice.value))));
        adder.disabled = Boolean(element.max_selected_items) &&
            now.length >= element.max_selected_items;
        node.dataset.values = JSON.stringify(now);
    };

    adder.addEventListener('change', () => {
        if (adder.value)
            set([...now, adder.value]);
    });
    draw();
    return node;
}

function chip(label, value, remove) {
    return el('span', { class: 'chip', data: { value } }, label,
        el('button', { type: 'button', 'aria-label': `Remove ${label}`,
            text: '✕', on: { click: remove } }));
}
