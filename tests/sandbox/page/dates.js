/*
 * dates: times as the person's own clock shows them: message stamps, day
 * dividers, and Slack's date tokens with their formats and fallback.
 */
import { el } from '/page/dom.js';

const DAY_MS = 24 * 3600 * 1000;
const HALF_YEAR_MS = 183 * DAY_MS;
const AGO_MS = 15000;
const LANGUAGE = 'en-US';
/* Words are English, as the bot's are; the clock is the person's. */
const hour12 = new Intl.DateTimeFormat(undefined, { hour: 'numeric' })
    .resolvedOptions().hour12 ?? true;

const day = (date) => new Date(date.getFullYear(), date.getMonth(),
    date.getDate()).getTime();

function ordinal(n) {
    const tens = n % 100;

    if (tens >= 11 && tens <= 13)
        return `${n}th`;
    return `${n}${['th', 'st', 'nd', 'rd'][n % 10] || 'th'}`;
}

const part = (date, options) => date.toLocaleDateString(LANGUAGE, options);

/* The year goes without saying within half a year. */
function year(date) {
    return Math.abs(Date.now() - date.getTime()) < HALF_YEAR_MS
        ? '' : `, ${date.getFullYear()}`;
}

function longDate(date) {
    return `${part(date, { month: 'long' })} ${ordinal(date.getDate())}` +
        year(date);
}

function nearDay(date) {
    const days = Math.round((day(date) - day(new Date())) / DAY_MS);

    return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days];
}

function ago(date) {
    const seconds = Math.round((Date.now() - date.getTime()) / 1000);
    const steps = [[60, 'second'], [60, 'minute'], [24, 'hour'], [30, 'day'],
        [12, 'month'], [Infinity, 'year']];
    let n = Math.abs(seconds);
    let i = 0;

    while (n >= steps[i][0])
        n = Math.floor(n / steps[i++][0]);
    if (i === 0 && n < 10)
        return 'just now';
    return seconds < 0 ? `in ${n} ${steps[i][1]}${n === 1 ? '' : 's'}`
        : `${n} ${steps[i][1]}${n === 1 ? '' : 's'} ago`;
}

export function clock(date, seconds) {
    return date.toLocaleTimeString(LANGUAGE, {
        hour: hour12 ? 'numeric' : '2-digit', minute: '2-digit',
        second: seconds ? '2-digit' : undefined,
        hourCycle: hour12 ? 'h12' : 'h23',
    });
}

const short = (date) => `${part(date, { month: 'short' })} ` +
    `${date.getDate()}${year(date)}`;
const weekday = (date) => `${part(date, { weekday: 'long' })}, ` +
    longDate(date);
const isoDate = (date) => [date.getFullYear(),
    String(date.getMonth() + 1).padStart(2, '0'),
    String(date.getDate()).padStart(2, '0')].join('-');

const TOKENS = {
    date_num: isoDate,
    date: longDate,
    date_short: short,
    date_long: weekday,
    date_pretty: (date) => nearDay(date) || longDate(date),
    date_short_pretty: (date) => nearDay(date) || short(date),
    date_long_pretty: (date) => nearDay(date) || weekday(date),
    date_slash: (date) => `${date.getMonth() + 1}/${date.getDate()}/` +
        String(date.getFullYear()).slice(2),
    time: (date) => clock(date, false),
    time_secs: (date) => clock(date, true),
    ago,
};

/** The tokens of a format filled in; null: it has one that does not exist. */
export function formatDate(date, format) {
    let known = true;
    const text = format.replace(/\{([a-z_]+)\}/g, (token, name) => {
        if (!TOKENS[name]) {
            known = false;
            return token;
        }
        return TOKENS[name](date);
    });

    return known ? text : null;
}

export const fullDate = (date) => `${weekday(date)} at ${clock(date, true)}`;

/**
 * A date token, or its fallback where it cannot be shown.
 * @param {string} unix @param {string} format
 * @param {string} fallback @param {string} [url]
 */
export function dateNode(unix, format, fallback, url) {
    const date = new Date(Number(unix) * 1000);
    const text = /^-?\d+$/.test(unix) && !Number.isNaN(date.getTime())
        ? formatDate(date, format) : null;

    if (text === null)
        return document.createTextNode(fallback);
    const node = el(url ? 'a' : 'time', {
        class: 'date', text, title: fullDate(date),
        datetime: url ? null : date.toISOString(),
        href: url, target: url && '_blank', rel: url && 'noreferrer noopener',
    });

    if (format.includes('{ago}'))
        Object.assign(node.dataset, { unix, format });
    return node;
}

/** "{ago}" grows old where it stands. */
setInterval(() => {
    for (const node of document.querySelectorAll('.date[data-unix]'))
        node.textContent = formatDate(
            new Date(Number(node.dataset.unix) * 1000), node.dataset.format);
}, AGO_MS);

/** @param {string} ts of a message */
export function tsDate(ts) {
    return new Date(Number(ts.split('.')[0]) * 1000);
}

/** "Today", "Yesterday", "Tuesday, November 18th". */
export function dayName(date) {
    const near = nearDay(date);

    return near && near !== 'tomorrow'
        ? near[0].toUpperCase() + near.slice(1) : weekday(date);
}

export const sameDay = (a, b) => day(a) === day(b);
