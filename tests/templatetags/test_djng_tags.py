"""The template tags: what reaches AngularJS, and what a real JavaScript engine makes of the configuration."""

import json
import re
import subprocess
import types

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Engine, RequestContext, TemplateSyntaxError, engines
from django.test import RequestFactory
from django.utils import translation

LIBRARIES = {'djng_tags': 'djng.templatetags.djng_tags'}


def render(source, context=None, **options):
    """Return a template with djng's tags, rendered without a request."""
    engine = Engine(libraries=LIBRARIES | {'i18n': 'django.templatetags.i18n'}, **options)
    return engine.from_string('{% load djng_tags i18n %}' + source).render(Context(context or {}))


def angularjs(inner, context=None, **options):
    """Return what ``{% angularjs %}`` makes of a template."""
    return render('{% angularjs %}' + inner + '{% endangularjs %}', context, **options)


@pytest.mark.parametrize(
    'expression',
    [
        '{{ name }}',
        '{{ total | currency:"EUR" : 2 }}',
        '{{ $index + 1 }}',
        '{{ ::vm.title }}',
        '{{ {a: 1} }}',
        "{{ ok ? 'yes' : 'no' }}",
        "{{ items | orderBy:'-name' | limitTo:3 }}",
        '{{ $root.x["a b"] <= 3 && !done }}',
        '{{ }}',
        '{{\n  spread\n  over\n}}',
    ],
)
@pytest.mark.parametrize('debug', [True, False])
def test_angularjs_leaves_expressions(expression, debug):
    """Expressions and filters of AngularJS come out as they were written, valid for Django or not."""
    out = angularjs(f'<b>{expression}</b>', {'name': 'Django'}, debug=debug)
    assert re.sub(r'\s+', ' ', out) == re.sub(r'\s+', ' ', f'<b>{expression}</b>')


def test_angularjs_blanks_at_the_edge_are_normalized():
    """Django keeps no blanks at the edges of an expression; one each is written, which means the same."""
    assert angularjs('{{name}}{{   name   }}') == '{{ name }}{{ name }}'


def test_angularjs_ends_where_it_ends():
    """Before and after the block, and between two of them, {{ }} is Django's."""
    block = '{% angularjs %}{{ x }}{% endangularjs %}'
    assert render('{{ x }}' + block + '{{ x }}' + block + '{{ x }}', {'x': 1}) == '1{{ x }}1{{ x }}1'


def test_angularjs_tags_stay_django_s():
    """Loops, conditions and comments inside are Django's; what they repeat or drop holds expressions."""
    inner = '{% for n in ns %}{% if n > 1 %}<i id="{% firstof n %}">{{ n }}</i>{% endif %}{% endfor %}{# gone #}'
    assert angularjs(inner, {'ns': [1, 2, 3]}) == '<i id="2">{{ n }}</i><i id="3">{{ n }}</i>'


def test_angularjs_real_tags():
    """static, csrf_token and verbatim work inside, in the project's own engine."""
    source = (
        '{% load static djng_tags %}{% angularjs %}{% static "a.js" %}|{% csrf_token %}|'
        '{% verbatim %}{% if %}{{ v }}{% endverbatim %}|{{ a | b }}{% endangularjs %}'
    )
    out = engines['django'].from_string(source).render({}, RequestFactory().get('/'))
    static, csrf, rest = out.split('|', 2)
    assert static == '/static/a.js'
    assert 'csrfmiddlewaretoken' in csrf
    assert rest == '{% if %}{{ v }}|{{ a | b }}'


def test_angularjs_nested():
    """One block inside another ends with its own end tag."""
    inner = '{{ a }}{% if 1 %}{% angularjs %}{{ b|c d }}{% endangularjs %}{% endif %}{{ e }}'
    assert angularjs(inner) == '{{ a }}{{ b|c d }}{{ e }}'


