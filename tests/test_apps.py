"""djng's AppConfig: the stand-in for ``ws4redis.django_runserver``, each time in a fresh process."""

import subprocess
import sys
import textwrap

SETUP = """
    import os, sys, types
    os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'
    stub = types.ModuleType('djng.django_runserver')
    stub.application = lambda environ, start_response: []
"""


def run(program):
    """Run a program in a Python of its own and return what it prints."""
    source = textwrap.dedent(SETUP) + textwrap.dedent(program)
    done = subprocess.run([sys.executable, '-c', source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_stand_in_is_djng_s_application():
    """The setting of ws4redis' instructions gives djng's own application object."""
    program = """
        import django; django.setup()
        from django.utils.module_loading import import_string
        ours = import_string('djng.django_runserver.application')
        print(import_string('ws4redis.django_runserver.application') is ours)
        from ws4redis import django_runserver
        print(django_runserver.application is ours)
    """
    assert run(program).split() == ['True', 'True']


def test_stand_in_serves_runserver():
    """Django's own lookup of WSGI_APPLICATION, as runserver makes it, finds the application."""
    program = """
        os.environ['TESTS_WSGI_APPLICATION'] = 'ws4redis.django_runserver.application'
        import django; django.setup()
        sys.modules['djng.django_runserver'] = stub
        from django.core.servers.basehttp import get_internal_wsgi_application
        print(get_internal_wsgi_application() is stub.application)
    """
    assert run(program) == 'True'


def test_stand_in_is_lazy():
    """Getting the apps ready imports no server, and neither does a look at all modules."""
    program = """
        import django; django.setup()
        from django.utils import autoreload
        list(autoreload.iter_all_python_module_files())
        module = sys.modules['ws4redis.django_runserver']
        hasattr(module, '__file__'), repr(module)
        servers = {'ws4redis.wsgi_server', 'djng.django_runserver', 'gevent', 'uwsgi'}
        print(sorted(servers & set(sys.modules)))
    """
    assert run(program) == '[]'


def test_stand_in_knows_what_it_has_not():
    """A name that djng's runner does not have is an AttributeError, not something else."""
    program = """
        import django; django.setup()
        sys.modules['djng.django_runserver'] = stub
        print(hasattr(sys.modules['ws4redis.django_runserver'], 'no_such_name'))
    """
    assert run(program) == 'False'


def test_original_stays_where_it_can_be_imported():
    """A project that brings django.utils.six back keeps ws4redis' own module."""
    program = """
        import importlib.machinery, types
        six = types.ModuleType('django.utils.six')
        six.__spec__ = importlib.machinery.ModuleSpec('django.utils.six', None)
        sys.modules['django.utils.six'] = six
        import django; django.setup()
        print('ws4redis.django_runserver' in sys.modules)
    """
    assert run(program) == 'False'


def test_checks_are_registered():
    """With djng among the apps, its system checks are registered."""
    program = """
        import django; django.setup()
        from django.core.checks.registry import registry
        print(registry.tag_exists('djng'))
    """
    assert run(program) == 'True'
