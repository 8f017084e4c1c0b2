"""What may happen to a collection in Redis, and what may come of it.

Each *step* is one run of the script, atomic for its channel. ``channel`` is the key in Redis, such as
``broadcast:foobar``; ``label`` is what browsers call it, such as ``broadcast``. ``least_epoch`` and ``least_version``
are the latest position that the caller has seen there: where Redis has fallen back behind it, or has lost everything,
the collection goes on in a later epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
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

    It is published on the channel as a frame that ends with ``"$$djng":{"c":…,"e":…,"v":…}}``.
    """

    channel: str | bytes
    label: str
    change: Change
    #: The author's public name, and the number that the author gave the change: one that was applied is not again.
    author: str | None = None
    s: int | None = None
    #: Whether it counts only while the collection is new (version 0).
    seed: bool = False
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

    @classmethod
    def read(cls, payload: bytes) -> Kept:
        """Read what a :class:`Snapshot` published, its token apart."""
        head, has_text, text = payload.partition(b'=')
        e, v, kind, n, t = head.split(b' ')
        return cls.of(int(e), int(v), kind, int(n), int(t), text if has_text else None)

    @classmethod
    def of(cls, e: int, v: int, kind: bytes, n: int, t: int, text: bytes | None) -> Kept:
        """Return what the script has put into other words."""
        kinds: dict[bytes, Kind] = {b'object': 'object', b'array': 'array'}
        if e and text is not None:
            text = text.strip(b' \t\n\r')  # what a plain socket left stays as it said it
        return cls(e, v, kinds.get(kind), n, t, text)


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


class Gone(NamedTuple):
    """There is no collection."""


class Failed(NamedTuple):
    """Redis refused the step, which changed nothing; what other program keeps under this key may be the reason."""

    error: Exception


Step: TypeAlias = 'Submit | Relay | Take | Snapshot | Renew'
Outcome: TypeAlias = (
    'Applied | Acknowledged | Counted | Refused | Possible | NotTaken | Unexpected | Relayed | Kept | Told | Renewed '
    '| Gone | Failed'
)


def trial_of(step: Step) -> Step:
    """Return the step that finds out what would come of ``step``, where there is one; else ``step`` itself."""
    return step._replace(is_trial=True) if isinstance(step, Submit) else step
