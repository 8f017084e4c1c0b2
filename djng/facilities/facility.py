"""What a facility is to who opens a socket to it: the class that projects derive theirs from."""

from __future__ import annotations

from typing import Any

from djng.edit import Author, Edit


class Facility:
    """What a facility is to who opens a socket to it; one is made for each socket.

    The methods are called when the socket is opened. They may use the database, and raise
    :exc:`~django.core.exceptions.PermissionDenied` with a reason, or :exc:`~django.http.Http404`.
    """

    #: Properties that the visitor is told of: an iterable of names, a method that is given the request and returns one,
    #: or None for all. Where it is not None arrays are not told at all, and a plain socket is not opened.
    readable: Any = None
    #: Properties that the visitor may set and delete, likewise; None for all that are readable. A plain socket, which
    #: says a whole at a time, may not publish where it is not None.
    writable: Any = None
    #: Properties of the collection at the most, items of an array; None for as many as somebody writes.
    max_properties: int | None = None
    #: Bytes of the collection at the most, as JSON without white space; None for any number.
    max_size: int | None = None
    #: Changes a second that one socket makes in the long run, as many more at once; the others wait in the browser.
    rate: float | None = None
    #: Seconds that the collection outlives the last browser; None for ``WS4REDIS_EXPIRE``.
    expire: int | None = None

    #: Whether there is a list of who is here, which all who may hear the facility may hear, too (:doc:`presence`); True
    #: for users by their names, or a method that is given the request and returns what others see of the visitor: a
    #: dict, or None for nobody.
    presence: Any = False

    #: A Django form that the collection must satisfy; a browser's change is cleaned by it before anybody hears of it.
    form_class: Any = None
    #: Whether what does not satisfy the form is kept all the same, as a draft that all share.
    draft = False

    def __init__(self, name: str, /, **kwargs: Any) -> None:
        #: The part of the socket's address behind ``WEBSOCKET_URL``.
        self.name = name
        #: What the pattern's converters have made of it.
        self.kwargs = kwargs

    def may_subscribe(self, request: Any) -> Any:
        """Whether the visitor may hear what is said here; ``request`` has its ``user`` and its ``session``."""
        return True

    def may_publish(self, request: Any) -> Any:
        """Whether the visitor may change the collection; by default whoever may hear it."""
        return self.may_subscribe(request)

    def prepare(self) -> None:
        """Have the collection ready for a visitor who is let in, before anything of it is heard.

        It may use the database, and refuse the visitor after all, as :meth:`may_subscribe` does.
        """

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return arguments for ``form_class``, such as ``instance``; ``data`` is added."""
        return {}

    def get_form(self, data: dict[str, Any]) -> Any:
        """Return the form, bound to ``data``: the collection as it would be."""
        return self.form_class(**{**self.get_form_kwargs(), 'data': data})

    def before_change(self, author: Author, change: Edit) -> None:
        """Look at a browser's change before it is made, cleaned by the form; it may be altered.

        Raise :exc:`~django.core.exceptions.ValidationError` or
        :exc:`~django.core.exceptions.PermissionDenied` to refuse it. It is called again where somebody else was first
        to change the collection, so it should do nothing else.
        """

    def after_change(self, author: Author, change: Edit) -> None:
        """Hear that a browser's change was made; at most once, in the process that made it."""

    @classmethod
    def examines(cls) -> bool:
        """Whether browsers' changes are looked at before they are made."""
        hooks = ('before_change', 'after_change')
        return cls.form_class is not None or any(getattr(cls, name) is not getattr(Facility, name) for name in hooks)

    @classmethod
    def registered(cls) -> None:
        """Hear that the class was registered; raise :exc:`ImproperlyConfigured` for mistakes."""
