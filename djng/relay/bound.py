"""A bound socket: it hears hello, snapshots and changes, and says changes that are numbered and answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from ws4redis.redis_store import RedisMessage
from ws4redis.subscriber import RedisSubscriber as UpstreamSubscriber

from djng.cleaning import Errors
from djng.redis_store import label
from djng.relay import frames
from djng.relay.broadcast import Broadcast
from djng.relay.clerk import Clerk
from djng.relay.connection import INTERNAL_ERROR, POLICY_VIOLATION, TRY_AGAIN_LATER, encode
from djng.relay.counts import Counts
from djng.relay.examination import Settled
from djng.relay.kept import Reading, Readings
from djng.relay.outgoing import Outgoing, Utterance
from djng.relay.primitives import Loop
from djng.relay.strangers import REASON
from djng.relay.visitor import Visitor
from djng.state.frame import Frame, Invalid, parse_frame
from djng.state.reading import NotJSON
from djng.state.steps import Acknowledged, Applied, Gone, Outcome, Outdated, Refused, Submit
from djng.subscriber import RedisSubscriber

#: Seconds between two looks whether a change has been heard that something is to be said of, and how many there are.
LOOK, LOOKS = 0.02, 250

#: Why a change is refused whose author may not know.
UNSEEN = {'': ['Something that you may not see stands against this.']}


def can_be_bound(subscriber_class: Any) -> bool:
    """Whether sockets with ``subscriber_class`` may be bound: a project's own that changes messages knows no frames."""
    return all(
        getattr(subscriber_class, name) in (getattr(RedisSubscriber, name), getattr(UpstreamSubscriber, name))
        for name in ('parse_response', 'publish_message', 'send_persisted_messages')
    )


def public_name(client_id: str) -> str:
    """Return by what name others know the client with that secret id."""
    return hashlib.sha256(client_id.encode()).hexdigest()[:16]


