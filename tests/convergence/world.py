"""What a program happens to: browsers, two workers, one store, and the ledger in which all of it is written down."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from djng.state.heard import heard
from djng.state.merge import Change, Collection, dump
from djng.state.steps import Kept, Outcome, Step, Submit
from djng.test.browser import Browser
from djng.test.frames import members, read
from djng.test.heard import Position
from djng.test.layers import layered
from tests.convergence.ledger import Ledger
from tests.convergence.log import Fault, Log
from tests.convergence.network import Link, Worker
from tests.convergence.programs import Program, shorten
from tests.convergence.simulated import SimulatedStore

#: What properties are called, some of them as nobody should.
NAMES = ('home', 'away', '__proto__', 'länge "1"\n', 'length')

#: Rounds after which a network that still has something to say is taken to go on for ever.
ROUNDS = 400

Publish = Callable[[str, str], None]
#: Makes a store, real or not, that calls what it is given with all that is published.
Make = Callable[[Publish], Any]


class World:
    """Everything; each verb of a program is a method."""

    def __init__(self, program: Program, make_store: Make, note: Callable[[str], object]) -> None:
        self.program = program
        self._note = note
        self.channels = {'broadcast': 'broadcast:foobar'}
        if program.has_users:
            self.channels['user'] = 'user:ada:foobar'
        self.ledger = Ledger(list(self.channels))
        self._labels = {channel: label for label, channel in self.channels.items()}
        self._numbers = itertools.count(1)
        self._spoken = ''
        self._saved: list[Position] = []
        # What foreign writers said, and whether they published it.
        self._foreign: dict[str, bool] = {}
        # What somebody knew, and could give back, of the collections that were lost last.
        self._known: dict[str, list[Collection]] = {}
        self.workers: list[Worker] = []
        self.store = make_store(self._published)
        self.workers = [Worker(self, self.channels) for _ in range(2)]
        for worker in self.workers:
            worker.start()
        self.browsers = [self._browser(number) for number in range(program.browsers)]
        self.links: dict[str, tuple[Worker, Link]] = {}
        # What pages showed when their bindings looked at them last.
        self._shown: dict[str, Collection] = {browser.me: browser.scope.copy() for browser in self.browsers}

    def _browser(self, number: int) -> Browser:
        begin: Collection = [] if self.program.is_array else {}
        if number == self.program.begins:
            begin = ['"begin"'] if self.program.is_array else {'away': '"begin"', 'begin': '1'}
        browser = Browser(begin)
        browser.me = f'b{number}'
        return browser

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Do what a worker wants to be done by the store."""
        outcomes = self.store.run(steps)
        for step, outcome in zip(steps, outcomes, strict=True):
            if isinstance(outcome, Kept):
                log = self.ledger.logs[self._labels[str(step.channel)]]
                log.learn(Position(outcome.e, outcome.v), read((outcome.text or b'{}').decode()))
        return outcomes

    def _published(self, channel: str, text: str) -> None:
        self._note(f'    {channel} {text}')
        for worker in self.workers:
            worker.inbox.append((channel, text))
        if heard(text.encode()):
            self.ledger.logs[self._labels[channel]].take(text)

    def _text(self, who: str) -> str:
        number = next(self._numbers)
        return f'{{"{who}-{number}":[-0,1.00,{{}},[]]}}' if number % 7 == 0 else f'"{who}-{number}"'

    # People.

    def edit(self, who: int, what: int, where: int) -> None:
        """Let somebody change something on his page, and with it or later its binding take that in."""
        number = who % len(self.browsers)
        if number == self.program.hears_only:
            return
        browser = self.browsers[number]
        text = self._text(browser.me if what % 40 else f'no {browser.me}')
        if isinstance(browser.scope, dict):
            name = NAMES[where % len(NAMES)]
            if what % 4 == 0:
                browser.scope.pop(name, None)
            else:
                browser.scope[name] = text
        else:
            edit_items(browser.scope, 0 if self.program.appends else what, where, text)
        if what & 512 or what & 1024:
            self._before(browser)
            browser.digest()
            self._after(browser)

    def _before(self, browser: Browser) -> None:
        before = self._shown.get(browser.me, {})
        if before != browser.scope:
            self._note(f'    {browser.me} types {before} -> {browser.scope}')
        self.ledger.typed(browser.me, before, browser.scope)

    def _after(self, browser: Browser) -> None:
        self._shown[browser.me] = browser.scope.copy()
        for text in browser.frames_to_send():
            self._note(f'    {browser.me} says {text}')
            self.ledger.said(browser.me, text)
            if browser.me in self.links:
                self.links[browser.me][1].up.append(text)
        self.ledger.watch(browser)

    # The network.

    def connect(self, who: int, where: int, _: int) -> None:
        """Give somebody a socket."""
        number = who % len(self.browsers)
        browser = self.browsers[number]
        if browser.me in self.links:
            return
        channels = dict(self.channels)
        if number == len(self.browsers) - 1:
            channels.pop('user', None)
        link = Link(
            browser,
            {} if number == self.program.writes_only else channels,
            {} if number == self.program.hears_only else channels,
        )
        worker = self.workers[where % 2]
        self.links[browser.me] = worker, link
        self.ledger.accounts[browser.me].published = list(link.written)
        self._before(browser)
        worker.connect(link)
        self._after(browser)

    def lose(self, who: int, much: int, _: int) -> None:
        """Cut a socket; some of what is on its way up arrives, and nothing of what is on its way down."""
        if (found := self._link(who)) is None:
            return
        worker, link = found
        del self.links[link.browser.me]
        worker.links.remove(link)
        while len(link.up) > much % 3:
            link.up.pop()
        if link.up:
            worker.late.append(link)
        link.browser.lost()

    def _link(self, who: int) -> tuple[Worker, Link] | None:
        return self.links.get(self.browsers[who % len(self.browsers)].me)

    def read(self, who: int, _: int, __: int) -> None:
        """Let a worker read what somebody says."""
        if (found := self._link(who)) and found[1].up:
            found[0].read(found[1])

    def late(self, which: int, _: int, __: int) -> None:
        """Let a worker read what came by a socket that is lost by now."""
        worker = self.workers[which % 2]
        if worker.late:
            worker.read(worker.late[0])
            if not worker.late[0].up:
                worker.late.pop(0)

    def listen(self, who: int, _: int, __: int) -> None:
        """Let somebody hear what his worker has heard."""
        if (found := self._link(who)) and found[1].hub:
            self._receive(found[1].browser, found[1].hub.popleft())

    def answer(self, who: int, _: int, __: int) -> None:
        """Let somebody hear what he was answered."""
        if (found := self._link(who)) and found[1].direct:
            self._receive(found[1].browser, found[1].direct.popleft())

    def _receive(self, browser: Browser, text: str) -> None:
        about = json.loads(members(text)['$$djng'])
        if 'errors' in about:
            self.ledger.refused(browser.me, about['s'])
        self._before(browser)
        self._note(f'    {browser.me} hears {text}')
        browser.receive(text)
        self._note(f'    {browser.me} shows {browser.scope}')
        self._after(browser)

    def slow(self, who: int, _: int, __: int) -> None:
        """Drop what waits for somebody who does not read, and tell him everything anew."""
        if found := self._link(who):
            found[0].begin_anew(found[1])

    # Servers.

    def hear(self, which: int, _: int, __: int) -> None:
        """Let a worker read what Redis has published."""
        if self.workers[which % 2].inbox:
            self.workers[which % 2].hear()

    def take(self, which: int, _: int, __: int) -> None:
        """Let a worker take what a foreign writer has said."""
        self.workers[which % 2].take()

    def renew(self, which: int, _: int, __: int) -> None:
        """Let a worker look whether the state is there."""
        self.workers[which % 2].renew()

    def gap(self, which: int, _: int, __: int) -> None:
        """Let a worker lose its subscription, and get it again."""
        self.workers[which % 2].start()

    def restart(self, which: int, _: int, __: int) -> None:
        """Kill a worker; another one takes its place."""
        worker = self.workers[which % 2]
        for link in worker.links:
            del self.links[link.browser.me]
            link.browser.lost()
        worker.links, worker.late = [], []
        worker.forget()
        worker.start()

    def say(self, what: int, where: int, _: int) -> None:
        """Let the server change something."""
        text = self._text('server')
        if self.program.is_array:
            change = Change('array', {}, push=(text,))
        else:
            change = Change('object', {NAMES[where % len(NAMES)]: text})
        self.store.run([Submit(self.channels['broadcast'], 'broadcast', change, None, None)])

    def speak(self, what: int, where: int, _: int) -> None:
        """Let a program that knows nothing of djng publish something."""
        self._spoken = self._foreign_text(what, where, True)
        self.store.publish(self.channels['broadcast'], self._spoken)

    def write(self, what: int, where: int, _: int) -> None:
        """Let such a program write the key, after it has published the same or without."""
        text, self._spoken = self._spoken, ''
        if not text or what & 64:
            text = self._foreign_text(what, where, False)
        self.store.set(self.channels['broadcast'], text)
        if text[0] in '{[':
            self.ledger.logs['broadcast'].found = read(text)

    def _foreign_text(self, what: int, where: int, is_published: bool) -> str:
        if what % 8 == 0:
            return ('no JSON', '7', '[]' if not self.program.is_array else '{}')[where % 3]
        text = self._text('foreign')
        self._foreign[text] = is_published
        return f'[{text}]' if self.program.is_array else dump({NAMES[where % len(NAMES)]: text})

    def flush(self, _: int, __: int, ___: int) -> None:
        """Let Redis lose everything. What is on its way from lost sockets then is not told apart from what is new."""
        for worker in self.workers:
            while worker.late:
                self.late(self.workers.index(worker), 0, 0)
        self.store.lose_all()
        self._saved = []
        for label, log in self.ledger.logs.items():
            places = [one.position(label) for one in self.browsers if label in self.ledger.accounts[one.me].published]
            known = max((place for place in places if place), default=None)
            # What is on its way down may still be heard.
            later = [one.position for one in log.applied if known and known.version and one.position >= known]
            self._known[label] = [log.at(place) for place in later]

    def save(self, _: int, __: int, ___: int) -> None:
        """Let Redis write everything to disk."""
        self.store.save()
        self._saved = [log.end for log in self.ledger.logs.values()]

    def fall_back(self, _: int, __: int, ___: int) -> None:
        """Let Redis crash, and come back with what it has saved."""
        if not self._saved:
            return
        self.store.restore()
        self._known = {}
        for log, place in zip(self.ledger.logs.values(), self._saved, strict=True):
            log.fall_back(place)
        for worker in self.workers:
            worker.start()

    # The end.

    def calm(self) -> None:
        """Let everybody connect, and everything arrive."""
        for number, browser in enumerate(self.browsers):
            self._before(browser)
            browser.digest()
            self._after(browser)
            self.connect(number, number, 0)
        for _ in range(ROUNDS):
            if not self._go_on():
                again = [worker.renew() for worker in self.workers]
                for worker in self.workers:
                    worker.take()
                if any(again):
                    self.store.wait()
                elif not self._go_on():
                    break
        else:
            raise Fault('the network does not come to rest')
        if restless := [browser.me for browser in self.browsers if not browser.is_quiet and self._writes(browser)]:
            raise Fault(f'{restless} wait for ever')

    def _writes(self, browser: Browser) -> bool:
        return bool(self.ledger.accounts[browser.me].published)

    def _go_on(self) -> bool:
        """Let each of all that is on its way go one step; false if nothing is."""
        moves = False
        for which, worker in enumerate(self.workers):
            moves = moves or bool(worker.inbox or worker.late)
            self.hear(which, 0, 0)
            self.late(which, 0, 0)
        for number, browser in enumerate(self.browsers):
            _, link = self.links[browser.me]
            moves = moves or bool(link.up or link.hub or link.direct)
            for verb in (self.read, self.listen, self.answer):
                verb(number, 0, 0)
        return moves

    def compare(self) -> None:
        """See that all show the same, which is what Redis keeps, what the log says, and what a late comer sees."""
        self.browsers.append(self._browser(len(self.browsers)))
        self.calm()
        kept = {label: read(self.store.get(channel) or '{}') for label, channel in self.channels.items()}
        for label, log in self.ledger.logs.items():
            if log.end == self.browsers[-1].position(label) and log.at(log.end) != kept[label]:
                raise Fault(f'Redis keeps {kept[label]} and not {log.at(log.end)}')
            self._find_known(kept[label], self._known.get(label, []), log)
        for browser in self.browsers:
            if browser.subscribed:
                shown = layered([browser.own, *(kept[label] for label in browser.subscribed)])[0]
                if browser.scope != shown and (browser.scope or shown):
                    raise Fault(f'{browser.me} shows {browser.scope}; Redis keeps {shown}')
        self.ledger.close()
        self._count_foreign()
        if self.program.appends and not self.program.verbs & {'flush', 'fall_back', 'speak', 'write'}:
            self.ledger.find_all(kept['broadcast'])

    def _find_known(self, kept: Collection, known: list[Collection], log: Log) -> None:
        """See that what was known of an object that was lost is there, and no more, unless it was changed."""
        if isinstance(kept, list) and self.program.appends and not self.program.verbs & {'fall_back', 'speak', 'write'}:
            there = Counter(kept)
            once = {text for text in kept if there[text] > 1}
            if missing := [text for text in [*(known[0] if known else ()), *once] if there[text] != 1]:
                raise Fault(f'{missing} are there {[there[text] for text in missing]} times: {kept}')
        if not known or not isinstance(kept, dict):
            return
        last: dict[str, str | None] = {}
        for one in log.applied:
            if one.author is None or one.number is not None:
                last |= {**dict.fromkeys(one.change.delete), **one.change.set}
        for name in {*known[0], *kept, *last}:
            texts = {state.get(name) for state in known if isinstance(state, dict)}
            if name in last:
                texts = {last[name]}
            elif texts == {None}:
                # What a page has by itself may be taken for what is missing.
                texts |= {'"begin"', '1'}
            if kept.get(name) not in texts:
                raise Fault(f'{name} was known as one of {texts}, and now it is {kept.get(name)}')

    def _count_foreign(self) -> None:
        """See that what foreign writers say is taken once, or not at all where somebody was away or all was lost."""
        foreign = [one.change for one in self.ledger.logs['broadcast'].applied if one.author is None]
        told = Counter(text for change in foreign for text in change.set.values())
        if twice := [text for text in self._foreign if told[text] > 1]:
            raise Fault(f'taken twice: {twice}')
        is_calm = not self.program.verbs & {'gap', 'restart', 'flush', 'fall_back'}
        if is_calm and (missed := [text for text in self._foreign if self._foreign[text] and not told[text]]):
            raise Fault(f'never taken: {missed}')


def edit_items(items: list[str], what: int, where: int, text: str) -> None:
    """Append an item, or replace, insert, or cut off some."""
    kind = what % 20
    if kind < 9 or not items:
        items.append(text)
    elif kind < 14:
        items[where % len(items)] = text
    elif kind < 17:
        items.insert(where % len(items), text)
    else:
        del items[-1 - where % 2 :]


def run(
    program: Program,
    make_store: Make = SimulatedStore,
    note: Callable[[str], object] = lambda line: None,
) -> str | None:
    """Run a program; return what fell short, None if nothing did. ``note`` is told what happens."""
    try:
        world = World(program, make_store, note)
        for verb, *numbers in program.steps:
            note(f'{verb} {numbers}')
            getattr(world, verb)(*numbers)
        note('calm')
        world.calm()
        world.compare()
    except Fault as fault:
        note(f'falls short: {fault}')
        return str(fault)
    return None


def report(program: Program, make_store: Make = SimulatedStore) -> str:
    """Return the shortest program that falls short as ``program`` does, and what happens in it, frame by frame."""
    program = shorten(program, lambda shorter: run(shorter, make_store) is not None)
    lines = [str(program._replace(steps=[]))]
    run(program, make_store, lines.append)
    return '\n'.join(lines)
