/*
 * stream: live updates by Server-Sent Events. The browser reconnects by
 * itself; whoever listens loads everything again at each hello, because what
 * happened meanwhile is not sent again.
 */

let source = null;

/**
 * @param {string} user
 * @param {{event: (what: Object) => void, away: () => void}} to
 */
export function openStream(user, to) {
    closeStream();
    source = new EventSource(
        `/control/stream?user=${encodeURIComponent(user)}`);
    source.onmessage = (message) => to.event(JSON.parse(message.data));
    source.onerror = () => {
        to.away();
        if (source && source.readyState === EventSource.CLOSED)
            again(user, to);
    };
}

/* The browser gives up when an answer was no stream at all. */
function again(user, to) {
    const mine = source;

    setTimeout(() => {
        if (source === mine)
            openStream(user, to);
    }, 1000);
}

export function closeStream() {
    if (source)
        source.close();
    source = null;
}
