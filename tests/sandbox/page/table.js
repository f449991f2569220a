/*
 * table: the table block, and data_table, which has a caption and a header.
 */
import { el } from '/page/dom.js';
import { withEmoji } from '/page/mrkdwn.js';
import { richText } from '/page/rich.js';

function cellContent(cell) {
    if (!cell)
        return '';
    if (cell.type === 'rich_text')
        return richText(cell);
    if (cell.type === 'raw_number')
        return String(cell.value ?? cell.text ?? cell.number ?? '');
    return withEmoji(cell.text || '');
}

/** @param {string} tag "td" or "th" @param {Object} [settings] */
function cellNode(tag, cell, settings) {
    const node = el(tag, {
        class: settings?.is_wrapped ? 'wrapped' : null,
        scope: tag === 'th' ? 'col' : null,
    }, cellContent(cell));

    if (settings?.align)
        node.style.textAlign = settings.align;
    return node;
}

/** @param {Object} block */
export function tableNode(block) {
    const settings = block.column_settings || [];
    const rows = (block.rows || []).map((row, i) => el('tr', {},
        ...row.map((cell, column) =>
            cellNode(i ? 'td' : 'th', cell, settings[column]))));

    return el('div', { class: 'table-frame', tabindex: '0', role: 'region',
        'aria-label': block.caption || 'Table' },
    el('table', {}, block.caption && el('caption', { text: block.caption }),
        el('tbody', {}, ...rows)));
}
