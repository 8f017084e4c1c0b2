"""What may happen to a collection in Redis, and what may come of it.

Each *step* is one run of the script, atomic for its channel. ``channel`` is the key in Redis, such as
``broadcast:foobar``; ``label`` is what browsers call it, such as ``broadcast``. ``least_epoch`` and ``least_version``
are the latest position that the caller has seen there: where Redis has fallen back behind it, or has lost everything,
the collection goes on in a later epoch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from djng.state.merge import Change, Kind


class Terms(NamedTuple):
    """What is agreed upon for a channel."""

    #: Seconds that what is kept outlives the last change; 0 for not at all.
    expire: int
    #: How many entries, and bytes as JSON, a socket may make of the collection; None for any number.
    max_properties: int | None = None
    max_size: int | None = None


class Submit(NamedTuple):
    """Take in a change; Applied, :class:`Acknowledged`, Refused, :class:`NotTaken`, :class:`Unexpected` or Gone.

    A change of an array that tells its position may be :class:`Outdated`.

    It is published on the channel as a frame that ends with ``"$$djng":{"c":…,"e":…,"v":…}}``.
    """

    channel: str | bytes
    label: str
    change: Change
    #: The author's public name, and the number that the author gave the change: one that was applied is not again.
    author: str | None = None
    s: int | None = None
    #: Whether it is what a browser knows of a collection that is lost: taken as a whole where the collection is new
    #: (version 0). Later, for a while, only what is not there, and nobody has deleted since, and only if ``seed`` says
    #: of which position it is.
    seed: bool | tuple[int, int] = False
    #: The changes that a seed holds, as far as is known: their authors' public names, and the last number of each. One
    #: of these that is said again is acknowledged instead of applied once more.
    holds: tuple[tuple[str, int], ...] = ()
    #: Whether it may have been said before, so that what it pushes may be in a seed, too.
    again: bool = False
    least_epoch: int = 0
    least_version: int = 0
    #: Whether a collection that is not there is made; if not, the step is :class:`Gone`, so that browsers which know
    #: what was lost can seed it before the change comes again.
    create: bool = True
    #: What the change was made from: the JSON texts of properties, None for one that there was not, in objects only;
    #: and the position of the whole. Where the collection is another by now, the step is :class:`Unexpected`.
    expect: Mapping[str, str | None] | None = None
    expect_position: tuple[int, int] | None = None
    #: Who made the change, for the log: what :func:`djng.state.log.who` says.
    who: str = ''
    #: Whether it is only to be found out what would come of it: :class:`Possible` then, where it would be Applied.
    is_trial: bool = False


class Relay(NamedTuple):
    """Pass on what a plain socket, or a publisher that is no :class:`Submit`, says; :class:`Relayed` or Applied.

    Where the channel is no collection the text is kept for ``expire`` seconds (None: the store's; 0: not at all) and
    published as it came. On a collection it is taken in as a change. ``mark`` is published on ``marks`` right before.
    """

    channel: str | bytes
    label: str
    text: str | bytes
    #: What :func:`djng.state.frame.parse_plain` makes of the text.
    change: Change | None
    mark: bytes | None = None
    marks: bytes | None = None
    expire: int | None = None
    #: Who says it, for the log: what :func:`djng.state.log.who` says.
    who: str = ''


class Take(NamedTuple):
    """Take in a text that was published without the script; Applied, :class:`Counted`, NotTaken or Gone.

    ``t`` is how many were taken in before, as far as the caller knows: only one of those who try succeeds.
    """

    channel: str | bytes
    label: str
    text: bytes
    t: int
    least_epoch: int = 0
    least_version: int = 0


class Snapshot(NamedTuple):
    """Tell what is kept: as :class:`Kept`, or on the channel ``marks``, in its order among changes; :class:`Told` then.

    What is published on ``marks`` is ``token`` and behind it what :meth:`Kept.read` reads. With ``create`` the channel
    becomes a collection, and what was kept there before its content.
    """

    channel: str | bytes
    label: str
    marks: bytes | None = None
    token: bytes = b''
    create: bool = False
    least_epoch: int = 0
    least_version: int = 0


class Renew(NamedTuple):
    """Let the collection live on for its full time; :class:`Renewed` or :class:`Gone`.

    To be repeated every few seconds while a browser is bound; it also says that somebody hears what is published.
    """

    channel: str | bytes
    label: str
    least_epoch: int = 0
    least_version: int = 0


class Attend(NamedTuple):
    """Take in who is where, as one process knows it of its own sockets; :class:`Attended`, :class:`Unknown` or Gone.

    The collection on ``channel`` becomes what all processes have told that still live: a person is there as long as
    one of them says so, with as many tabs as they know together. To be repeated within ``life`` seconds, with or
    without news; else others take it that the process has died. Without a ``process`` it is only seen to that the
    dead ones are forgotten.
    """

    channel: str | bytes
    label: str
    process: str = ''
    life: float = 0.0
    #: What is new, by the person's key: as :func:`attendance` says it, empty for somebody who has gone.
    people: Mapping[str, str] = {}
    #: Whether the process has told nothing before.
    is_first: bool = False
    least_epoch: int = 0
    least_version: int = 0


def attendance(at: int, tabs: Iterable[str], text: str) -> str:
    """Return one person's attendance at one process, as :class:`Attend` tells it.

    ``tabs`` are names without spaces, none of them for somebody who is about to go; ``text`` is what others see of the
    person, a JSON object without line breaks: that which is the latest, by the milliseconds ``at``, of all processes.
    """
    return f'{at} {",".join(tabs)} {text}'


class Applied(NamedTuple):
    """The change is in the collection, and published, as version ``v`` of epoch ``e``."""

    e: int
    v: int


class Acknowledged(NamedTuple):
    """The change had been applied before, as version ``v``; ``e`` is the present epoch, which may be a later one."""

    e: int
    v: int
    #: How many items an array had right after it.
    n: int | None = None


class Counted(NamedTuple):
    """The published text changed nothing: it is nothing for this collection, or was found under the key before."""

    e: int
    v: int


class Refused(NamedTuple):
    """Nothing was changed, for these reasons by the property's name; ``''`` is the change as a whole."""

    errors: dict[str, list[str]]


class Possible(NamedTuple):
    """The change would have been applied; nothing was changed."""


class NotTaken(NamedTuple):
    """The seed came too late, or another process was first to take the text: ``t`` of them are taken by now."""

    t: int


class Unexpected(NamedTuple):
    """The collection is not what the change was made from; nothing was changed, and it is at version ``v`` now."""

    e: int
    v: int
    #: The JSON texts by now, in the order in which they were expected.
    texts: tuple[str | None, ...]


class Outdated(NamedTuple):
    """What has become of the items that an array's change is about is not known any more; nothing was changed.

    The collection is at version ``v`` of epoch ``e``.
    """

    e: int
    v: int


class Relayed(NamedTuple):
    """The text was passed on as it came, and changed no collection."""


class Kept(NamedTuple):
    """What is kept: a collection at version ``v`` of epoch ``e``, or, where ``e`` is 0, what a plain socket left."""

    e: int
    v: int
    #: None for a collection that has never held anything, and where there is no collection.
    kind: Kind | None
    #: Properties, or items.
    n: int
    #: Published texts taken in since the epoch began.
    t: int
    #: JSON, possibly with white space in it; None for nothing.
    text: bytes | None
    #: The epoch in which the collection was made, where that is an earlier one than ``e``; else 0.
    made: int = 0

    @classmethod
    def read(cls, payload: bytes) -> Kept:
        """Read what a :class:`Snapshot` published, its token apart."""
        head, has_text, text = payload.partition(b'=')
        e, v, kind, n, t, made = head.split(b' ')
        return cls.of(int(e), int(v), kind, int(n), int(t), text if has_text else None, int(made))

    @classmethod
    def of(cls, e: int, v: int, kind: bytes, n: int, t: int, text: bytes | None, made: int) -> Kept:
        """Return what the script has put into other words."""
        kinds: dict[bytes, Kind] = {b'object': 'object', b'array': 'array'}
        if e and text is not None:
            text = text.strip(b' \t\n\r')  # what a plain socket left stays as it said it
        return cls(e, v, kinds.get(kind), n, t, text, 0 if made == e else made)


class Told(NamedTuple):
    """What is kept was published on ``marks``."""


class Renewed(NamedTuple):
    """The collection lives on, and is at version ``v`` of epoch ``e``."""

    e: int
    v: int
    t: int
    #: Somebody wrote under the key what may yet be heard on the channel; to be renewed again in a second or two.
    again: bool

    @classmethod
    def of(cls, e: int, v: int, t: int, again: int) -> Renewed:
        """Return what the script has put into other words."""
        return cls(e, v, t, bool(again))


class Attended(NamedTuple):
    """Who is there was taken in, and the list is at version ``v`` of epoch ``e``."""

    e: int
    v: int


class Unknown(NamedTuple):
    """What the process has told before is lost; nothing was taken in, and it has to tell everything anew."""


class Gone(NamedTuple):
    """There is no collection."""


class Failed(NamedTuple):
    """Redis refused the step, which changed nothing; what other program keeps under this key may be the reason."""

    error: Exception


Step: TypeAlias = 'Submit | Relay | Take | Snapshot | Renew | Attend'
Outcome: TypeAlias = (
    'Applied | Acknowledged | Counted | Refused | Possible | NotTaken | Unexpected | Outdated | Relayed | Kept | Told '
    '| Renewed | Attended | Unknown | Gone | Failed'
)


def trial_of(step: Step) -> Step:
    """Return the step that finds out what would come of ``step``, where there is one; else ``step`` itself."""
    return step._replace(is_trial=True) if isinstance(step, Submit) else step
