'use strict';
// Prints what Socket.IO's Redis emitter publishes for the message in the first argument: the channel, and the bytes in hex.
const { Emitter } = require('@socket.io/redis-emitter');

const emitter = new Emitter({
    publish(channel, packet) {
        console.log(channel + '\n' + Buffer.from(packet).toString('hex'));
    },
});
emitter.emit('message', process.argv[2]);
