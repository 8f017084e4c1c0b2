"""What a project has set wrongly; ``docs/checks.rst`` explains each id."""

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.management import get_commands, load_command_class
from django.utils.module_loading import import_string

from djng.conf import websocket_url

RUNNER = 'djng.django_runserver.application'
#: The name in ws4redis' instructions, which ``djng.apps`` makes resolvable.
RUNNER_OF_WS4REDIS = 'ws4redis.django_runserver.application'
CONTEXT_PROCESSORS = ('djng.context_processors.default', 'ws4redis.context_processors.default')
SCRIPT = 'djng/js/django-angular.js'
#: Seconds that Redis has to answer a check.
PATIENCE = 1.0
#: ws4redis' settings that name a function or a class.
HOOKS = ('WS4REDIS_SUBSCRIBER', 'WS4REDIS_ALLOWED_CHANNELS', 'WS4REDIS_PROCESS_REQUEST')

AppConfigs = Sequence[AppConfig] | None


@register('djng')
def check_apps(app_configs: AppConfigs, **kwargs: Any) -> Iterator[CheckMessage]:
    """Both apps and staticfiles are installed, and no other distribution owns djng's import name."""
    if not apps.is_installed('ws4redis'):
        yield Error(
            "'ws4redis' is not in INSTALLED_APPS, so nobody learns which groups a user is in.",
            hint="Add 'ws4redis' to INSTALLED_APPS, beside 'djng'.",
            id='djng.E001',
        )
    if not apps.is_installed('djng'):
        yield Error(
            "'djng' is used, but not in INSTALLED_APPS: its JavaScript and template tags are not found.",
            hint="Add 'djng' to INSTALLED_APPS, beside 'ws4redis'.",
            id='djng.E002',
        )
    if is_distributed('django-angular'):
        yield Error(
            "The distribution 'django-angular' is installed; it owns the import name 'djng', too.",
            hint="Run 'pip uninstall django-angular', then 'pip install --force-reinstall djng', "
            'because files of both lie in one folder.',
            id='djng.E006',
        )
    if not apps.is_installed('django.contrib.staticfiles'):
        yield Warning(
            "'django.contrib.staticfiles' is not in INSTALLED_APPS, so {% static %} does not find djng's JavaScript.",
            hint="Add 'django.contrib.staticfiles' to INSTALLED_APPS; or serve the folder static/ of the "
            "package 'djng' yourself, and silence this check.",
            id='djng.W001',
        )


@register('djng')
def check_websocket_url(app_configs: AppConfigs, **kwargs: Any) -> Iterator[CheckMessage]:
    """WEBSOCKET_URL is a path between slashes."""
    url = websocket_url()
    if not (isinstance(url, str) and len(url) > 1 and url.startswith('/') and url.endswith('/')):
        yield Error(
            f'WEBSOCKET_URL is {url!r}, but it must be a path that starts and ends with a slash.',
            hint="Write WEBSOCKET_URL = '/ws/' in your settings.",
            id='djng.E003',
        )


@register('djng')
def check_hooks(app_configs: AppConfigs, **kwargs: Any) -> Iterator[CheckMessage]:
    """What the WS4REDIS_* settings name can be imported and called."""
    for name in HOOKS:
        hook = getattr(settings, name, None)
        if hook is None:
            continue
        try:
            found = import_string(hook) if isinstance(hook, str) else hook
            # ws4redis takes a function for the other two, but for this one only its name.
            if name == 'WS4REDIS_SUBSCRIBER' and found is hook:
                found = None
        except Exception as reason:  # a module may fail in any way when it is imported
            fault = f'cannot be imported: {type(reason).__name__}: {reason}'
        else:
            if callable(found):
                continue
            fault = 'is not the name of something that can be called'
        yield Error(
            f'{name} is {hook!r}, which {fault}.',
            hint=f"Write {name} = 'path.to.module.name' in your settings, the path as in an import; "
            'or remove the setting.',
            id='djng.E004',
        )


@register('djng')
def check_runner(app_configs: AppConfigs, **kwargs: Any) -> Iterator[CheckMessage]:
    """``manage.py runserver`` uses WSGI_APPLICATION, and that serves WebSockets."""
    application = getattr(settings, 'WSGI_APPLICATION', None) or ''
    if application.startswith('ws4redis.') and not (application == RUNNER_OF_WS4REDIS and is_stood_in_for(application)):
        yield Error(
            f'WSGI_APPLICATION is {application!r}, a server of ws4redis, which does not work here.',
            hint=f"Write WSGI_APPLICATION = '{RUNNER}' in your settings. Under uWSGI, "
            "let its 'module' option name a file that makes a djng.uwsgi_runserver.uWSGIWebsocketServer.",
            id='djng.E005',
        )
    owner = owner_of_asgi_runserver()
    if owner:
        yield Warning(
            f"'{owner}' has taken over 'manage.py runserver' to serve ASGI_APPLICATION, so WSGI_APPLICATION "
            'is not used and no WebSocket of djng is served.',
            hint=f"Remove '{owner}' from INSTALLED_APPS; or, if you need it, put "
            "'django.contrib.staticfiles' before it; or serve djng's WebSockets with uWSGI, and silence "
            'this check.',
            id='djng.W003',
        )
    # In production uWSGI serves the WebSockets, and WSGI_APPLICATION is rightly a plain one.
    elif settings.DEBUG and not application.startswith(('djng.', 'ws4redis.')):
        yield Warning(
            f"WSGI_APPLICATION is {application or None!r}, so 'manage.py runserver' serves no WebSockets.",
            hint=f"Write WSGI_APPLICATION = '{RUNNER}' in your settings. If your own application calls "
            'djng\'s, silence this check: SILENCED_SYSTEM_CHECKS = ["djng.W004"].',
            id='djng.W004',
        )


