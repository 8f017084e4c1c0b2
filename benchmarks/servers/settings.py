"""The Django project behind each peer that is written for Django; what differs comes from the environment."""

import os

PEER = os.environ['BENCHMARK_PEER']

SECRET_KEY = 'benchmarks only'  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ['127.0.0.1']
INSTALLED_APPS = [
    'django.contrib.auth',
    'django.contrib.contenttypes',
    'django.contrib.sessions',
    *{'djng': ['ws4redis', 'djng'], 'ws4redis': ['ws4redis'], 'channels': ['channels']}[PEER],
    *(['benchmarks.servers.declared'] if 'BENCHMARK_DECLARED' in os.environ else []),
]
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.sqlite3',
        'NAME': os.environ['BENCHMARK_DATABASE'],
        # Connections are kept, as in production; ws4redis keeps them in any case.
        'CONN_MAX_AGE': 60,
    }
}
DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'
USE_TZ = True

WEBSOCKET_URL = '/ws/'
# redis-py allows 100 connections in a pool, ws4redis needs one for each socket.
WS4REDIS_CONNECTION = {'host': '127.0.0.1', 'port': int(os.environ['BENCHMARK_REDIS']), 'max_connections': 20000}
WS4REDIS_ALLOWED_CHANNELS = 'benchmarks.servers.visitors.allowed_channels'
WS4REDIS_HEARTBEAT = os.environ['BENCHMARK_HEARTBEAT'] or None

CHANNEL_LAYERS = {
    'default': {
        'BACKEND': 'channels_redis.pubsub.RedisPubSubChannelLayer',
        'CONFIG': {'hosts': [f'redis://127.0.0.1:{os.environ["BENCHMARK_REDIS"]}/0']},
    }
}
