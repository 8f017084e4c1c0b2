"""What a collection was like right after an entry of its log."""

from __future__ import annotations

import json
from typing import Any

from djng.state.log import Entry, read_collection
from djng.state.merge import Change, Collection, apply, dump, kind_of
from djng.worker.share import Share, after, order


class Replica:
    """A collection that follows its log entry by entry; it is unknown where entries are missing."""

    def __init__(self) -> None:
        self.id = b'0-0'
        self._collection: Collection | None = None
        self._version = 0

    def __len__(self) -> int:
        return len(self._collection or ())

    @property
    def is_known(self) -> bool:
        """Whether it is what the collection was."""
        return self._collection is not None

    @property
    def text(self) -> str:
        """The collection as JSON."""
        assert self._collection is not None
        return dump(self._collection)

    def value(self) -> Any:
        """Return the collection, decoded anew: whoever gets it may do with it what he likes."""
        return json.loads(self.text)

    def follow(self, entry: Entry) -> list[Any]:
        """Become what the collection was right after ``entry``; return names, or indexes, that went by it."""
        known = self._collection if entry.v == self._version + 1 else None
        self.id, self._version = entry.id, entry.v
        if entry.text is not None:
            self._collection = read_collection(entry.text)
        elif known is not None:
            length = entry.length if entry.kind == 'array' else None
            self._collection = apply(known, Change(entry.kind, entry.set, entry.delete, length))
        else:
            self._collection = None
        if entry.kind == 'array':
            return [*range(entry.length, len(known))] if known is not None and kind_of(known) == 'array' else []
        return list(entry.delete)

    def catch_up(self, share: Share, id: bytes) -> None:
        """Become what the collection was right after the entry ``id``, if the log still tells."""
        if self.id == id:
            return
        if order(self.id) > order(id) or not self.is_known:
            self._go_back(share, id)
        while order(self.id) < order(id):
            entries = share.entries(after(self.id), id)
            for entry in entries:
                self.follow(entry)
            if not entries:
                break

    def _go_back(self, share: Share, id: bytes) -> None:
        self.id, self._collection = id, None
        for entry in share.backwards(id):
            if entry.text is not None:
                self.follow(entry)
                return
