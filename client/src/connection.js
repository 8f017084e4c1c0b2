import { delay } from './backoff.js';

/** How often a socket says that it is alive, in milliseconds; a socket that has lived so long counts as sound. */
const BEAT = 5000;

/** How many heartbeats may stay unanswered before the socket is given up. */
const MISSED = 3;

/** How long a socket may take to open, in milliseconds; a browser itself may wait for minutes. */
const PATIENCE = 15000;

/** Close codes by which the server says "do not come back": sign in, not allowed, no such facility. */
const FINAL = [4401, 4403, 4404];

/** What a browser reports for a socket that was lost without a goodbye. */
const ABNORMAL = 1006;

/** The value of `readyState` at which a browser sends; otherwise it would drop the frame without a word. */
const OPEN = 1;

/**
 * @ngdoc service
 * @name $$djangoConnection
 * @description
 * A WebSocket that comes back. All state belongs to one connection; nothing is known here of what frames mean.
 *
 * @param {function(): string} url The socket's whole URL, asked for each time.
 * @param {string|null} heartbeat The text by which both sides say that they are alive.
 * @param {Object} on `status(status, reason)`, `frame(data)`, `beat()`; `leave()` before the page is left, `back(wake)` if it is
 *   shown again; and `log(level, message)`.
 * @returns {Object} `open()` to start, `isOpen()`, `say(text)` to an open socket, `reopen()` to begin anew, `rest()` until then,
 *   and `close()`.
 *   **Note**: a connection listens to the window until it is closed, by either side, for good.
 */
angular.module('djng.websocket').factory('$$djangoConnection', ['$window', '$websocket', function ($window, $websocket) {
  return function connection(url, heartbeat, on) {
    const document = $window.document;
    let socket = null;
    let status = 'connecting';
    let reason = null;
    let attempt = 0;
    let missed = 0;
    let timer, beats;

    const listeners = [
      [$window, 'online', wake],
      [$window, 'pagehide', leave],
      [$window, 'pageshow', (event) => event.persisted && on.back(wake)],
      [document, 'visibilitychange', () => document.visibilityState === 'visible' && wake()],
    ];
    listeners.forEach(([target, name, listener]) => target.addEventListener(name, listener));

    function become(next, why) {
      reason = why || reason;
      if (next === 'closed') {
        listeners.forEach(([target, name, listener]) => target.removeEventListener(name, listener));
      }
      if (status !== next) {
        status = next;
        on.status(status, reason);
      }
    }

    function open() {
      become('connecting');
      try {
        socket = $websocket(url());
      } catch (error) {
        // The browser itself refuses (a malformed URL, ws:// on an https:// page), and would do so again.
        on.log('error', `the socket cannot be opened: ${error.message}`);
        become('closed', { code: ABNORMAL, reason: error.message });
        return;
      }
      timer = $window.setTimeout(() => lost({ code: ABNORMAL, reason: 'it did not open in time' }), PATIENCE);
      socket.onopen = opened;
      socket.onmessage = heard;
      socket.onclose = lost;
    }

    function opened() {
      $window.clearTimeout(timer);
      missed = 0;
      beats = $window.setInterval(beat, BEAT);
      on.log('log', 'the socket is open');
      become('open');
    }

    function heard(event) {
      missed = 0;
      if (event.data === heartbeat) {
        on.beat();
      } else {
        on.frame(event.data);
      }
    }

    function beat() {
      attempt = 0;
      if (heartbeat && missed >= MISSED) {
        lost({ code: ABNORMAL, reason: `${MISSED} heartbeats were missed` });
      } else if (heartbeat) {
        missed += 1;
        if (isOpen()) {
          say(heartbeat);
        }
      }
    }

    /** Let go of the socket without waiting for its last event: over a dead network that may take minutes. */
    function drop() {
      $window.clearTimeout(timer);
      $window.clearInterval(beats);
      if (socket) {
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
        socket = null;
      }
    }

    function lost({ code, reason }) {
      drop();
      const why = `${code}${reason ? `: ${reason}` : ''}`;
      if (FINAL.includes(code)) {
        on.log('error', `the server does not let this page in (${why})`);
        become('closed', { code, reason });
        return;
      }
      const wait = delay(attempt++);
      timer = $window.setTimeout(open, wait);
      on.log('warn', `the socket was lost (${why}), it is tried again in ${wait} ms`);
      become('waiting', { code, reason });
    }

    /** What kept the socket away may be over: the browser is online again, the visitor is back. */
    function wake() {
      if (status === 'waiting') {
        $window.clearTimeout(timer);
        attempt = 0;
        open();
      }
    }

    /** A page with an open socket is not kept in the back/forward cache, so close it until the page is shown again. */
    function leave() {
      on.leave();
      rest();
    }

    function rest() {
      drop();
      become('waiting');
    }

    function reopen() {
      drop();
      attempt = 0;
      open();
    }

    const isOpen = () => socket !== null && socket.readyState === OPEN;
    const say = (text) => socket.send(text);

    function close() {
      drop();
      become('closed');
    }

    return { open, isOpen, say, reopen, rest, close };
  };
}]);
