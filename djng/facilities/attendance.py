"""The facility at which browsers hear who is at another one."""

from __future__ import annotations

from typing import Any

from djng.facilities.facility import Facility


class Attendance(Facility):
    """The list of who is at another facility: heard by all who may hear that one, and written by djng alone."""

    expire = 0

    def __init__(self, name: str, /, attended: Facility) -> None:
        super().__init__(name)
        #: The other one.
        self.attended = attended

    def may_subscribe(self, request: Any) -> Any:
        """Whether the visitor may hear what is said there."""
        return self.attended.may_subscribe(request)

    def may_publish(self, request: Any) -> Any:
        """Nobody may."""
        return False
