/*
 * icons: the few that the page needs, drawn in the colour of the text.
 */

const SVG = 'http://www.w3.org/2000/svg';

/* Strokes on 20 by 20. */
const PATHS = {
    eye: 'M2 10c2-3.7 4.8-5.5 8-5.5s6 1.8 8 5.5c-2 3.7-4.8 ' +
        '5.5-8 5.5S4 13.7 2 10zM10 7.5a2.5 2.5 0 1 0 0 5 ' +
        '2.5 2.5 0 0 0 0-5z',
    home: 'M3 9.5 10 3l7 6.5M5 8v8.5h3.5v-5h3v5H15V8',
    lock: 'M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9',
    hash: 'M7.5 3 6 17M14 3l-1.5 14M3.5 7.5h13.5M3 12.5h13.5',
    reply: 'M3 4.5h14v9.5h-7.5L5.5 17v-3H3zM6.5 8h7M6.5 10.8h4.5',
    search: 'M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13 13' +
        'l4 4',
    send: 'M3.5 3.5 17 10 3.5 16.5 5.5 10zM5.5 10H11',
};

/** @param {string} name @returns {SVGElement} */
export function icon(name) {
    const svg = document.createElementNS(SVG, 'svg');
    const path = document.createElementNS(SVG, 'path');

    svg.setAttribute('viewBox', '0 0 20 20');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', PATHS[name]);
    svg.append(path);
    return svg;
}
