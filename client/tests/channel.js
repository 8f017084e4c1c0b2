/**
 * One audience's collection for the model test, kept and numbered by the rules of docs/wire.rst, with nothing of src/ in it.
 *
 * `taken` is the log of all that was ever asked for: `{e, v, author, s, change, isSeed, isRefused}`. `heirs` tells of a text
 * in the place of which one it was set.
 */
export class Channel {
  constructor(label, clock, { tellsLength, tellsMade }) {
    Object.assign(this, { label, clock, tellsLength, tellsMade, state: null, dumped: null });
    Object.assign(this, { clients: new Map(), changes: new Map(), taken: [], heirs: new Map() });
  }

  /** The state, made anew if it is gone: epochs only grow. */
  touch() {
    if (!this.state) {
      const e = this.clock();
      this.state = { e, since: e, v: 0, list: null, content: Object.create(null), moves: [],
        seed: null, seeded: [], deleted: [], front: 0, again: [] };
    }
    return this.state;
  }

  /** What a late comer sees: values by name, or items. */
  shows() {
    const { list, content } = this.touch();
    return list ? content.map((text) => JSON.parse(text)) : Object.fromEntries(Object.entries(content).map(([n, t]) => [n, JSON.parse(t)]));
  }

  snapshot() {
    const { e, since, v, list, content } = this.touch();
    const made = since !== e && this.tellsMade && { b: since };
    const told = JSON.stringify({ full: 1, c: this.label, e, v, ...made, ...(list && { n: content.length }) });
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
  submit(change, author = null, s = null, isSeed = null) {
    const state = this.touch();
    const last = this.clients.get(author);
    if (s !== null && last && last.s >= s && last.e >= state.since) {
      return { answer: { ack: s, c: this.label, e: state.e, v: last.v, ...(this.tellsLength && last.s === s && { n: last.n }) } };
    }
    if (isSeed) {
      const news = this.news(state, change, isSeed);
      if (!news) {
        this.hold(state);
        return {};
      }
      change = news;
    }
    if (change.list && !isSeed && (change.at || change.del.length || (change.ins && change.ins.length))) {
      if (change.at && (change.at.e !== state.e || change.at.v > state.v)) {
        return { answer: { again: s, c: this.label, e: state.e, v: state.v } };
      }
      change = resolve(state, change, this.heirs);
    } else if (change.list) {
      change.set.forEach(([index, text]) => this.heirs.set(text, state.content[index]));
    }
    if (state.list !== change.list) {
      if (Object.keys(state.content).length) {
        this.taken.push({ author, s, change, isRefused: true });
        return { answer: { s, errors: { '': ['It is of the other kind.'] } } };
      }
      Object.assign(state, { list: change.list, content: change.list ? [] : Object.create(null) });
    }
    if (!isSeed && change.list && (change.set.length || change.n !== undefined)) {
      state.front = null;
    }
    state.again.push(...(change.again ? change.push : []));
    const told = this.apply(state, change);
    state.v += 1;
    this.hold(state);
    const names = change.set.map(([name]) => name);
    state.seeded = state.seeded.filter((name) => !names.includes(name) && !change.del.includes(name)).concat(isSeed ? names : []);
    state.deleted = state.deleted.concat(isSeed ? [] : change.del);
    this.taken.push({ e: state.e, v: state.v, author, s, change, isSeed });
    if (s !== null) {
      this.clients.set(author, { s, e: state.e, v: state.v, n: state.content.length });
      this.changes.set(author, { s, e: state.e, v: state.v });
    }
    const about = { c: this.label, e: state.e, v: state.v, ...(author && { o: author }), ...(s !== null && { s }), ...told.about };
    return { frame: `{${told.parts.concat(`"$$djng":${JSON.stringify(about)}`).join()}}` };
  }

  /** What a seed holds was applied. */
  hold(state) {
    (state.holds || []).forEach(([author, { s }]) => {
      const last = this.clients.get(author);
      if (!last || last.e < state.since || last.s < s) {
        this.clients.set(author, { s, e: state.e, v: state.v });
      }
    });
    state.holds = null;
  }

  /** What of a seed is missing; an older server takes one as a whole, or not. */
  news(state, change, { e = 0, v = 0 }) {
    const { v: version, seeded, deleted, content, list } = state;
    const best = state.seed || { e: -1, v: 0 };
    const isKnown = this.tellsMade && e > 0 && e < state.since;
    const isNews = version === 0 || (isKnown && (e > best.e || (e === best.e && v > best.v)));
    const isFit = version === 0 || (list === change.list ? !list || state.front !== null : !Object.keys(content).length);
    if (isNews && isFit) {
      state.seed = { e, v };
    }
    if (isKnown && state.seed && (!isNews || isFit)) {
      state.holds = [...this.changes].filter(([, at]) => at.e < e || (at.e === e && at.v <= v));
    }
    if (!isNews || !isFit || version === 0) {
      state.front = isNews && isFit ? change.push.length : state.front;
      return isNews && isFit ? change : null;
    }
    if (change.list) {
      return this.newsOfItems(state, change);
    }
    const set = change.set.filter(([name, text]) => (
      seeded.includes(name) ? content[name] !== text : !(name in content) && !deleted.includes(name)
    ));
    const has = (name) => change.set.some(([other]) => other === name);
    const del = best.e > 0 ? seeded.filter((name) => !has(name)) : [];
    return set.length || del.length ? { ...change, set, del } : null;
  }

  /** In the place of what a worse seed has put in front come this one's items, but for those that were said again here. */
  newsOfItems(state, { push }) {
    const content = state.list ? state.content : [];
    const again = state.again.slice();
    const front = push.slice().reverse().filter((text) => {
      const index = again.indexOf(text);
      return index < 0 || again.splice(index, 1).length === 0;
    }).reverse();
    const moved = [[0, state.front, 0], [0, 0, front.length]];
    const items = front.concat(content.slice(state.front));
    state.front = front.length;
    const set = items.map((text, index) => [String(index), text]).filter(([index, text]) => content[index] !== text);
    return set.length || items.length < content.length ? { list: true, set, n: items.length, push: [], del: [], moved } : null;
  }

  apply(state, change) {
    const { content } = state;
    const told = Object.create(null);
    const put = (index, text) => {
      while (content.length < index) {
        told[content.length] = 'null';
        content.push('null');
      }
      content[index] = told[index] = text;
    };
    if (change.list) {
      if (change.moved || change.n < content.length) {
        const steps = change.moved || [[change.n, content.length - change.n, 0]];
        state.moves.push(...steps.map((step) => [state.v + 1, ...step]));
      }
      change.set.forEach(([index, text]) => put(Number(index), text));
      content.length = Math.min(content.length, change.n ?? Infinity);
      change.push.forEach((text) => put(content.length, text));
    } else {
      change.set.forEach(([name, text]) => { content[name] = told[name] = text; });
      change.del.forEach((name) => { delete content[name]; });
    }
    return {
      parts: Object.entries(told).map(([name, text]) => `${JSON.stringify(name)}:${text}`),
      about: { ...(!change.list && change.del.length && { del: change.del }), ...(change.list && { n: content.length }) },
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
  const { content, list, moves, seeded, deleted, again } = state;
  const copied = list ? content.slice() : Object.assign(Object.create(null), content);
  return { ...state, moves: [...moves], again: [...again], seeded: [...seeded], deleted: [...deleted], content: copied };
}

/**
 * What an array's change by indexes of an older version sets, and cuts to, by now. `moves` are what went and came since:
 * `[version, index, how many went, how many came]`, those of one version from the end.
 */
function resolve({ moves, content, list }, change, heirs) {
  const items = (list ? content : []).map((text) => [text]);
  const since = change.at ? moves.filter(([v]) => v > change.at.v) : [];
  const find = (index, isItem) => {
    let [now, is] = [index, isItem];
    since.forEach(([, at, went, came]) => {
      if (is && now >= at && now < at + went) {
        [now, is] = [at, false];
      } else if (is ? now >= at : now > at) {
        now = now < at + went ? at : now - went + came;
      }
    });
    return [Math.min(now, items.length), is && now < items.length];
  };
  const before = Array.from({ length: items.length + 1 }, () => []);
  change.set.forEach(([name, text]) => {
    const [index, is] = find(Number(name), true);
    if (is) {
      heirs.set(text, content[index]);
      items[index] = [text];
    } else {
      before[index].push(text);
    }
  });
  const gone = change.del.map((index) => find(index, true)).filter(([, is]) => is).map(([index]) => index);
  gone.forEach((index) => {
    items[index] = [];
  });
  change.ins.forEach(([index, texts]) => before[find(index, false)[0]].push(...texts));
  const after = before.flatMap((texts, index) => [...texts, ...(items[index] || [])]);
  const set = after.map((text, index) => [String(index), text]).filter(([index, text]) => !list || content[index] !== text);
  const moved = before.flatMap((texts, index) => [
    ...(texts.length ? [[index, 0, texts.length]] : []), ...(gone.includes(index) ? [[index, 1, 0]] : []),
  ]).reverse();
  return { ...change, set, n: after.length, moved: moved.length ? moved : null, del: [], ins: [] };
}
