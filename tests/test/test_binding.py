"""A simulated browser does what one does: it shows, it is typed into, it is told what is wrong, it comes back."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError

from djng import facilities
from djng.collection import Collection
from djng.test import Browsers


def test_two_show_the_same(browsers: Browsers) -> None:
    """What is typed into one browser is in the other, and in the collection."""
    mary, paul = browsers.bind('scores'), browsers.bind('scores')
    mary['home'] = 1
    paul['away'] = 2
    browsers.assert_converged()
    assert mary == paul == {'home': 1, 'away': 2}
    assert dict(Collection('scores', broadcast=True)) == {'home': 1, 'away': 2}
    assert (mary.pending, mary.version, mary.errors) == (0, 2, {})


def test_what_there_is_is_shown_at_once(browsers: Browsers) -> None:
    """Who is bound shows what the collection has, without a wait."""
    Collection('scores', broadcast=True).update(home=3)
    assert browsers.bind('scores')['home'] == 3


def test_as_a_dict(browsers: Browsers) -> None:
    """An object is read and edited as a dict."""
    mary = browsers.bind('scores')
    mary.update(home=1, away=2, gone=None)
    del mary['gone']
    assert mary.pop('away') == 2
    assert mary.setdefault('teams', ['a', 'b']) == ['a', 'b']
    assert list(mary) == ['home', 'teams']
    assert len(mary) == 2
    with pytest.raises(KeyError):
        mary['gone']
    mary.clear()
    mary['home'] = 5
    browsers.assert_converged()
    assert browsers.bind('scores') == mary == {'home': 5}


def test_as_a_list(browsers: Browsers) -> None:
    """An array is read and edited as a list; what two append at once is there twice."""
    mary, paul = browsers.bind('chat', kind=list), browsers.bind('chat', kind=list)
    mary.append('a')
    paul.extend(['b', 'c'])
    browsers.assert_converged()
    assert mary == paul
    assert sorted(mary) == ['a', 'b', 'c']
    mary[0] = 'x'
    mary.insert(0, 'first')
    browsers.assert_converged()
    assert paul[:2] == ['first', 'x']
    del paul[1:]
    browsers.assert_converged()
    assert mary == ['first']
    assert list(Collection('chat', broadcast=True, kind=list)) == ['first']
    mary.clear()
    browsers.assert_converged()
    assert paul == []
    assert len(paul) == 0


def test_one_digest(browsers: Browsers) -> None:
    """What is edited within a block, also inside of values, is one change; a block that raises edits nothing."""
    mary = browsers.bind('scores', initial={'address': {'city': 'Rome'}, 'home': 1})
    browsers.assert_converged()
    before = mary.version
    with mary.edit() as scope:
        scope['address']['city'] = 'Paris'
        scope['home'] = 2
        del scope['home']
    browsers.assert_converged()
    assert mary.version == (before or 0) + 1
    assert Collection('scores', broadcast=True)['address'] == {'city': 'Paris'}
    with pytest.raises(ZeroDivisionError), mary.edit() as scope:
        scope['home'] = 1 / 0
    assert mary.value == {'address': {'city': 'Paris'}}


def test_numbers_stay_as_they_were_written(browsers: Browsers) -> None:
    """An edit of one property says nothing of another, whose text Python would write in another way."""
    mary = browsers.bind('scores')
    with mary.lock:
        mary.browser.scope['home'] = '1.50'
        mary.browser.digest()
    mary['away'] = 2
    browsers.assert_converged()
    paul = browsers.bind('scores')
    paul['away'] = 3
    browsers.assert_converged()
    assert mary.browser.scope['home'] == '1.50'


def test_what_cannot_be_said(browsers: Browsers) -> None:
    """What JSON has no word for is an error at once."""
    mary = browsers.bind('scores')
    wrong = ('home', float('nan'), ValueError), ('home', object(), TypeError), ('$$x', 1, ValueError)
    for name, value, error in wrong:
        with pytest.raises(error):
            mary[name] = value
    assert mary == {}


def test_the_other_kind(browsers: Browsers) -> None:
    """Who is bound to an array as to an object is told so."""
    Collection('chat', broadcast=True, kind=list).append('a')
    with pytest.raises(TypeError, match=r"'chat' is a list now, as browser 1 shows it: bind\(…, kind=list\)"):
        browsers.bind('chat')['a']
    with pytest.raises(TypeError, match='a collection is a dict or a list'):
        browsers.bind('chat', kind=set)  # type: ignore[call-overload]


def test_a_seed(browsers: Browsers) -> None:
    """What the page's scope has before is given to a collection that is new, and to no other."""
    mary = browsers.bind('scores', initial={'home': 0})
    browsers.assert_converged()
    assert Collection('scores', broadcast=True)['home'] == 0
    paul = browsers.bind('scores', initial={'home': 5})
    browsers.assert_converged()
    assert mary['home'] == paul['home'] == 0
    assert browsers.bind('chat', initial=['a']) == ['a']
    for kind, initial in ((list, {'home': 1}), (dict, ['a'])):
        with pytest.raises(TypeError, match='does not begin with'):
            browsers.bind('chat', kind=kind, initial=initial)  # type: ignore[call-overload]


