/*
 * act: what the person at the page does, as calls of the control API, and
 * what they are told when it fails. See CONTROL.md.
 */
import { store } from '/page/store.js';
import { toast } from '/page/toast.js';

/* Slack's 3 s and some more: the sandbox says itself when they are over. */
const WAIT_MS = 8000;

/** @param {string} path @param {Object<string, string>} [query] */
export async function get(path, query = {}) {
    const parts = new URLSearchParams(query);
    const answer = await fetch(`/control/${path}?${parts}`);

    return answer.json();
}

async function post(verb, body) {
    try {
        const answer = await fetch(`/control/${verb}`, {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ user: store.user, ...body }),
        });

        return await answer.json();
    } catch {
        return { ok: false, error: 'the sandbox does not answer' };
    }
}

/** What went wrong, in the words that Slack has for it. */
function trouble(answer, what) {
    if (!answer.ok)
        return `${what}: ${answer.error}`;
    if (answer.error === 'operation_timeout')
        return `${what} failed with the error “operation_timeout”: ` +
            'the app did not answer within 3 seconds.';
    if (answer.error === 'dispatch_failed')
        return `${what} failed with the error “dispatch_failed”: ` +
            'the app is not connected.';
    return answer.error ? `${what}: ${answer.error}` : '';
}

async function act(verb, body, what) {
    const answer = await post(verb, { wait: WAIT_MS, until: 'acked', ...body });
    const text = trouble(answer, what);

    if (text)
        toast(text);
    return answer;
}

/** @param {string} line "/ops dlq list" */
export function command(line, channel) {
    const [word, ...rest] = line.trim().split(' ');

    return act('command',
        { channel, command: word, text: rest.join(' ').trim() }, word);
}

export function say(text, channel, thread) {
    const body = { channel, text, wait: undefined };

    if (thread)
        body.thread_ts = thread;
    return act('message', body, 'The message was not sent');
}

/**
 * @param {Object} where {channel, ts} of a message, or {view_id}
 * @param {Object} control {action_id, block_id, value?}
 */
export function click(where, control, label) {
    return act('click', { ...where, ...control }, label);
}

/** Answers what the control API says; the caller shows errors. */
export function submit(viewId, values) {
    return post('submit', { view_id: viewId, values, wait: WAIT_MS });
}

export function closeView(viewId, all) {
    return act('close', { view_id: viewId, all }, 'Closing');
}

export function openHome(tab) {
    return act('home', { tab, wait: undefined }, 'App Home');
}