@register('djng')
def check_templates(app_configs: AppConfigs, **kwargs: Any) -> Iterator[CheckMessage]:
    """Templates know WEBSOCKET_URI and WS4REDIS_HEARTBEAT."""
    engines: list[dict[str, Any]] = settings.TEMPLATES
    named = [engine.get('OPTIONS', {}).get('context_processors', ()) for engine in engines]
    if named and not any(processor in CONTEXT_PROCESSORS for processors in named for processor in processors):
        yield Warning(
            'No template engine has the context processor that gives WEBSOCKET_URI and WS4REDIS_HEARTBEAT.',
            hint=f"Add '{CONTEXT_PROCESSORS[0]}' to ['OPTIONS']['context_processors'] in your TEMPLATES.",
            id='djng.W002',
        )


@register('djng')
def check_static_files(app_configs: AppConfigs, **kwargs: Any) -> Iterator[CheckMessage]:
    """The script that ``{% static %}`` finds is djng's own."""
    if not (apps.is_installed('djng') and apps.is_installed('django.contrib.staticfiles')):
        return
    found = finders.find(SCRIPT)
    if found is None:
        yield Warning(
            f"No finder of static files finds '{SCRIPT}'.",
            hint="Add 'django.contrib.staticfiles.finders.AppDirectoriesFinder' to STATICFILES_FINDERS.",
            id='djng.W005',
        )
    elif not Path(found).resolve().is_relative_to(Path(__file__).resolve().parent):
        yield Warning(
            f"{{% static '{SCRIPT}' %}} gives another app's file: {found}",
            hint="Put 'djng' before that app in INSTALLED_APPS, or remove the file from STATICFILES_DIRS.",
            id='djng.W006',
        )


@register('djng', deploy=True)
def check_facilities(app_configs: AppConfigs, **kwargs: Any) -> Iterator[CheckMessage]:
    """Somebody has said who may open which facility."""
    if not apps.is_installed('ws4redis'):
        return
    # Not above: it needs ws4redis.
    from djng.facilities import registry

    if not registry and getattr(settings, 'WS4REDIS_ALLOWED_CHANNELS', None) is None:
        yield Warning(
            'No facility is declared, so anybody may open a socket to a facility of any name, hear all that is '
            'broadcast there and write to it.',
            hint="Declare yours in a module 'facilities' of an app: @facilities.register('auction-<int:pk>') before "
            'a class AuctionFacility(facilities.Facility) with the methods may_subscribe and may_publish.',
            id='djng.W007',
        )


@register('djng', deploy=True)
def check_redis(app_configs: AppConfigs, **kwargs: Any) -> Iterator[CheckMessage]:
    """Redis lets djng do what it must; where it cannot be reached from here, nothing is known."""
    if not apps.is_installed('ws4redis'):
        return
    # Not above: they need ws4redis.
    from redis.exceptions import RedisError

    from djng import permissions
    from djng.redis_store import make_client

    client = make_client(socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        lacks = permissions.missing(client)
    except (RedisError, OSError):
        return
    finally:
        client.close()
    if lacks:
        yield Warning(
            f'Redis does not let djng do what it must: {", ".join(lacks)}.',
            hint=f'Let an administrator of that Redis run: {permissions.advice()}',
            id='djng.W009',
        )


def is_distributed(name: str) -> bool:
    """Tell whether pip has installed a distribution of this name."""
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def is_stood_in_for(application: str) -> bool:
    """Tell whether the module of ``application`` is djng's stand-in; see ``djng.apps``."""
    module = sys.modules.get(application.rpartition('.')[0])
    return module is not None and module.__spec__ is not None and module.__spec__.loader is None


def owner_of_asgi_runserver() -> str | None:
    """Return the app whose ``runserver`` serves ASGI, None where it is one of Django's kind.

    Such a command derives from Django's and replaces ``inner_run``, which looks up WSGI_APPLICATION.
    """
    if not getattr(settings, 'ASGI_APPLICATION', None):
        return None
    owner = get_commands()['runserver']
    command = load_command_class(owner, 'runserver') if isinstance(owner, str) else owner
    inner_run: Callable[..., Any] | None = getattr(command, 'inner_run', None)
    if inner_run is None or inner_run.__module__.startswith(('django.', 'djng.')):
        return None
    return owner if isinstance(owner, str) else command.__module__
