/*
 * blocks: Block Kit's blocks as nodes: .block[data-type][data-block-id].
 */
import { el, fragment, freshId } from '/page/dom.js';
import { elementNode } from '/page/elements.js';
import { linkNode, textObject } from '/page/mrkdwn.js';
import { leaves, richText } from '/page/rich.js';
import { tableNode } from '/page/table.js';

/** @typedef {import('/page/surface.js').Surface} Surface */

/**
 * A picture; those of another host are only named, for the page asks no one.
 * @param {Object} image with image_url and alt_text
 */
export function picture(image, className) {
    const url = image.image_url || image.slack_file?.url || '';
    const near = url.startsWith(`${location.origin}/`);
    const alt = image.alt_text || '';

    return near ? el('img', { class: className, src: url, alt })
        : el('span', { class: `${className} no-picture`, role: 'img',
            'aria-label': alt, title: `${alt}\n${url}` },
        el('span', { class: 'emoji', 'aria-hidden': 'true', text: '🖼️' }),
        el('span', { class: 'alt', text: alt }));
}

function accessory(block, surface) {
    const element = block.accessory;

    if (!element)
        return null;
    return el('div', { class: 'accessory' }, element.type === 'image'
        ? picture(element, 'thumb') : elementNode({ block, element, surface }));
}

function section(block, surface) {
    const fields = block.fields && el('div', { class: 'fields' },
        ...block.fields.map((field) =>
            el('div', { class: 'field-text' }, textObject(field))));

    return [el('div', { class: 'section-body' },
        block.text && el('div', { class: 'text' }, textObject(block.text)),
        fields), accessory(block, surface)];
}

function contextItem(element) {
    if (element.type === 'image')
        return picture(element, 'context-image');
    return el('span', { class: 'context-text' }, textObject(element));
}

function actions(block, surface) {
    return block.elements.map((element) =>
        elementNode({ block, element, surface }));
}

function image(block) {
    return [block.title && el('div', { class: 'image-title' },
        textObject(block.title)), picture(block, 'image')];
}

function input(block, surface) {
    const id = freshId('input');
    const hint = block.hint && freshId('hint');
    const control = elementNode({ block, element: block.element, surface, id });
    const field = control && (control.id === id ? control
        : control.querySelector(`#${id}`));

    if (field && hint)
        field.setAttribute('aria-describedby', hint);
    if (field && !block.optional)
        field.setAttribute('aria-required', 'true');
    return [el('label', { class: 'label', for: id }, textObject(block.label),
        block.optional && el('span', { class: 'optional',
            text: '(optional)' })),
    control, hint && el('div', { class: 'hint', id: hint },
        textObject(block.hint))];
}

function video(block) {
    return [el('div', { class: 'image-title' }, block.title_url
        ? linkNode(block.title_url, block.title.text)
        : textObject(block.title)),
    picture({ image_url: block.thumbnail_url, alt_text: block.alt_text },
        'image')];
}

const STATES = { pending: '○', in_progress: '◐', complete: '✓', error: '✕' };

function task(one) {
    return el('div', { class: 'task', data: { status: one.status } },
        el('b', { text: `${STATES[one.status] || '○'} ${one.title}` }),
        one.details && richText(one.details),
        one.output && richText(one.output));
}

function card(block, surface) {
    return [el('div', { class: 'card' },
        block.hero_image && picture(block.hero_image, 'image'),
        block.title && el('b', {}, textObject(block.title)),
        block.subtitle && el('div', { class: 'context-text' },
            textObject(block.subtitle)),
        block.body && el('div', {}, textObject(block.body)),
        block.actions && el('div', { class: 'block',
            data: { type: 'actions' } },
            ...block.actions.map((element) =>
                elementNode({ block, element, surface }))),
        block.subtext && el('div', { class: 'context-text' },
            textObject(block.subtext)))];
}

function container(block, surface) {
    return [el('details', { class: 'card', open: !block.default_collapsed },
        el('summary', {}, el('b', {}, textObject(block.title)
            || leaves(block.rich_text_title?.elements))),
        blockNodes(block.child_blocks || [], surface))];
}

/** @type {Object<string, (block: Object, surface: Surface) => *>} */
const BLOCKS = {
    section,
    header: (block) => el('h3', {}, textObject(block.text)),
    divider: () => el('hr'),
    context: (block) => block.elements.map(contextItem),
    actions,
    context_actions: actions,
    image,
    input,
    rich_text: (block) => richText(block),
    table: (block) => tableNode(block),
    data_table: (block) => tableNode(block),
    video,
    alert: (block) => el('div', { class: 'alert', role: 'note',
        data: { level: block.level || 'default' } }, textObject(block.text)),
    task_card: (block) => task(block),
    plan: (block) => [el('b', {}, textObject(block.title)),
        ...(block.tasks || []).map(task)],
    card,
    carousel: (block, surface) => block.elements.flatMap((one) =>
        card(one, surface)),
    container,
};

/* Better a plain word than a hole where a block stands. */
function unknown(block) {
    return el('div', { class: 'unknown' },
        `A ${block.type} block, which this page does not draw. `,
        typeof block.text === 'string' ? block.text : '');
}

function blockNode(block, surface) {
    const made = (BLOCKS[block.type] || unknown)(block, surface);

    return el('div', { class: 'block',
        data: { type: block.type, blockId: block.block_id || '' } },
    ...[].concat(made));
}

/**
 * @param {Object[]} blocks @param {Surface} surface
 * @returns {DocumentFragment}
 */
export function blockNodes(blocks, surface) {
    return fragment(...blocks.map((block) => blockNode(block, surface)));
}
