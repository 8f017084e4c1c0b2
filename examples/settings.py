"""The demo's settings: those of any small Django project, and at the end what three-way data-binding adds."""

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

HERE = Path(__file__).resolve().parent

DEBUG = os.environ.get('DEBUG', 'yes') == 'yes'  # runserver then serves the static files; uwsgi.ini says no
SECRET_KEY = os.environ.get('SECRET_KEY', 'known to everybody, and good for a demo only')
# Who may see what djng counts, at /ws/-/metrics.
INTERNAL_IPS = ['127.0.0.1', '::1']
# Also decides which pages may open a WebSocket.
ALLOWED_HOSTS = ['localhost', '127.0.0.1', '[::1]', *os.environ.get('ALLOWED_HOSTS', '').split()]

INSTALLED_APPS = [
    'django.contrib.auth',
    'django.contrib.contenttypes',
    'django.contrib.sessions',
    'django.contrib.staticfiles',
    'djng',
    'demo',
]
MIDDLEWARE = [
    'django.middleware.security.SecurityMiddleware',
    'django.contrib.sessions.middleware.SessionMiddleware',
    'django.middleware.common.CommonMiddleware',
    'django.middleware.csrf.CsrfViewMiddleware',
    # With users and sessions, data can also be bound for one user, one group or one session.
    'django.contrib.auth.middleware.AuthenticationMiddleware',
    'django.middleware.clickjacking.XFrameOptionsMiddleware',
]
TEMPLATES = [
    {
        'BACKEND': 'django.template.backends.django.DjangoTemplates',
        'APP_DIRS': True,
        'OPTIONS': {
            'context_processors': [
                'django.template.context_processors.request',
                'django.contrib.auth.context_processors.auth',
                # Puts WEBSOCKET_URI and WS4REDIS_HEARTBEAT into every template.
                'djng.context_processors.default',
            ],
        },
    },
]
ROOT_URLCONF = 'urls'
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.sqlite3',
        'NAME': HERE / 'demo.sqlite3',
        'CONN_MAX_AGE': 60,  # a handshake looks up a session; it need not connect for that each time
    }
}
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
STATIC_URL = '/static/'
STATIC_ROOT = HERE / 'var' / 'static'  # where `manage.py collectstatic` puts them for uWSGI or nginx
USE_TZ = True

# Three-way data-binding. A project that relies on it leaves out the condition.
if find_spec('ws4redis'):
    INSTALLED_APPS += ['ws4redis']
    # Lets `manage.py runserver` serve WebSockets beside the pages.
    WSGI_APPLICATION = 'djng.django_runserver.application'
    # What a WebSocket's address begins with; the facility follows: ws://localhost:8000/ws/subscribe_data
    WEBSOCKET_URL = '/ws/'
    # Where Redis, or Valkey, is.
    REDIS_URL = urlsplit(os.environ.get('REDIS_URL', 'redis://localhost:6379/0'))
    WS4REDIS_CONNECTION = {
        'host': REDIS_URL.hostname or 'localhost',
        'port': REDIS_URL.port or 6379,
        'db': int(REDIS_URL.path.strip('/') or 0),
        'username': REDIS_URL.username,
        'password': unquote(REDIS_URL.password) if REDIS_URL.password else None,
    }
    if REDIS_URL.scheme == 'rediss':
        WS4REDIS_CONNECTION['ssl'] = True
    # Sent when a connection has been silent for a while, so that a browser notices a broken one.
    WS4REDIS_HEARTBEAT = '--heartbeat--'
else:
    # djng misses it, and says so; the other demos do without.
    SILENCED_SYSTEM_CHECKS = ['djng.E001', 'djng.W004']
