/**
 * One audience's collection for the model test, kept and numbered by the rules of docs/wire.rst, with nothing of src/ in it.
 *
 * `taken` is the log of all that was ever asked for: `{e, v, author, s, change, isSeed, isRefused}`.
 */
export class Channel {
  constructor(label, clock, { tellsLength }) {
    Object.assign(this, { label, clock, tellsLength, state: null, clients: new Map(), taken: [], dumped: null });
  }

  /** The state, made anew if it is gone: epochs only grow. */
  touch() {
    if (!this.state) {
      const e = this.clock();
      this.state = { e, since: e, v: 0, list: null, content: Object.create(null) };
    }
    return this.state;
  }

  /** What a late comer sees: values by name, or items. */
  shows() {
    const { list, content } = this.touch();
    return list ? content.map((text) => JSON.parse(text)) : Object.fromEntries(Object.entries(content).map(([n, t]) => [n, JSON.parse(t)]));
  }

  snapshot() {
    const { e, v, list, content } = this.touch();
    const told = JSON.stringify({ full: 1, c: this.label, e, v, ...(list && { n: content.length }) });
    if (list) {
      return `{"$$djng":${told.slice(0, -1)},"items":[${content.join()}]}}`;
    }
    const parts = Object.entries(content).map(([name, text]) => `${JSON.stringify(name)}: ${text}`);
    return `{ ${parts.concat(`"$$djng": ${told}`).join(', ')}}`;
  }

  /**
   * One step of the script. `author` is a client's public name, or null. Returns `{frame}` for all, `{answer}` for the author
   * alone, or nothing.
   */
  submit(change, author = null, s = null, isSeed = false) {
    const state = this.touch();
    const last = this.clients.get(author);
    if (s !== null && last && last.s >= s && last.e >= state.since) {
      return { answer: { ack: s, c: this.label, e: state.e, v: last.v, ...(this.tellsLength && last.s === s && { n: last.n }) } };
    }
    if (isSeed && state.v > 0) {
      return {};
    }
    if (state.list !== change.list) {
      if (Object.keys(state.content).length) {
        this.taken.push({ author, s, change, isRefused: true });
        return { answer: { s, errors: { '': ['It is of the other kind.'] } } };
      }
      Object.assign(state, { list: change.list, content: change.list ? [] : Object.create(null) });
    }
    const told = this.apply(state, change);
    state.v += 1;
    this.taken.push({ e: state.e, v: state.v, author, s, change, isSeed });
    if (s !== null) {
      this.clients.set(author, { s, e: state.e, v: state.v, n: state.content.length });
    }
    const about = { c: this.label, e: state.e, v: state.v, ...(author && { o: author }), ...(s !== null && { s }), ...told.about };
    return { frame: `{${told.parts.concat(`"$$djng":${JSON.stringify(about)}`).join()}}` };
  }

  apply({ content }, change) {
    const told = Object.create(null);
    const put = (index, text) => {
      while (content.length < index) {
        told[content.length] = 'null';
        content.push('null');
      }
      content[index] = told[index] = text;
    };
    if (change.list) {
      change.set.forEach(([index, text]) => put(Number(index), text));
      if (change.n !== undefined) {
        content.length = Math.min(content.length, change.n);
        Array.from({ length: change.n - content.length }).forEach(() => put(content.length, 'null'));
      }
      change.push.forEach((text) => put(content.length, text));
    } else {
      change.set.forEach(([name, text]) => { content[name] = told[name] = text; });
      change.del.forEach((name) => { delete content[name]; });
    }
    return {
      parts: Object.entries(told).map(([name, text]) => `${JSON.stringify(name)}:${text}`),
      about: { ...(change.del.length && { del: change.del }), ...(change.list && { n: content.length }) },
    };
  }

  // ---- what may happen to Redis

  /** A flush takes everything, an expiry leaves what is remembered of the clients. */
  forget(isFlush) {
    this.state = null;
    if (isFlush) {
      this.clients.clear();
    }
  }

  dump() {
    this.dumped = this.state && { state: copy(this.state), clients: [...this.clients] };
  }

  /** It comes back with what it has dumped, at a position behind what was seen: so it is another epoch. */
  restore() {
    if (this.dumped) {
      this.state = { ...copy(this.dumped.state), e: this.clock() };
      this.clients = new Map(this.dumped.clients);
    }
  }
}

function copy(state) {
  const { content } = state;
  return { ...state, content: state.list ? content.slice() : Object.assign(Object.create(null), content) };
}