def test_angularjs_blocks_of_a_parent():
    """A block inside keeps its default content; what a child puts there is the child's own."""
    loaders = [
        (
            'django.template.loaders.locmem.Loader',
            {
                'base': '{% load djng_tags %}{% angularjs %}{{ a|b c }}'
                '{% block x %}{{ d }}{% endblock %}{% endangularjs %}',
                'child': '{% extends "base" %}{% block x %}{{ d }}{% endblock %}',
            },
        )
    ]
    engine = Engine(libraries=LIBRARIES, loaders=loaders)
    assert engine.get_template('base').render(Context({'d': 1})) == '{{ a|b c }}{{ d }}'
    assert engine.get_template('child').render(Context({'d': 1})) == '{{ a|b c }}1'


def test_angularjs_translated_message(monkeypatch):
    """A message is looked up by the id that makemessages writes; its placeholders are AngularJS'."""
    catalog = {
        'Hello %(name)s of %(team)s, 100 %%': '%(team)s: hallo %(name)s, 100 %%',
        '%(count)s goal of %(x|y)s': '%(count)s Tor, %(x|y)s',
    }
    monkeypatch.setattr(translation, 'gettext', lambda text: catalog[text])
    monkeypatch.setattr(translation, 'ngettext', lambda one, many, count: catalog[one])
    inner = '{% blocktranslate with team=t %}Hello {{ name }} of {{ team }}, 100 %{% endblocktranslate %}{{ z }}'
    context = {'t': '<A>', 'name': "Django's", 'z': 'z'}
    assert angularjs(inner, context) == '&lt;A&gt;: hallo {{ name }}, 100 %{{ z }}'
    inner = (
        '{% if 1 %}{% blocktrans count count=n %}{{ count }} goal of {{ x|y }}{% plural %}'
        '{{ count }} goals of {{ x|y }}{% endblocktrans %}{% endif %}'
    )
    assert angularjs(inner, {'n': 1}) == '1 Tor, {{ x|y }}'


@pytest.mark.parametrize(
    ('source', 'said', 'line'),
    [
        ('\n{% angularjs %}\n{{ a | b c }}', "Unclosed tag on line 2: 'angularjs'", 2),
        ('{% angularjs %}\n{{ a }}\n{% nonsense %}\n{% endangularjs %}', "'nonsense'", 3),
        ('{% angularjs %}{{ a }}{% endangularjs %}\n\n{{ a | b c }}', 'filter', 3),
        ('{% angularjs on %}{% endangularjs %}', 'no arguments', 1),
        ('{% angularjs %}{% %}{% endangularjs %}', 'Empty block tag on line 1', 1),
    ],
)
def test_angularjs_errors(source, said, line):
    """Errors name the tag, and Django's error page shows the line where it stands."""
    with pytest.raises(TemplateSyntaxError, match=said) as caught:
        render(source, debug=True)
    assert caught.value.token.lineno == line


PROVIDER = """
const calls = [];
const provider = Object.fromEntries(
  ['setURI', 'setHeartbeat', 'setLogLevel'].map(name => [name, value => { calls.push([name, value]); }]));
const angular = {module: name => ({config: ([injected, configure]) => {
  calls.push(['module', name], ['inject', injected]);
  configure(provider);
}})};
"""


def configured(source, request=None, **context):
    """Return the calls that a rendered configuration makes, and its opening script tag."""
    template = engines['django'].from_string('{% load djng_tags %}' + source)
    out = template.render(context, request or RequestFactory().get('/'))
    tag, script = re.fullmatch(r'(<script[^>]*>)?(.*?)(?:</script>)?', out, re.DOTALL).groups()
    assert '<' not in script
    program = f'"use strict"; {PROVIDER} {script} console.log(JSON.stringify(calls))'
    done = subprocess.run(['node', '-e', program], capture_output=True, text=True, check=True)
    return tag, json.loads(done.stdout)


def test_config():
    """The module gets the URI and the heartbeat, by an annotated function, in a script element."""
    assert configured("{% djng_websocket_config 'myApp' %}") == (
        '<script>',
        [
            ['module', 'myApp'],
            ['inject', 'djangoWebsocketProvider'],
            ['setURI', 'ws://testserver/ws/'],
            ['setHeartbeat', '--heartbeat--'],
        ],
    )


