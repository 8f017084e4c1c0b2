"""The settings of a small Django project that uses djng; servers in the tests run with them too.

Whatever differs from one server to the next comes from the environment.
"""

import json
import os
import tempfile

# Handed down to the servers that tests start, so that all see the same users and sessions.
DATABASE = os.environ.setdefault('TESTS_DATABASE', f'{tempfile.gettempdir()}/djng-tests-{os.getpid()}.sqlite3')

SECRET_KEY = 'tests only'
DEBUG = True
ALLOWED_HOSTS = ['localhost', '127.0.0.1', 'testserver']
ROOT_URLCONF = 'tests.urls'
DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'
INSTALLED_APPS = [
    'django.contrib.auth',
    'django.contrib.contenttypes',
    'django.contrib.sessions',
    'django.contrib.staticfiles',
    'ws4redis',
    'djng',
]
MIDDLEWARE = [
    'django.contrib.sessions.middleware.SessionMiddleware',
    'django.contrib.auth.middleware.AuthenticationMiddleware',
]
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.sqlite3',
        'NAME': DATABASE,
        'TEST': {'NAME': DATABASE},
    }
}
TEMPLATES = [
    {
        'BACKEND': 'django.template.backends.django.DjangoTemplates',
        'APP_DIRS': True,
        'OPTIONS': {
            'context_processors': [
                'django.template.context_processors.request',
                'djng.context_processors.default',
            ],
        },
    }
]
STATIC_URL = '/static/'
USE_TZ = True

WSGI_APPLICATION = os.environ.get('TESTS_WSGI_APPLICATION', 'djng.django_runserver.application')
WEBSOCKET_URL = '/ws/'
WS4REDIS_CONNECTION = {'host': '127.0.0.1', 'port': int(os.environ.get('TESTS_REDIS_PORT', '6379'))}
WS4REDIS_HEARTBEAT = '--heartbeat--'

globals().update(json.loads(os.environ.get('TESTS_SETTINGS', '{}')))
