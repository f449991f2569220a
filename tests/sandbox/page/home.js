/*
 * home: the app's home tab, as it was published for this person.
 */
import { blockNodes } from '/page/blocks.js';
import { byId, el, keepingFocus } from '/page/dom.js';
import { store } from '/page/store.js';
import { viewSurface } from '/page/surface.js';

/** Draws what store.homeView holds. */
export function drawHome() {
    const home = byId('home');
    const view = store.homeView;

    keepingFocus(home, () => {
        if (!view) {
            home.replaceChildren(el('p', { class: 'nothing',
                text: 'opsbot has not published a home tab for you yet.' }));
            delete home.dataset.viewId;
            return;
        }
        home.dataset.viewId = view.id;
        home.replaceChildren(el('div', { class: 'blocks home-blocks' },
            blockNodes(view.blocks, viewSurface(view))));
    });
}
