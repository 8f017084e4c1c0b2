"""The tag that writes a collection into the page: what a browser's parser and JSON make of it."""

from __future__ import annotations

import json
import logging
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.template import TemplateSyntaxError, engines

from djng.collection import Collection
from djng.speaking import shared_client
from tests.servers import Redis


class Page(HTMLParser):
    """Collects the elements of a page: attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Begin an element."""
        self.elements.append((tag, dict(attrs), ''))

    def handle_data(self, data: str) -> None:
        """Add to the text of the element."""
        tag, attributes, text = self.elements[-1]
        self.elements[-1] = tag, attributes, text + data


def render(source: str, **context: Any) -> str:
    """Return what a template makes."""
    return engines['django'].from_string('{% load djng_tags %}' + source).render(context)


def found(html: str) -> tuple[dict[str, str | None], Any]:
    """Return the attributes of the one element that there is, and what its JSON says."""
    [(tag, attributes, text)] = Page(html).elements
    assert (tag, attributes['type']) == ('script', 'application/json')
    return attributes, json.loads(text)


def test_object(spoken_to: Redis) -> None:
    """The properties with audience, epoch and version; for everybody, if nothing else is said."""
    scores = Collection('scores', broadcast=True)
    scores.update(home=1, away=2.50)
    moment = scores.snapshot()
    html = render("{% djng_collection 'scores' %}")
    attributes, said = found(html)
    assert (attributes['id'], attributes['data-djng-facility']) == ('djng-collection-scores', 'scores')
    assert said == {'c': 'broadcast', 'e': moment.epoch, 'v': 1, 'value': {'home': 1, 'away': 2.5}}


def test_array(spoken_to: Redis) -> None:
    """The items of an array; a collection from the view, or a variable with its facility."""
    chat = Collection('chat', broadcast=True, kind=list)
    chat.extend(['a', {'b': None}])
    said = found(render('{% djng_collection chat %}', chat=chat))[1]
    assert said['items'] == ['a', {'b': None}]
    assert found(render('{% djng_collection name broadcast=True %}', name='chat'))[1] == said
    assert 'items' in render('{% djng_collection chat as html %}<!-- {{ html }} -->', chat=chat)


def test_nothing_yet(spoken_to: Redis) -> None:
    """Where nothing was ever kept, there is neither; an emptied collection has its kind."""
    assert found(render("{% djng_collection 'scores' %}"))[1] == {'c': 'broadcast', 'e': 0, 'v': 0}
    assert spoken_to.client.keys() == []
    scores = Collection('scores', broadcast=True)
    scores['home'] = 1
    scores.clear()
    said = found(render("{% djng_collection 'scores' %}"))[1]
    assert (said['v'], said['value']) == (2, {})


def test_what_ws4redis_keeps(spoken_to: Redis) -> None:
    """What a plain publisher has left there is shown, too, under version 0."""
    spoken_to.client.set('broadcast:scores', '{"home": 1}')
    assert found(render("{% djng_collection 'scores' %}"))[1] == {
        'c': 'broadcast',
        'e': 0,
        'v': 0,
        'value': {'home': 1},
    }


@pytest.mark.parametrize(
    'text', ['</script><script>alert(1)</script>', '<!--<script>', ']]>&amp;"\'', '\ud800', 'a\u2028b', '{{ 1 + 1 }}']
)
def test_nothing_breaks_out(spoken_to: Redis, text: str) -> None:
    """Neither names, values, facility nor group end the element, or are run."""
    collection = Collection('a"><b', groups='</script>{{ 1 }}')
    collection[text] = [text]
    html = render('{% djng_collection it %}', it=collection)
    html.encode()
    attributes, said = found(html)
    assert attributes['data-djng-facility'] == 'a"><b'
    assert 'ng-non-bindable' in attributes
    assert said['value'] == {text: [text]}
    assert html.count('<') == 2


def test_audiences(spoken_to: Redis) -> None:
    """A user's, a group's and a session's own collection; nothing for nobody."""
    mary = User(username='mary')
    Collection('inbox', users=mary)['unread'] = 3
    attributes, said = found(render("{% djng_collection 'inbox' users=user %}", user=mary))
    assert (attributes['id'], said['c'], said['value']) == ('djng-collection-inbox-user', 'user', {'unread': 3})
    assert found(render("{% djng_collection 'inbox' groups='chess' %}"))[1]['c'] == 'group:chess'
    assert found(render("{% djng_collection 'inbox' sessions='k3y' %}"))[1]['c'] == 'session'
    assert render("{% djng_collection 'inbox' users=user %}", user=AnonymousUser()) == ''


def test_mistakes(spoken_to: Redis) -> None:
    """What is no collection is refused, with how to write it."""
    for source in ('{% djng_collection missing %}', "{% djng_collection it users='mary' %}"):
        with pytest.raises(TemplateSyntaxError, match='needs a facility'):
            render(source, it=Collection('f', broadcast=True))
    with pytest.raises(ValueError, match='one audience'):
        render("{% djng_collection 'f' broadcast=True users='mary' %}")


def test_without_redis(spoken_to: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Where Redis cannot be reached the page comes without it, and the log says so."""
    monkeypatch.setattr('ws4redis.settings.WS4REDIS_CONNECTION', {'host': '127.0.0.1', 'port': 1})
    shared_client.cache_clear()
    with caplog.at_level(logging.WARNING, 'djng'):
        assert render("{% djng_collection 'scores' %}<p>") == '<p>'
    assert 'Could not write a collection into the page' in caplog.text
