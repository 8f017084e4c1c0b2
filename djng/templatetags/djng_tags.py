"""Template tags for pages that AngularJS takes over."""

import logging
from typing import Any, cast

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.template.base import Node, NodeList, Parser, Token, TokenType
from django.template.context import Context
from django.templatetags.i18n import BlockTranslateNode
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from djng.context_processors import heartbeat, javascript, websocket_uri

#: What ``djangoWebsocketProvider.setLogLevel`` understands.
LOG_LEVELS = ('debug', 'log', 'warn', 'error')

logger = logging.getLogger('djng')

register = template.Library()


@register.tag
def angularjs(parser: Parser, token: Token) -> Node:
    """Leave ``{{ }}`` up to ``{% endangularjs %}`` to AngularJS; ``{% %}`` and ``{# #}`` stay Django's."""
    if len(token.split_contents()) > 1:
        raise template.TemplateSyntaxError("'angularjs' takes no arguments.")
    leave_expressions(cast('list[Token]', parser.tokens))
    nodelist = parser.parse(('endangularjs',))
    parser.delete_first_token()
    for node in nodelist.get_nodes_by_type(BlockTranslateNode):
        leave_placeholders(cast(BlockTranslateNode, node))
    return AngularJSNode(nodelist)


class AngularJSNode(Node):
    """What stands between ``{% angularjs %}`` and ``{% endangularjs %}``."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        """Render what is Django's inside."""
        return self.nodelist.render(context)


def leave_expressions(tokens: list[Token]) -> None:
    """Turn ``{{ }}`` into text, up to the ``{% endangularjs %}`` that belongs to a tag just read.

    ``tokens`` are a parser's: the next one is the last. This happens before they are parsed, because
    AngularJS' expressions and filters are no valid ones of Django. Those inside ``{% blocktranslate %}``
    stay, as the message's placeholders.
    """
    depth = 1
    in_message = False
    for token in reversed(tokens):
        if token.token_type == TokenType.BLOCK:
            name = next(iter(token.contents.split()), '')
            depth += {'angularjs': 1, 'endangularjs': -1}.get(name, 0)
            if not depth:
                return
            if name.removeprefix('end') in ('blocktranslate', 'blocktrans'):
                in_message = not name.startswith('end')
        elif token.token_type == TokenType.VAR and not in_message:
            token.token_type = TokenType.TEXT
            token.contents = expression(token.contents)


def leave_placeholders(message: BlockTranslateNode) -> None:
    """Let a message's placeholders come out as ``{{ }}``, save those that its tag binds itself."""
    bound: dict[str, Any] = message.extra_context
    for part in [*message.singular, *(message.plural or ())]:
        if part.token_type == TokenType.VAR and part.contents != message.countervar:
            bound.setdefault(part.contents, Placeholder(part.contents))


class Placeholder:
    """A value in a message's context that is an expression of AngularJS."""

    def __init__(self, contents: str) -> None:
        self.contents = contents

    def resolve(self, context: Context) -> SafeString:
        """Return the expression in its curly brackets, which is what the template's author wrote."""
        return mark_safe(expression(self.contents))  # noqa: S308


def expression(contents: str) -> str:
    """Return an expression in curly brackets, as AngularJS reads it."""
    return '{{ ' + contents + ' }}'


@register.simple_tag(takes_context=True)
def djng_websocket_config(
    context: Context,
    module: str,
    *,
    loglevel: str | None = None,
    nonce: str | None = None,
    script: bool = True,
) -> SafeString:
    """Write the configuration of the AngularJS module named ``module``.

    With ``script=False`` the ``<script>`` element is left out, to be used inside one. The nonce is the one
    given, Django's (``csp_nonce`` in the context), or django-csp's (``request.csp_nonce``).
    """
    request: HttpRequest | None = context.get('request') or getattr(context, 'request', None)
    if request is None:
        raise ImproperlyConfigured(
            '{% djng_websocket_config %} needs the request to know the host. Render the template with '
            "render(request, …), or put 'request' into its context."
        )
    config = websocket_config(request, module, loglevel)
    if not script:
        return config
    for found in (nonce, context.get('csp_nonce'), getattr(request, 'csp_nonce', None)):
        # Compared with None, because a lazy nonce is false until somebody has asked for its text.
        if found is not None and str(found):
            return format_html('<script nonce="{}">\n{}</script>', str(found), config)
    return format_html('<script>\n{}</script>', config)


def websocket_config(request: HttpRequest, module: str, loglevel: str | None = None) -> SafeString:
    """Return JavaScript that tells ``module`` where the WebSockets are; safe inside ``<script>``."""
    if not module or not isinstance(module, str):
        raise template.TemplateSyntaxError(
            "'djng_websocket_config' needs the name of your AngularJS module: {% djng_websocket_config 'myApp' %}."
        )
    calls = [f'setURI({javascript(websocket_uri(request))})', f'setHeartbeat({heartbeat()})']
    if loglevel is not None:
        if loglevel not in LOG_LEVELS:
            raise template.TemplateSyntaxError(
                f"'djng_websocket_config' knows no loglevel {loglevel!r}, only {', '.join(LOG_LEVELS)}."
            )
        calls.append(f'setLogLevel({javascript(loglevel)})')
    lines = ''.join(f'    djangoWebsocketProvider.{call};\n' for call in calls)
    return mark_safe(  # noqa: S308 - all values are literals made by javascript()
        f'angular.module({javascript(module)}).config(\n'
        f"  ['djangoWebsocketProvider', function(djangoWebsocketProvider) {{\n{lines}  }}]);\n"
    )


@register.simple_tag
def djng_collection(collection: Any, **audience: Any) -> SafeString:
    """Write what a collection holds now, so that the page shows it before its socket is open.

    ``collection`` is the facility's name, with an audience as :class:`djng.collection.Collection` takes it, which is
    everybody by default; or a collection that the view has put into the context. The tag asks for no rights: who may
    see the page sees this. For an audience that is nobody, and without Redis, nothing is written; the socket will tell.
    """
    # Not before it is needed: the other tags work without ws4redis, too.
    from redis.exceptions import RedisError

    from djng.collection import Collection, DictCollection, ListCollection
    from djng.collection.channel import Nobody
    from djng.collection.page import element

    try:
        if isinstance(collection, (DictCollection, ListCollection)) and not audience:
            return element(collection)
        if isinstance(collection, str) and collection:
            return element(Collection(collection, **(audience or {'broadcast': True})))
    except Nobody:
        return SafeString()
    except (RedisError, OSError) as error:
        logger.warning('Could not write a collection into the page: %s', error)
        return SafeString()
    raise template.TemplateSyntaxError(
        "'djng_collection' needs a facility and its audience, or a collection: {% djng_collection 'foobar' %}."
    )
