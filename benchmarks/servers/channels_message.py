"""Prints what Channels' ``group_send`` publishes for the message given: the channel, and the bytes in hex."""

import sys

from channels_redis.pubsub import RedisPubSubChannelLayer, RedisPubSubLoopLayer

layer = RedisPubSubChannelLayer(hosts=['redis://127.0.0.1/0'])
loop_layer = RedisPubSubLoopLayer(hosts=['redis://127.0.0.1/0'], channel_layer=layer)
print(loop_layer._get_group_channel_name('foobar'))
print(layer.serialize({'type': 'group.message', 'text': sys.argv[1]}).hex())
