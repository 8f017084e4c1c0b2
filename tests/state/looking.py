"""What Redis keeps of a collection, looked at in every way that must agree."""

from __future__ import annotations

import json
from typing import Any

import redis

from djng.state.keys import keys_of
from djng.state.merge import Collection, name_text

SPAN = 16


def decoded(collection: Collection) -> Any:
    """Return a collection of JSON texts as what they mean."""
    if isinstance(collection, list):
        return [json.loads(text) for text in collection]
    return {name: json.loads(text) for name, text in collection.items()}


def fields_of(client: redis.Redis, channel: str) -> dict[str, str]:
    """Return the texts in the hash of fields, by name or by index."""
    keys = keys_of(channel.encode())
    fields = {name.decode(): value.decode() for name, value in client.hgetall(keys.fields).items()}
    if client.hget(keys.meta, 'kind') == b'array':
        return fields
    return {json.loads(name): value.partition(' ')[2] for name, value in fields.items()}


def must_be(client: redis.Redis, channel: str, collection: Collection) -> None:
    """Fail unless K, fields, and what meta says of them are this collection, text by text."""
    keys = keys_of(channel.encode())
    text, meta = client.get(keys.channel), client.hgetall(keys.meta)
    assert json.loads(text) == decoded(collection)
    is_array = isinstance(collection, list)
    texts = {str(index): item for index, item in enumerate(collection)} if is_array else collection
    assert fields_of(client, channel) == texts
    number = {name: int(value) for name, value in meta.items() if name in (b'n', b'live', b'size', b'v', b'e')}
    assert (number[b'n'], number[b'size'], meta[b'stamp']) == (len(texts), len(text), text[:16])
    assert meta[b'kind'] == (b'array' if is_array else b'object')
    assert len(text) <= 2 * number[b'live'] + 1024
    # Every entry is where its block says, and between them is nothing but white space.
    entries = []
    rest = bytearray(text)
    count = -(-len(texts) // SPAN)
    assert {name for name in meta if name.isdigit()} == {b'%d' % block for block in range(count)}
    for block in range(count):
        at, room, used, *lengths = map(int, meta[b'%d' % block].split())
        assert sum(lengths) == used
        assert block == count - 1 or used <= room
        for length in lengths:
            entries.append(text[at : at + length])
            rest[at : at + length] = b' ' * length
            at += length
    assert bytes(rest).strip() in (b'[]', b'{}') if not texts else bytes(rest).split() in ([b'[', b']'], [b'{', b'}'])
    assert sum(map(len, entries)) == number[b'live']
    if is_array:
        assert [entry[1:].decode() for entry in entries] == collection
    else:
        order = sorted(texts, key=lambda name: int(client.hget(keys.fields, name_text(name)).split()[0]))
        assert [entry[1:].decode() for entry in entries] == [f'{name_text(name)}:{texts[name]}' for name in order]
    assert [entry[:1] for entry in entries] == [b' ', *[b','] * len(texts)][: len(texts)]
