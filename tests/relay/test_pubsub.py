"""The Redis connection that a project's own subscriber is handed."""

from __future__ import annotations

from djng.relay.pubsub import unmistakable


def test_nothing_passes_for_a_frame() -> None:
    """A message that ends as the script's frames do has a space behind it; any other stays as it is."""
    assert unmistakable(b'{"$$djng":{"c":"broadcast","e":1,"v":1}}') == b'{"$$djng":{"c":"broadcast","e":1,"v":1}} '
    for message in (b'{"a":1}', b'\xff', b'{"$$djng":{"s":1}}'):
        assert unmistakable(message) == message