def test_a_lost_network(browsers: Browsers) -> None:
    """What is edited while the network is lost is there when it is back, over what others have done meanwhile."""
    mary, paul = browsers.bind('scores'), browsers.bind('scores')
    mary.update(home=1, away=1)
    browsers.assert_converged()
    paul.cut()
    assert paul.status == 'waiting'
    paul['away'] = 2
    mary.update(home=3, away=3)
    browsers.assert_converged(mary)
    assert paul == {'home': 1, 'away': 2}
    assert paul.pending == 1
    paul.heal()
    browsers.assert_converged()
    assert mary == paul == {'home': 3, 'away': 2}
    assert paul.status == 'open'
    paul.heal()
    with paul.cut():
        paul['away'] = 4
        assert paul.pending == 1
    browsers.assert_converged()
    assert mary['away'] == 4


def test_in_flight_when_it_is_lost(browsers: Browsers) -> None:
    """A change that was in flight arrives once, however often the socket is lost."""
    mary, paul = browsers.bind('chat', kind=list), browsers.bind('chat', kind=list)
    for number in range(20):
        mary.append(number)
        mary.cut()
        mary.heal()
    browsers.assert_converged()
    assert mary == paul == list(range(20))


def test_one_that_is_turned_out_comes_back(browsers: Browsers) -> None:
    """A socket that the server closes is opened again by itself, and its rights are decided anew."""
    mary = browsers.bind('scores')
    facilities.revoke('scores')
    browsers.wait_until(lambda: mary.reason and mary.status == 'open', 'mary to come back')
    assert mary.reason == (1012, 'rights have changed')
    mary['home'] = 1
    browsers.assert_converged()


def test_unbind(browsers: Browsers) -> None:
    """Who leaves says what is unsaid, and counts no more."""
    mary, paul = browsers.bind('scores'), browsers.bind('scores')
    mary['home'] = 1
    mary['away'] = 2
    mary.unbind()
    assert mary.status == 'closed'
    browsers.assert_converged()
    assert paul == {'home': 1, 'away': 2}
    with pytest.raises(RuntimeError, match='browser 1 is unbound'):
        mary.heal()


class ScoreForm(forms.Form):
    """Two numbers, of which both cannot be odd."""

    home = forms.IntegerField(max_value=99)
    away = forms.IntegerField(max_value=99, required=False)

    def clean(self) -> Any:
        """Refuse odd ones."""
        if all(isinstance(value, int) and value % 2 for value in self.cleaned_data.values()):
            raise ValidationError('Both are odd.')


def test_errors(browsers: Browsers, registry: facilities.Registry) -> None:
    """What a form refuses shows the server's word again, with the reasons until it is edited anew."""

    @registry.register('scores')
    class Scores(facilities.Facility):
        form_class = ScoreForm

    mary, paul = browsers.bind('scores'), browsers.bind('scores')
    mary['home'] = 2
    browsers.assert_converged()
    mary['home'] = 100
    browsers.assert_converged()
    assert mary == paul == {'home': 2}
    assert mary.errors == {'home': ['Ensure this value is less than or equal to 99.']}
    mary.update(home='3', away=' 5')
    browsers.assert_converged()
    assert mary.errors == {'': ['Both are odd.']}
    mary['home'] = '4'
    browsers.assert_converged()
    assert mary.errors == {}
    assert paul.errors == {}
    assert paul['home'] == 4


def test_what_a_draft_is_told(browsers: Browsers, registry: facilities.Registry) -> None:
    """A draft is kept, and its author told what is wrong."""

    @registry.register('scores')
    class Scores(facilities.Facility):
        form_class = ScoreForm
        draft = True

    mary, paul = browsers.bind('scores'), browsers.bind('scores')
    mary['home'] = 100
    browsers.assert_converged()
    assert paul['home'] == 100
    assert mary.errors == {'home': ['Ensure this value is less than or equal to 99.']}
    mary['home'] = 99
    browsers.assert_converged()
    assert mary.errors == {}
