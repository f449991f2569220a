/*
 * app: puts the page together: who looks at what, live updates, keys.
 *
 * The address says where we are (?user=&channel=&thread=&home=1&theme=), and
 * is kept up to date.
 */
import { get, openHome } from '/page/act.js';
import { Composer, drawComposer } from '/page/composer.js';
import { byId } from '/page/dom.js';
import { drawHome } from '/page/home.js';
import { closeMenu } from '/page/menu.js';
import { MessageList } from '/page/messages.js';
import { drawViews } from '/page/modal.js';
import { channelTitle } from '/page/names.js';
import { drawPeople, drawSidebar, sortedChannels } from '/page/sidebar.js';
import {
    directChannel, keepMessage, keepState, messageList, messagesOf, myChannels,
    on, store,
} from '/page/store.js';
import { openStream } from '/page/stream.js';
import { openSwitcher } from '/page/switcher.js';
import { drawThread, loadThread } from '/page/thread.js';
import { clear as clearToast } from '/page/toast.js';

const LIMIT = '300'; /* messages of a channel */
const START_USER = 'U0ANN';
const START_CHANNEL = 'C0OPS';

const list = new MessageList(byId('messages'), (message) =>
    !message.thread_ts || message.thread_ts === message.ts ||
    message.subtype === 'thread_broadcast', false);

new Composer(byId('composer-form'), byId('composer'), () => '');
new Composer(byId('thread-form'), byId('thread-composer'), () => store.thread);

/* ---- where we are -------------------------------------------------------- */

function readAddress() {
    const query = new URLSearchParams(location.search);

    store.user = query.get('user') || localStorage.getItem('user') ||
        START_USER;
    store.channel = query.get('channel') || START_CHANNEL;
    store.thread = query.get('thread') || '';
    store.atHome = query.get('home') === '1';
    if (query.get('theme'))
        setTheme(query.get('theme'));
}

function writeAddress() {
    const query = new URLSearchParams({ user: store.user,
        channel: store.channel });

    if (store.thread)
        query.set('thread', store.thread);
    if (store.atHome)
        query.set('home', '1');
    if (document.documentElement.dataset.theme)
        query.set('theme', document.documentElement.dataset.theme);
    history.replaceState(null, '', `?${query}`);
}

function drawPlace() {
    const channel = store.channels.get(store.channel);
    const app = store.atHome || Boolean(channel?.is_im);

    document.body.dataset.user = store.user;
    document.body.dataset.channel = store.channel;
    byId('place-name').textContent = store.atHome ? 'opsbot'
        : channelTitle(store.channel);
    byId('place-topic').textContent = app ? '' : channel?.topic?.value || '';
    byId('tabs').hidden = !app;
    byId('tab-home').setAttribute('aria-selected', String(store.atHome));
    byId('tab-messages').setAttribute('aria-selected',
        String(!store.atHome));
    byId('home').hidden = !store.atHome;
    byId('conversation').hidden = store.atHome;
    document.title = `${store.atHome ? 'App Home'
        : channelTitle(store.channel)} – acme`;
}

function drawAll() {
    drawPlace();
    drawSidebar();
    drawPeople();
    drawComposer();
    drawHome();
    drawThread();
    list.draw(messageList(store.channel));
    drawViews();
}

/* Somebody may have been taken out of where we are. */
function settle() {
    const mine = myChannels().map((channel) => channel.id);

    if (!mine.includes(store.channel))
        store.channel = mine[0] || '';
    store.unread.delete(store.channel);
}

function go(channel) {
    if (!store.channels.has(channel))
        return;
    store.channel = channel;
    store.thread = '';
    store.atHome = false;
    showSidebar(false);
    settle();
    writeAddress();
    drawAll();
    byId('composer').focus();
}

function goHome() {
    store.atHome = true;
    store.thread = '';
    showSidebar(false);
    writeAddress();
    drawAll();
    openHome('home');
}

function goThread(ts) {
    store.thread = ts;
    store.atHome = false;
    writeAddress();
    drawThread();
    if (ts) {
        loadThread();
        byId('thread-composer').focus();
    } else {
        byId('composer').focus();
    }
}

/* ---- loading, and staying up to date ------------------------------------- */

/** What the stream said while we were loading. null: we are not. */
let held = null;

const EVENTS = {
    message: (event) => keepMessage(event.message),
    views: (event) => {
        store.views = event.views;
        drawViews();
    },
    home: (event) => {
        store.homeView = event.view;
        drawHome();
    },
    link: (event) => {
        store.sockets = event.open;
        drawSidebar();
        drawComposer();
    },
    state: async () => {
        keepState(await get('state'));
        settle();
        drawPlace();
        drawSidebar();
        drawPeople();
        drawComposer();
    },
};

