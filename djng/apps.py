"""That djng is here, for Django's app registry."""

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from typing import Any

from django.apps import AppConfig

#: The module of ws4redis' instructions that cannot be imported any more.
LOST_MODULE = 'ws4redis.django_runserver'


class DjngConfig(AppConfig):
    """djng among ``INSTALLED_APPS``."""

    name = 'djng'
    verbose_name = 'Three-way data-binding'

    def ready(self) -> None:
        """Register the checks, make ws4redis' runner resolvable, learn the facilities, and watch who loses rights."""
        importlib.import_module('djng.checks')
        stand_in_for_lost_module()
        importlib.import_module('djng.facilities').autodiscover()
        if self.apps is not None and all(map(self.apps.is_installed, ['django.contrib.auth', 'ws4redis'])):
            # Not before the apps are there: it asks for the model of users.
            importlib.import_module('djng.rights').connect()


def stand_in_for_lost_module() -> None:
    """Let ``ws4redis.django_runserver`` be djng's where the original cannot be imported.

    The original imports ``django.utils.six``, which Django removed in 3.0. Whoever brings that module back
    wants the original, and keeps it. The stand-in imports nothing before it is asked for an attribute:
    djng's runner imports ``ws4redis.wsgi_server``, which calls ``django.setup()``, and that must not happen
    while apps are still getting ready.
    """
    if LOST_MODULE in sys.modules or importlib.util.find_spec('django.utils.six') is not None:
        return
    module = importlib.util.module_from_spec(ModuleSpec(LOST_MODULE, None))
    module.__doc__ = "djng's development server, under the name that ws4redis' instructions give."

    def lookup(name: str) -> Any:
        # Debuggers and reloaders ask every module for its __file__; that is no reason to import a server.
        if name.startswith('__'):
            raise AttributeError(f'module {LOST_MODULE!r} has no attribute {name!r}')
        return getattr(importlib.import_module('djng.django_runserver'), name)

    vars(module)['__getattr__'] = lookup
    sys.modules[LOST_MODULE] = module
