/*
 * dom: building nodes. Text only ever becomes text: nothing here, and nothing
 * that uses it, parses HTML.
 */

/**
 * @param {string} tag
 * @param {Object<string, *>} [props] `class`, `text`, `data` (an object),
 *   `on` (an object of listeners); everything else is an attribute: true is
 *   an empty one, false, null and undefined are none.
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function el(tag, props = {}, ...children) {
    const node = document.createElement(tag);

    for (const [name, value] of Object.entries(props)) {
        if (value === false || value === null || value === undefined)
            continue;
        if (name === 'class')
            node.className = value;
        else if (name === 'text')
            node.textContent = value;
        else if (name === 'data')
            Object.assign(node.dataset, value);
        else if (name === 'on')
            for (const [type, listener] of Object.entries(value))
                node.addEventListener(type, listener);
        else
            node.setAttribute(name, value === true ? '' : String(value));
    }
    node.append(...children.filter((child) => child || child === ''));
    return node;
}

/** @param {...(Node|string)} children @returns {DocumentFragment} */
export function fragment(...children) {
    const all = document.createDocumentFragment();

    all.append(...children);
    return all;
}

/** @param {string} id @returns {HTMLElement} */
export function byId(id) {
    return document.getElementById(id);
}

/** A number that makes ids unique within the page. */
let last = 0;

/** @param {string} stem @returns {string} */
export function freshId(stem) {
    return `${stem}-${++last}`;
}

/**
 * Runs change(), which replaces what is inside root, and puts the focus back
 * on the control that stands where the old one stood.
 * @param {Element} root
 * @param {() => void} change
 */
export function keepingFocus(root, change) {
    const at = document.activeElement;
    const inside = at && root.contains(at);
    const block = inside && at.closest('.block');
    const path = inside && {
        block: block && block.dataset.blockId,
        action: at.closest('[data-action-id]')?.dataset.actionId,
        value: at.dataset.value,
        start: at.selectionStart,
        end: at.selectionEnd,
    };

    change();
    if (path && path.action && !root.contains(document.activeElement))
        refocus(root, path);
}

function refocus(root, path) {
    const selector = `[data-action-id="${CSS.escape(path.action)}"]`;
    const all = [...root.querySelectorAll(selector)].filter((node) =>
        node.closest('.block')?.dataset.blockId === path.block);
    const node = all.find((one) => one.dataset.value === path.value) || all[0];
    const target = node && (node.matches('button, input, select, textarea')
        ? node : node.querySelector('button, input, select, textarea'));

    if (!target)
        return;
    target.focus({ preventScroll: true });
    if (typeof path.start === 'number' && target.setSelectionRange &&
        /^(text|search|url|tel|password|textarea)$/.test(target.type))
        target.setSelectionRange(path.start, path.end);
}
