/**
 * A server for the model test: the sockets of one facility, and what is on its way.
 *
 * Every socket has two ways down, the hub's and the direct one: each keeps its order, and a frame of one may overtake those
 * of the other. Whatever happens is a call: `work` reads one frame of a socket, `deliver` hands one down.
 */
import { createHash } from 'node:crypto';
import { Channel } from './channel.js';

export const publicName = (id) => createHash('sha256').update(id).digest('hex').slice(0, 16);

export class Server {
  constructor({ labels = ['broadcast'], refuses = () => false, tellsLength = false, tellsMade = true, tellsMoves = true } = {}) {
    let time = 1000;
    const clock = () => (time += 1);
    this.channels = labels.map((label) => new Channel(label, clock, { tellsLength, tellsMade }));
    Object.assign(this, { refuses, tellsMoves, sockets: new Set(), late: [] });
  }

  find(label) {
    return this.channels.find((channel) => channel.label === label);
  }

  /** Somebody says something on a channel; returns what is for the author alone. */
  submit(channel, ...words) {
    const { frame, answer } = channel.submit(...words);
    if (frame) {
      this.sockets.forEach((socket) => socket.sub.includes(channel.label) && socket.hub.push(frame));
    }
    return answer;
  }

  // ---- sockets

  /** The rights of a socket are what it has asked for; `told(text)` hears what its browser says. */
  open(socket, told) {
    const [, query] = socket.url.split('?');
    const asked = (verb) => this.channels.map(({ label }) => label).filter((label) => query.includes(`${verb}-${label}`));
    Object.assign(socket, { name: publicName(/djng=(.+)/.exec(query)[1]), sub: asked('subscribe'), pub: asked('publish') });
    Object.assign(socket, { hub: [], direct: [], up: [] });
    socket.onsent = (text) => {
      told(text);
      socket.up.push(text);
    };
    this.sockets.add(socket);
    this.ask(socket);
    socket.open();
    socket.hear(this.hello(socket));
  }

  hello({ name, sub, pub }) {
    return JSON.stringify({ $$djng: { me: name, sub, pub, ...(this.tellsMoves && { moves: 1 }) } });
  }

  /** The snapshots are on the worker's list, before what the browser has said since. */
  ask(socket) {
    socket.up.unshift(...socket.sub.map((label) => ({ label })));
  }

  /** The network, or the worker, loses a socket with all that is on its ways; what a worker has read already it still does. */
  lose(socket, hasRead) {
    this.sockets.delete(socket);
    this.late.push(...(hasRead ? socket.up : []).filter(({ label }) => !label).map((text) => ({ ...socket, direct: [], text })));
    Object.assign(socket, { onsent: null, up: [], hub: [], direct: [] });
    socket.drop();
  }

  /** The worker reads one frame. A snapshot may take the hub's way, in the order of the channel, or the direct one. */
  work(socket, takesHub) {
    const text = this.sockets.has(socket) ? socket.up.shift() : undefined;
    if (text && text.label) {
      (takesHub ? socket.hub : socket.direct).push(this.find(text.label).snapshot());
    } else if (text) {
      this.read(socket, JSON.parse(text));
    }
    return text;
  }

  /** Do what a worker has read from a socket that is gone. */
  catchUp() {
    const socket = this.late.shift();
    if (socket) {
      this.read(socket, JSON.parse(socket.text));
    }
    return socket;
  }

  read(socket, frame) {
    const { sync, list = 0, n, push = [], del = [], ins = [], s = null, seed, again, c, e, v } = frame.$$djng;
    const set = Object.entries(frame).filter(([name]) => name !== '$$djng').map(([name, value]) => [name, JSON.stringify(value)]);
    const texts = (items) => items.map((item) => JSON.stringify(item));
    const change = { list: Boolean(list), set, n, push: texts(push), del, again,
      ins: ins.map(([index, items]) => [index, texts(items)]) };
    const channels = socket.pub.map((label) => this.find(label)).filter(({ label }) => !seed || c === undefined || c === label);
    const bad = set.filter(([, item]) => this.refuses(item)).map(([name]) => name);
    const tell = () => this.ask(this.sockets.has(socket) ? socket : { ...socket, up: [] });
    const added = change.ins.flatMap(([, items]) => items).concat(change.push);
    if (sync) {
      tell();
    } else if (bad.length || added.some(this.refuses)) {
      channels.forEach(({ taken }) => taken.push({ author: socket.name, s, change, isRefused: true }));
      const errors = Object.fromEntries((bad.length ? bad : ['']).map((name) => [name, ['bad']]));
      socket.direct.push(JSON.stringify({ $$djng: { s, errors } }));
    } else {
      const at = (channel) => (change.list && channel.label === c ? { e, v } : null);
      const answers = channels.map((channel) => (
        this.submit(channel, { ...change, at: at(channel) }, socket.name, seed ? null : s, seed ? { e, v } : null)
      ));
      answers.filter(Boolean).forEach((answer) => socket.direct.push(JSON.stringify({ $$djng: answer })));
      if (answers.some((answer) => answer && answer.again)) {
        tell();
      }
    }
  }

  /** Hand one frame down; of the two ways `takesHub` says which, if both have one. */
  deliver(socket, takesHub) {
    if (!this.sockets.has(socket)) {
      return undefined;
    }
    const way = socket.hub.length && (takesHub || !socket.direct.length) ? socket.hub : socket.direct;
    const text = way.shift();
    if (text !== undefined) {
      socket.hear(text);
    }
    return text;
  }

  /** One frame of the hub is lost on the way to a socket. */
  miss(socket) {
    return socket.hub.shift();
  }

  /** A browser that reads too slowly: what waits is dropped, and it is told anew. */
  overflow(socket) {
    socket.hub.length = socket.direct.length = 0;
    this.ask(socket);
    socket.hear(this.hello(socket));
  }

  /** The hub, renewing the time to live, finds another epoch. */
  notice() {
    this.sockets.forEach((socket) => this.ask(socket));
  }
}