def test_config_inside_a_script():
    """With script=False only JavaScript is written, for a script element of one's own."""
    tag, calls = configured("{% djng_websocket_config 'myApp' script=False nonce='n' %}")
    assert tag is None
    assert ['setURI', 'ws://testserver/ws/'] in calls


@pytest.mark.parametrize('loglevel', ['debug', 'log', 'warn', 'error'])
def test_config_loglevel(loglevel):
    """Each log level that the provider understands can be set."""
    _, calls = configured("{% djng_websocket_config 'myApp' loglevel=level %}", level=loglevel)
    assert calls[-1] == ['setLogLevel', loglevel]


def test_config_values_are_escaped(settings):
    """Whatever module and heartbeat hold arrives as it is, and never leaves the script."""
    hostile = '</script>"\'\\ \u2028 {{ 1 }} ünï'
    settings.WS4REDIS_HEARTBEAT = hostile
    _, calls = configured('{% djng_websocket_config module %}', module=hostile)
    assert calls[0] == ['module', hostile]
    assert calls[3] == ['setHeartbeat', hostile]


def test_config_inside_angularjs():
    """The tag works inside {% angularjs %} as well."""
    _, calls = configured("{% angularjs %}{% djng_websocket_config 'myApp' %}{% endangularjs %}")
    assert calls[0] == ['module', 'myApp']


class LazyNonce:
    """A nonce as Django and django-csp have it: false until somebody asked for its text."""

    asked = False

    def __bool__(self):
        return self.asked

    def __str__(self):
        self.asked = True
        return 'bm9uY2U='


@pytest.mark.parametrize('source', ['argument', 'context', 'request', 'none'])
def test_config_nonce(source):
    """The nonce is the argument, Django's csp_nonce, or django-csp's request.csp_nonce; it may be missing."""
    request = RequestFactory().get('/')
    argument = ''
    context = {}
    if source == 'argument':
        argument = 'nonce="bm9uY2U="'
        context['csp_nonce'] = 'another'
    elif source == 'context':
        context['csp_nonce'] = LazyNonce()
        request.csp_nonce = 'another'
    elif source == 'request':
        context['csp_nonce'] = None
        request.csp_nonce = LazyNonce()
    tag, _ = configured(f"{{% djng_websocket_config 'myApp' {argument} %}}", request, **context)
    assert tag == ('<script>' if source == 'none' else '<script nonce="bm9uY2U=">')


def test_config_nonce_is_escaped():
    """A nonce cannot leave its attribute."""
    tag, _ = configured("{% djng_websocket_config 'myApp' nonce=n %}", n='"><img>')
    assert tag == '<script nonce="&quot;&gt;&lt;img&gt;">'


def test_config_finds_the_request():
    """The request comes from the context, or from a RequestContext without the request processor."""
    engine = Engine(libraries=LIBRARIES)
    template = engine.from_string("{% load djng_tags %}{% djng_websocket_config 'myApp' %}")
    request = RequestFactory().get('/', secure=True)
    for context in Context({'request': request}), RequestContext(request):
        assert 'wss://testserver/ws/' in template.render(context)


def test_config_without_request():
    """Without a request the error says what to do."""
    with pytest.raises(ImproperlyConfigured, match=r'render\(request, …\)'):
        render("{% djng_websocket_config 'myApp' %}")


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        ('', "'module'"),
        ('missing', 'the name of your AngularJS module'),
        ("'myApp' loglevel='loud'", "no loglevel 'loud', only debug, log, warn, error"),
    ],
)
def test_config_errors(arguments, said):
    """A missing module or an unknown log level is a template error that says what is right."""
    with pytest.raises(TemplateSyntaxError, match=said):
        render(
            '{% djng_websocket_config ' + arguments + ' %}',
            {'request': types.SimpleNamespace(is_secure=bool, get_host=lambda: 'localhost')},
        )
