/*
 * surface: where blocks stand, a message or a view, as their controls see it:
 * what each holds, and what happens when it is used.
 *
 * A value is what the control API takes: text, the value of an option, a list
 * of those, a Unix time, or null for nothing. What a person has begun to
 * change is a draft: it survives the drawing of the same block again.
 */
import { click } from '/page/act.js';
import { store } from '/page/store.js';

/**
 * @typedef {Object} Surface
 * @property {'message'|'modal'|'home'} kind
 * @property {string} channel where it is seen from
 * @property {(block: Object, element: Object) => *} value
 * @property {(block: Object, element: Object, value: *) => void} draft
 * @property {(block: Object, element: Object, value: *, node: HTMLElement)
 *   => Promise<Object>} use
 */

/* Where a value stands in a held object, and at first in the element. */
const HOLDS = {
    channels_select: ['selected_channel', 'initial_channel'],
    checkboxes: ['selected_options', 'initial_options'],
    conversations_select: ['selected_conversation', 'initial_conversation'],
    datepicker: ['selected_date', 'initial_date'],
    datetimepicker: ['selected_date_time', 'initial_date_time'],
    external_select: ['selected_option', 'initial_option'],
    multi_channels_select: ['selected_channels', 'initial_channels'],
    multi_conversations_select: ['selected_conversations',
        'initial_conversations'],
    multi_external_select: ['selected_options', 'initial_options'],
    multi_static_select: ['selected_options', 'initial_options'],
    multi_users_select: ['selected_users', 'initial_users'],
    radio_buttons: ['selected_option', 'initial_option'],
    rich_text_input: ['rich_text_value', 'initial_value'],
    static_select: ['selected_option', 'initial_option'],
    timepicker: ['selected_time', 'initial_time'],
    users_select: ['selected_user', 'initial_user'],
};

/** An option becomes its value. */
function bare(held) {
    if (Array.isArray(held))
        return held.map(bare);
    return held && typeof held === 'object' && 'value' in held
        ? held.value : held;
}

function heldValue(element, held) {
    const [now, first] = HOLDS[element.type] || ['value', 'initial_value'];

    return bare((held && held.type === element.type
        ? held[now] : element[first]) ?? null);
}

/** surface key → "block action" → {type, value} */
const drafts = new Map();

/** @param {string} key a view's id, or a message's channel and ts */
export function forgetDrafts(key) {
    drafts.delete(key);
}

function draftsOf(key) {
    if (!drafts.has(key))
        drafts.set(key, new Map());
    return drafts.get(key);
}

const spot = (block, element) =>
    JSON.stringify([block.block_id, element.action_id]);

/** What was changed and may not have been sent: [block_id, action_id, value]
 */
export function draftsIn(key) {
    return [...draftsOf(key)].map(([at, draft]) =>
        [...JSON.parse(at), draft.value]);
}

function surface(kind, key, channel, values, where) {
    const label = (element) => element.text?.text || 'This control';

    return {
        kind,
        channel,
        value(block, element) {
            const draft = draftsOf(key).get(spot(block, element));

            return draft && draft.type === element.type ? draft.value
                : heldValue(element,
                    values?.[block.block_id]?.[element.action_id]);
        },
        draft(block, element, value) {
            draftsOf(key).set(spot(block, element),
                { type: element.type, value });
        },
        async use(block, element, value, node) {
            const control = { action_id: element.action_id,
                block_id: block.block_id };

            if (value !== undefined)
                control.value = value;
            node.setAttribute('aria-busy', 'true');
            try {
                return await click(where, control, label(element));
            } finally {
                node.removeAttribute('aria-busy');
            }
        },
    };
}

/** @param {import('/page/store.js').Message} message @returns {Surface} */
export function messageSurface(message) {
    return surface('message', `${message.channel} ${message.ts}`,
        message.channel, message.state?.values,
        { channel: message.channel, ts: message.ts });
}

/** @param {Object} view @returns {Surface} */
export function viewSurface(view) {
    return surface(view.type, view.id, store.channel, view.state?.values,
        { view_id: view.id });
}
