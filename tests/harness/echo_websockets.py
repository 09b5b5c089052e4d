# SPDX-License-Identifier: MIT
"""Python's websockets package as the other side of a connection.

    echo_websockets.py server [KEY CERT]  prints `listening on URL`, echoes every message; with KEY and CERT over TLS
    echo_websockets.py drive [KEY CERT] prints `listening on URL`; sends messages to the first client, wants each of
                                        them back, closes with 3000 "that is all", prints `ok N` and ends with 0
    echo_websockets.py client URL       sends messages to a server that echoes, wants each of them back, closes with
                                        3001 "bye", prints `ok N` and ends with 0
    echo_websockets.py minimal URL      sends "Test packet" and three bytes, closes with 1000

Clients of wss:// trust the system's authorities, which SSL_CERT_FILE in the environment replaces.

Anything unexpected ends it with a traceback and exit status 1. Needs Debian's python3-websockets (10.4), not newer
interfaces of the package.
"""
import asyncio
import ssl
import sys

import websockets

LIMITS = {"max_size": 256 << 20, "max_queue": 64, "close_timeout": 20}


def messages():
    yield from ("Test packet", "", b"", "Gr\u00fc\u00dfe \U0001f3ae \ud55c", "\ufeffBOM", "a\0b\0", bytes(range(256)))
    for size in (125, 126, 65535, 65536, 1 << 20):
        yield bytes(i * 7 % 251 for i in range(1000)) * (size // 1000 + 1)
        yield "x" * size
    yield "\u00e4\u20ac" * 20000
    yield "last"


async def check_echoes(connection):
    count = 0
    for sent in messages():
        await connection.send(sent)
        got = await asyncio.wait_for(connection.recv(), 30)
        assert type(got) is type(sent), f"message {count}: {type(sent)} came back as {type(got)}"
        assert got == sent, f"message {count}: {len(sent)} came back as {len(got)} other ones"
        count += 1
    # Fragments and a ping between them: the frames differ, the message is one.
    async def fragments():
        for part in ("frag", "", "mented"):
            yield part
    await connection.send(fragments())
    assert await asyncio.wait_for(connection.recv(), 30) == "fragmented"
    await asyncio.wait_for(await connection.ping(b"are you there"), 30)
    return count + 2


async def serve(handler, stop, key=None, certificate=None):
    secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if key else None
    if secure:
        secure.load_cert_chain(certificate, key)
    async with websockets.serve(handler, "127.0.0.1", 0, ssl=secure, **LIMITS) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on {'wss' if secure else 'ws'}://127.0.0.1:{port}", flush=True)
        return await stop


async def echo(connection, path=None):
    async for message in connection:
        await connection.send(message)


async def run_server(*tls):
    await serve(echo, asyncio.get_running_loop().create_future(), *tls)


async def run_drive(*tls):
    done = asyncio.get_running_loop().create_future()

    async def handler(connection, path=None):
        try:
            count = await check_echoes(connection)
            await connection.close(3000, "that is all")
            assert connection.close_code == 3000, f"the client answered {connection.close_code}"
            done.set_result(count)
        except BaseException as error:
            done.set_exception(error)
            raise

    print(f"ok {await serve(handler, done, *tls)}", flush=True)


async def run_client(url):
    async with websockets.connect(url, **LIMITS) as connection:
        count = await check_echoes(connection)
        await connection.close(3001, "bye")
        assert connection.close_code == 3001, f"the server answered {connection.close_code}"
    print(f"ok {count}", flush=True)


async def run_minimal(url):
    async with websockets.connect(url, **LIMITS) as connection:
        for sent in ("Test packet", b"\x00\x01\xff"):
            await connection.send(sent)
            got = await asyncio.wait_for(connection.recv(), 30)
            assert got == sent, f"{sent!r} came back as {got!r}"
    print("ok 2", flush=True)


if __name__ == "__main__":
    asyncio.run({"server": run_server, "drive": run_drive, "client": run_client,
                 "minimal": run_minimal}[sys.argv[1]](*sys.argv[2:]))
