"""What a page says of a collection before its socket is open."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from djng.collection.base import Live
from djng.collection.values import texts_of
from djng.state.merge import dump, name_text

#: What would end the element, or begin another, as JSON writes it, too.
_ESCAPES = {ord('<'): '\\u003C', ord('>'): '\\u003E', ord('&'): '\\u0026'}


def element(collection: Live[Any]) -> SafeString:
    """Return an element of JSON with what ``collection`` is now, and its position; blocks.

    It is found by its facility in ``data-djng-facility``, and by the audience ``c`` inside. The properties are in
    ``value``, or the items in ``items``, each as its author wrote it; neither is there where nothing was ever kept.
    """
    channel = collection._channel
    kept = channel.read()
    texts = texts_of(kept)
    about = f'"c":{name_text(channel.label)},"e":{kept.e},"v":{kept.v}'
    if texts or kept.kind:
        about += f',"{"items" if isinstance(texts, list) else "value"}":{dump(texts)}'
    name = channel.facility if channel.label == 'broadcast' else f'{channel.facility}-{channel.label}'
    # ng-non-bindable, because AngularJS would run an expression in a facility's name.
    return format_html(
        '<script type="application/json" id="djng-collection-{}" data-djng-facility="{}" ng-non-bindable>'
        '{{{}}}</script>',
        name,
        channel.facility,
        mark_safe(_carried(about).translate(_ESCAPES)),  # noqa: S308 no character is left that HTML would see
    )


def _carried(text: str) -> str:
    # A lone surrogate, which no page can carry, becomes the escape that JSON has for it.
    return text.encode('utf-8', 'backslashreplace').decode()
