"""Tests for the store on a Redis Cluster of three nodes, which the tests start."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import redis
from redis.cluster import ClusterNode, RedisCluster

from djng.state.frame import parse_plain
from djng.state.keys import slot_of
from djng.state.merge import Change
from djng.state.steps import Acknowledged, Applied, Kept, Relay, Relayed, Renew, Snapshot, Submit, Take, Told
from djng.state.store import Store
from tests.servers import Redis, eventually, free_port
from tests.state.hearing import Ear

FACILITIES = ['foobar', 'a}b', '{tag}b', '{', '}', '{}', 'a{b', '{}{tag}', 'é{😀}', '%b']


def node_port() -> int:
    """Return a port of which the one that nodes speak to each other at, 10,000 above, is one, too."""
    while True:
        port = free_port()
        if port < 55000:
            return port


def knows_all(client: redis.Redis) -> bool:
    """Whether a node takes the cluster for complete."""
    slots = client.execute_command('CLUSTER', 'SLOTS')
    return 'cluster_state:ok' in str(client.execute_command('CLUSTER', 'INFO')) and len(slots) == 3


@pytest.fixture(scope='module')
def nodes() -> Iterator[list[Redis]]:
    """Three nodes of one cluster."""
    nodes = [Redis(node_port(), '--cluster-enabled', 'yes') for _ in range(3)]
    try:
        for number, node in enumerate(nodes):
            slots = range(number * 5462, min((number + 1) * 5462, 16384))
            node.client.execute_command('CLUSTER', 'ADDSLOTS', *slots)
            node.client.execute_command('CLUSTER', 'MEET', '127.0.0.1', nodes[0].port)
        for node in nodes:
            node.wait_for(partial(knows_all, node.client), 'the cluster')
        yield nodes
    finally:
        for node in nodes:
            node.stop()


@pytest.fixture(params=[2, 3], ids=['RESP2', 'RESP3'])
def cluster(nodes: list[Redis], request: pytest.FixtureRequest) -> Iterator[RedisCluster]:
    """A client of the cluster, which is empty."""
    for node in nodes:
        node.client.flushall()
    started = [ClusterNode('127.0.0.1', node.port) for node in nodes]
    client = RedisCluster(startup_nodes=started, protocol=request.param)
    yield client
    client.close()


def channels() -> list[str]:
    """Return channels whose slots are on all of the nodes."""
    return [f'prefix:{audience}:{facility}' for facility in FACILITIES for audience in ('broadcast', 'user:joe')]


def test_channels_lie_on_all_nodes():
    """The channels of these tests are spread over the cluster."""
    assert {slot_of(channel.encode()) // 5462 for channel in channels()} == {0, 1, 2}


def test_all_steps(nodes, cluster):
    """Every step works on every channel, many of them at a time, and scripts are loaded on every node."""
    store = Store(cluster, expire=60)
    change = Change('object', {'a': '1', 'b': '2'})
    for node in nodes:
        node.client.script_flush()
    assert store.run([Relay(channel, 'x', 'hello', None) for channel in channels()]) == [Relayed()] * len(channels())
    first = store.run([Submit(channel, 'x', change, 'me', 1) for channel in channels()])
    assert {outcome.v for outcome in first} == {1}
    again = store.run([Submit(channel, 'x', change, 'me', 1) for channel in channels()])
    assert again == [Acknowledged(*outcome) for outcome in first]
    for channel in channels():
        text = '{"c":3}'
        outcomes = store.run(
            [
                Renew(channel, 'x'),
                Relay(channel, 'x', text, parse_plain(text)),
                Take(channel, 'x', b'{"d":4}', 0),
                Submit(channel, 'x', Change('object', {}, ('a', 'b'))),
                Snapshot(channel, 'x'),
                Snapshot(channel, 'x', marks=b'marks'),
            ]
        )
        e = outcomes[0].e
        assert outcomes[1:4] == [Applied(e, 2), Applied(e, 3), Applied(e, 4)]
        assert outcomes[4:] == [Kept(e, 4, 'object', 2, 1, outcomes[4].text), Told()]
        cluster.set(channel, '{"e":5}')
        [outcome] = store.run([Submit(channel, 'x', Change('array', {}, push=('1',)))])
        assert outcome.errors == {'': ['The collection is an object.']}
    assert len(cluster.keys(target_nodes=RedisCluster.ALL_NODES)) == 4 * len(channels())


def test_frames_reach_every_node(nodes, cluster):
    """Who listens at any node hears what is published at another."""
    ears = [Ear(node.client, *channels()) for node in nodes]
    Store(cluster, expire=60).run([Submit(channel, 'x', Change('object', {})) for channel in channels()])
    for ear in ears:
        missing = set(channels())
        eventually(lambda ear=ear, missing=missing: not missing.difference_update(dict(ear.heard())) and not missing)
        ear.close()
