'use strict';
// Socket.IO with its Redis adapter, as its documentation has it; other programs publish through its Redis emitter.
const { createServer } = require('http');
const { Server } = require('socket.io');
const { createAdapter } = require('@socket.io/redis-adapter');
const { createClient } = require('redis');

const [port, redisPort] = process.argv.slice(2).map(Number);

(async function () {
    const publisher = createClient({ socket: { host: '127.0.0.1', port: redisPort } });
    const subscriber = publisher.duplicate();
    await Promise.all([publisher.connect(), subscriber.connect()]);
    const http = createServer();
    new Server(http, { adapter: createAdapter(publisher, subscriber), transports: ['websocket'] });
    http.listen({ host: '127.0.0.1', port: port, backlog: 4096 });
})();
