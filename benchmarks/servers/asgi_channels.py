"""Django Channels, as its tutorial has it: a consumer per socket, all of them in one group."""

import django

django.setup()

from channels.db import database_sync_to_async  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.sessions import SessionMiddlewareStack  # noqa: E402

from benchmarks.servers.visitors import may_listen  # noqa: E402

GROUP = 'foobar'


class Consumer(AsyncWebsocketConsumer):
    """Passes on what is said to the group."""

    async def connect(self):
        """Join the group."""
        if not await database_sync_to_async(may_listen)(self.scope['session']):
            await self.close()
            return
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        """Leave the group."""
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def group_message(self, event):
        """Pass on what was sent to the group."""
        await self.send(text_data=event['text'])


websocket = SessionMiddlewareStack(Consumer.as_asgi())


async def application(scope, receive, send):
    """Nothing but sockets."""
    if scope['type'] == 'websocket':
        await websocket(scope, receive, send)