function onEvent(event) {
    if (event.type === 'hello')
        load().catch(() => ready(false));
    else if (held)
        held.push(event);
    else if (EVENTS[event.type])
        EVENTS[event.type](event);
}

function keepAll(messages) {
    store.messages.clear();
    for (const message of messages)
        messagesOf(message.channel).set(message.ts, message);
}

/** Everything, at the start and whenever the sandbox is back. */
async function load() {
    const mine = held = [];
    const { user } = store;
    const [state, messages, views, home] = await Promise.all([get('state'),
        get('messages', { user, limit: LIMIT }), get('views', { user }),
        get('home', { user })]);

    if (held !== mine)
        return;
    keepAll(messages.messages);
    store.views = views.views.filter((view) => view.type === 'modal');
    store.homeView = home.view;
    keepState(state);
    settle();
    held = null;
    for (const event of mine)
        onEvent(event);
    writeAddress();
    drawAll();
    if (store.thread)
        loadThread();
    if (store.atHome)
        openHome('home');
    ready(true);
}

function ready(is) {
    document.body.dataset.ready = is ? '1' : '0';
    byId('away').hidden = is;
}

/* Somebody who is not there sees nothing: then it is the first of them. */
async function start() {
    document.body.dataset.ready = '0';
    try {
        const { users } = await get('state');

        if (!users.some((user) => user.id === store.user && !user.is_bot))
            store.user = START_USER;
    } catch {
        ready(false);
    }
    openStream(store.user, { event: onEvent, away: () => ready(false) });
}

function become(user) {
    store.user = user;
    store.thread = '';
    store.unread.clear();
    store.views = [];
    clearToast();
    drawViews();
    localStorage.setItem('user', user);
    /* In a direct message: into one's own. */
    if (store.channels.get(store.channel)?.is_im)
        store.channel = directChannel()?.id || START_CHANNEL;
    start();
}

on('message', (message) => {
    if (message.channel === store.channel)
        list.put(message);
});
on('unread', drawSidebar);

/* ---- light and dark ------------------------------------------------------ */

function setTheme(theme) {
    if (theme === 'light' || theme === 'dark')
        document.documentElement.dataset.theme = theme;
    else
        delete document.documentElement.dataset.theme;
}

function toggleTheme() {
    const dark = document.documentElement.dataset.theme
        ? document.documentElement.dataset.theme === 'dark'
        : matchMedia('(prefers-color-scheme: dark)').matches;

    setTheme(dark ? 'light' : 'dark');
    localStorage.setItem('theme', dark ? 'light' : 'dark');
    writeAddress();
}

/* ---- presses and keys ---------------------------------------------------- */

function showSidebar(is) {
    document.body.classList.toggle('with-sidebar', is);
    byId('show-channels').setAttribute('aria-expanded', String(is));
}

function onClick(event) {
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    const to = event.target.closest(
        '[data-thread], [data-go-channel], #channels [data-channel]');

    if (!to || !plain)
        return;
    event.preventDefault();
    if (to.dataset.thread)
        goThread(to.dataset.thread);
    else
        go(to.dataset.goChannel || to.dataset.channel);
}

function step(by) {
    const all = sortedChannels().map((channel) => channel.id);
    const at = all.indexOf(store.channel);

    go(all[(at + by + all.length) % all.length]);
}

function escape() {
    closeMenu(true);
    if (document.querySelector('dialog[open]'))
        return;
    if (document.body.classList.contains('with-sidebar'))
        showSidebar(false);
    else if (store.thread)
        goThread('');
}

function onKey(event) {
    const command = event.ctrlKey || event.metaKey;

    if (command && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openSwitcher((channel) => (channel ? go(channel) : goHome()));
    } else if (event.altKey && /^Arrow(Up|Down)$/.test(event.key)) {
        event.preventDefault();
        step(event.key === 'ArrowUp' ? -1 : 1);
    } else if (event.key === 'Escape' && !event.defaultPrevented) {
        escape();
    }
}

document.addEventListener('click', onClick);
document.addEventListener('keydown', onKey);
byId('user').addEventListener('change', () => become(byId('user').value));
byId('home-tab').addEventListener('click', goHome);
byId('tab-home').addEventListener('click', goHome);
byId('tab-messages').addEventListener('click', () =>
    go(directChannel()?.id || store.channel));
byId('close-thread').addEventListener('click', () => goThread(''));
byId('theme').addEventListener('click', toggleTheme);
byId('open-switcher').addEventListener('click', () =>
    openSwitcher((channel) => (channel ? go(channel) : goHome())));
byId('show-channels').addEventListener('click', () =>
    showSidebar(!document.body.classList.contains('with-sidebar')));

setTheme(localStorage.getItem('theme'));
readAddress();
start();