class BoundVisitor(Visitor):
    """A visitor with the wire of bound sockets, on channels that are collections.

    A reader that stays behind is not closed. What waits for it is dropped, it hears nothing while it reads on, and then
    it is sent the snapshots anew.
    """

    __slots__ = ('_awaited', '_clerk', '_hears', '_kept', '_name', '_wants_all', 'remarks')

    is_bound = True

    def __init__(
        self,
        number: int,
        loop: Loop,
        outgoing: Outgoing,
        counts: Counts,
        kept: Readings,
        clerk: Clerk,
        *,
        client_id: str,
    ) -> None:
        super().__init__(number, loop, outgoing, counts)
        self._clerk = clerk
        self._kept = kept
        self._name = public_name(client_id)
        # Channels whose snapshots have been asked for, and whether all are to be once nothing waits for the reader.
        self._awaited: set[bytes] = set()
        self._wants_all = False
        #: How many remarks on drafts are to be made as soon as these have been heard.
        self.remarks = 0
        # Neither before the first frame, nor while a slow one reads what is left for it.
        self._hears = False

    @property
    def name(self) -> str:
        """By what name others know the browser's page."""
        return self._name

    @property
    def publishers(self) -> list[str]:
        """The channels that it may write to."""
        return sorted(self.subscriber._publishers)

    # Called in the publishing thread.

    def utterance(self, message: RedisMessage) -> Utterance:
        """Have a change taken in by each channel that the socket may write to."""
        text = message.decode()
        say = partial(Utterance, self, len(message))
        try:
            frame = parse_frame(text)
        except NotJSON as error:
            reason = f'no JSON object: {error}'
            return say((), lambda _: self.turn_out(POLICY_VIOLATION, reason))
        except Invalid as invalid:
            return say((), self._refusing(invalid.s, invalid.errors))
        if frame.sync:
            return say((), lambda _: self.ask())
        if frame.change is None:
            return say(())
        change = frame.change
        if self.licence is not None:
            if change.kind == 'array' and self.licence.facility.examines():
                if change.delete or change.insert:
                    return say((), self._refusing(frame.s, {'': ['Here an array is set, cut and pushed to.']}))
                change = change._replace(at=None)
            if frame.seed:
                permitted = self.licence.permitted(change)
                if permitted is None:
                    return say(())
                change = permitted
            elif errors := self.licence.objections(change):
                return say((), self._refusing(frame.s, errors))
        channels = self.publishers
        if frame.seed and frame.label is not None:
            channels = [channel for channel in channels if label(channel) == frame.label]
        if not channels and not frame.seed:
            return say((), self._refusing(frame.s, {'': ['This socket may not publish.']}))
        steps = []
        for channel in channels:
            said = change
            if change.at is not None and frame.label != label(channel):
                # Indexes of another collection: they are taken for those of what there is.
                said = change._replace(at=None)
            step = Submit(
                channel, label(channel), said, self._name, frame.s, frame.seed, again=frame.again, who=self.who
            )
            name = channel.encode()
            if name in self.channels:
                # One that was lost is made anew for the snapshot, behind which the change comes again.
                epoch, version = self._kept.position(name)
                step = step._replace(least_epoch=epoch, least_version=version, create=False)
                if isinstance(frame.seed, tuple):
                    step = step._replace(holds=tuple(self._kept.changes_up_to(name, frame.seed)))
            steps.append(step)
        if self.licence is not None and self.licence.facility.examines() and channels:
            self._clerk.take(self, len(message), self.licence, steps, partial(self._settled, frame, channels))
            # It is said when that is done.
            return Utterance(self, 0, ())
        return say(steps, partial(self._answer, frame, channels), alone=True)

    # Called on the loop.

    def slow_hooks(self) -> dict[str, Callable[[], object]]:
        """Have what waits for a slow reader dropped, and hear when it has read the rest."""
        return {'on_slow': self._fell_behind, 'on_drained': self._drained}

    def _opened(self) -> None:
        assert self._connection is not None
        labels = (label(channel.decode()) for channel in self.channels)
        # What is examined is examined as what is set, cut and pushed.
        moves = self.licence is None or not self.licence.facility.examines()
        hello = frames.hello(self._name, subscribed=labels, published=map(label, self.publishers), moves=moves)
        self._connection.send(encode(hello))
        self._hears = True
        self.ask()

    def ask(self) -> None:
        """Have the snapshots of all channels sent, as soon as nothing else waits for the reader."""
        assert self._connection is not None
        if self._hears and self._connection.is_drained:
            self._wants_all = False
            for channel in self.channels.keys() - self._awaited:
                self._awaited.add(channel)
                self._kept.tell(channel, self)
        else:
            self._wants_all = True

    def told(self, channel: bytes, reading: Reading | None) -> None:
        """Take the snapshot of a channel; whoever has read it calls this."""
        self._awaited.discard(channel)
        if reading is None:
            self.turn_out(INTERNAL_ERROR, REASON)
        elif self._hears and self._connection is not None:
            self._counts.snapshots += 1
            snapshot = reading.for_readers(self.readable)
            self._connection.put(snapshot.deflated if self._deflates and snapshot.is_large else snapshot.plain)

    def hear(self, channel: bytes, broadcast: Broadcast, own: bool, more: bool) -> None:
        """Take what was published on a channel; the hub calls this."""
        if self._hears:
            self._pass_on(broadcast, more)

    def _fell_behind(self) -> None:
        if not self.channels:
            # What was dropped are answers, and there is no snapshot behind which its changes would come again.
            self.turn_out(TRY_AGAIN_LATER, 'this socket is not read fast enough')
            return
        self._counts.caught_up += self._hears
        self._hears = False
        self._wants_all = True

    def _drained(self) -> None:
        self._hears = True
        if self._wants_all:
            self.ask()

    def _answer(self, frame: Frame, channels: Sequence[str], outcomes: Sequence[Outcome]) -> None:
        for channel, outcome in zip(channels, outcomes, strict=True):
            if isinstance(outcome, Refused):
                self._refuse(frame.s, outcome.errors)
            elif isinstance(outcome, (Applied, Acknowledged)):
                self._counts.changes += isinstance(outcome, Applied)
                # A change that comes back in its place among the others is its own receipt.
                if frame.s is not None and (isinstance(outcome, Acknowledged) or channel.encode() not in self.channels):
                    self._tell(frames.acknowledgement(frame.s, label(channel), outcome))
            elif isinstance(outcome, (Gone, Outdated)):
                if isinstance(outcome, Outdated) and frame.s is not None:
                    self._tell(frames.outdated(frame.s, label(channel), outcome))
                self.ask()

    def _settled(self, frame: Frame, channels: Sequence[str], settled: Settled) -> None:
        if settled.refusal is not None:
            if frame.s is not None:
                self._refuse(frame.s, self._visible(settled.refusal, frame) or UNSEEN)
            return
        self._answer(frame, channels, settled.outcomes)
        if errors := self._visible(settled.errors, frame):
            self.remarks += 1
            # A draft: it was made, so the errors are no answer to it, and come behind it.
            behind = [
                (channel.encode(), (outcome.e, outcome.v))
                for channel, outcome in zip(channels, settled.outcomes, strict=True)
                if isinstance(outcome, Applied) and channel.encode() in self.channels
            ]
            change = frame.change
            assert change is not None
            self._remark(behind, frames.remark([*change.set, *change.delete], errors), LOOKS)

    def _visible(self, errors: Errors, frame: Frame) -> Errors:
        if self.licence is None or frame.change is None:
            return errors
        return self.licence.visible(errors, frame.change)

    def _remark(self, behind: Sequence[tuple[bytes, tuple[int, int]]], frame: bytes, looks: int) -> None:
        if looks and any(self._kept.position(channel) < position for channel, position in behind):
            self._loop.call_later(LOOK, self._remark, behind, frame, looks - 1)
        else:
            self.remarks -= 1
            self._tell(frame)

    def _refusing(self, s: int | None, errors: Mapping[str, Iterable[str]]) -> Callable[[Any], None]:
        return lambda _: self._refuse(s, errors)

    def _refuse(self, s: int | None, errors: Mapping[str, Iterable[str]]) -> None:
        self._counts.refused_changes += 1
        self._tell(frames.refusal(s, errors))

    def _tell(self, frame: bytes) -> None:
        # Who falls behind loses it, sends the change in flight again behind its snapshot, and is answered again.
        if self._hears:
            assert self._connection is not None
            self._connection.send(encode(frame))
