'use strict';
// Node's `ws` with one Redis subscription, written as by someone who wants it fast: the message is never decoded.
const { WebSocketServer, WebSocket } = require('ws');
const { createClient } = require('redis');

const [port, redisPort] = process.argv.slice(2).map(Number);

(async function () {
    const subscriber = createClient({ socket: { host: '127.0.0.1', port: redisPort } });
    await subscriber.connect();
    const server = new WebSocketServer({ host: '127.0.0.1', port: port, backlog: 4096, perMessageDeflate: false });
    await subscriber.subscribe('broadcast:foobar', function (message) {
        for (const client of server.clients) {
            if (client.readyState === WebSocket.OPEN) {
                client.send(message, { binary: false });
            }
        }
    }, true);
})();
