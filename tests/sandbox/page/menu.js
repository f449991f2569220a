/*
 * menu: the overflow menu: a button with three dots, and what it opens.
 */
import { confirmed } from '/page/confirm.js';
import { el } from '/page/dom.js';
import { textObject } from '/page/mrkdwn.js';

const GAP = 4; /* px between button and menu */
let open = null;

/** Closes the menu that is open, if one is. */
export function closeMenu(refocus) {
    if (!open)
        return;
    const { button, menu } = open;

    open = null;
    menu.remove();
    button.setAttribute('aria-expanded', 'false');
    if (refocus)
        button.focus();
}

function place(button, menu) {
    const at = button.getBoundingClientRect();
    const below = at.bottom + GAP + menu.offsetHeight < innerHeight;

    const left = Math.min(at.left, innerWidth - menu.offsetWidth - 8);

    menu.style.left = `${Math.max(8, left)}px`;
    menu.style.top = below ? `${at.bottom + GAP}px`
        : `${Math.max(8, at.top - GAP - menu.offsetHeight)}px`;
}

function moveFocus(menu, key) {
    const items = [...menu.querySelectorAll('[role=menuitem]')];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];

    if (to === undefined)
        return false;
    items[(to + items.length) % items.length].focus();
    return true;
}

function keys(event) {
    if (event.key === 'Escape' || event.key === 'Tab') {
        closeMenu(true);
        event.preventDefault();
        event.stopPropagation();
    } else if (moveFocus(event.currentTarget, event.key)) {
        event.preventDefault();
    }
}

function show(button, options, choose) {
    const menu = el('div', { role: 'menu', class: 'menu',
        on: { keydown: keys } },
    ...options.map((option) => el('button', {
        type: 'button', role: 'menuitem', tabindex: '-1',
        data: { value: option.value || '' },
        on: { click: () => {
            closeMenu(true);
            choose(option);
        } },
    }, el('span', {}, textObject(option.text)), option.description &&
        el('span', { class: 'description' },
            textObject(option.description)))));

    /* A modal is in the top layer: outside of it nothing can be pressed. */
    (button.closest('dialog') || document.body).append(menu);
    place(button, menu);
    button.setAttribute('aria-expanded', 'true');
    open = { button, menu };
    menu.querySelector('[role=menuitem]').focus();
}

/**
 * @param {Object} block @param {Object} element
 * @param {import('/page/surface.js').Surface} surface
 */
export function overflow(block, element, surface) {
    const button = el('button', {
        type: 'button', class: 'button overflow', 'aria-haspopup': 'menu',
        'aria-expanded': 'false', 'aria-label': 'More actions', text: '⋯',
        data: { actionId: element.action_id },
    });
    const choose = async (option) => {
        if (!await confirmed(element.confirm))
            return;
        if (option.url)
            window.open(option.url, '_blank', 'noreferrer');
        surface.use(block, element, option.value, button);
    };

    button.addEventListener('click', () => {
        const mine = open && open.button === button;

        closeMenu(false);
        if (!mine)
            show(button, element.options, choose);
    });
    return button;
}

document.addEventListener('pointerdown', (event) => {
    if (open && !open.menu.contains(event.target) &&
        !open.button.contains(event.target))
        closeMenu(false);
});
window.addEventListener('resize', () => closeMenu(false));
document.addEventListener('scroll', () => closeMenu(false), true);
