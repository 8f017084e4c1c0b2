"""TLS in front of a server that speaks none: ``python -m tests.tls_tunnel LISTEN_PORT SERVER_PORT CERTIFICATE``."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until there is no more."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def main(listen: str, server: str, certificate: str) -> None:
    """Listen until the process is ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection('127.0.0.1', int(server))
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    listener = await asyncio.start_server(serve, '127.0.0.1', int(listen), ssl=context)
    await listener.serve_forever()


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
