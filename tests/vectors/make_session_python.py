#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes session_python.md: random streams of frames, some of them broken, and what Python's websockets makes of them.

Frames are encoded and judged by the package (Debian: python3-websockets 10.4), UTF-8 by Python's own decoder. Left out is
where both are right and differ: a close frame inside a message, a close frame that is bad in two ways.

    /usr/bin/python3 tests/vectors/make_session_python.py > tests/vectors/session_python.md
"""

import codecs
import random
import struct

from websockets import frames
from websockets.connection import CLIENT, OPEN, SERVER, Connection

VECTORS = 60
rng = random.Random(6455)
frames.secrets.token_bytes = rng.randbytes

TEXTS = ["", "a", "plain text", "\u00e4\u20ac\U0001f600", "x" * 130, "caf\u00e9 " * 9, "\x00\ufeff\uffff"]


class Skip(Exception):
    """This stream is left out."""


def cut(data):
    """A payload in one to four pieces, cut anywhere."""
    at = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([0, 0, 1, 2, 3])))
    return [data[a:b] for a, b in zip([0, *at], [*at, len(data)])]


def random_frames():
    """(opcode, data, fin) of a few messages with control frames in between, often ending with a close frame."""
    made = []
    for _ in range(rng.randrange(1, 5)):
        is_text = rng.random() < 0.6
        data = rng.choice(TEXTS).encode() if is_text else rng.randbytes(rng.choice([0, 1, 7, 125, 126, 300]))
        if is_text and data and rng.random() < 0.12:
            data = data[:-1] + bytes([rng.choice([0x80, 0xC3, 0xE2, 0xFF])])
        pieces = cut(data)
        for i, piece in enumerate(pieces):
            opcode = frames.OP_CONT if i else frames.OP_TEXT if is_text else frames.OP_BINARY
            made.append((opcode, piece, i == len(pieces) - 1))
            if rng.random() < 0.2:
                made.append((rng.choice([frames.OP_PING, frames.OP_PONG]), rng.randbytes(rng.randrange(9)), True))
    if rng.random() < 0.7:
        code = rng.choice([1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999, 999, 1005, 1006, 1015, 2999, 5000])
        reason = rng.choice([b"", b"", b"bye", "gr\u00fc\u00dfe".encode(), b"\xc3", b"\xff"])
        made.append((frames.OP_CLOSE, rng.choice([b"", struct.pack("!H", code) + reason]), True))
        made.append((frames.OP_TEXT, b"too late", True))
    return made


def serialize(made, is_masked):
    """The bytes of each frame; in every second stream one first byte or mask bit is flipped."""
    wire = [bytearray(frames.Frame(op, data, fin).serialize(mask=is_masked)) for op, data, fin in made]
    if rng.random() < 0.5:
        broken = rng.choice(wire)
        if rng.random() < 0.15:
            broken[1] ^= 0x80
        else:
            broken[0] ^= 1 << rng.randrange(8)
    return [bytes(frame) for frame in wire]


def judge_close(frame):
    if len(frame.data) < 2:
        return
    code = struct.unpack("!H", frame.data[:2])[0]
    bad_code = not (code in frames.EXTERNAL_CLOSE_CODES or 3000 <= code < 5000)
    try:
        frame.data[2:].decode()
    except UnicodeDecodeError:
        if bad_code:
            raise Skip from None


def receive(wire, side):
    """(events, payloads of the pings, payload of the close reply or None, code of the failure or None)."""
    peer = Connection(side, state=OPEN, max_size=None)
    recv_frame = peer.recv_frame

    def watched(frame):
        if frame.opcode is frames.OP_CLOSE:
            judge_close(frame)
            if peer.cur_size is not None:
                raise Skip
        recv_frame(frame)

    peer.recv_frame = watched
    for data in wire:
        peer.receive_data(data)
        if isinstance(peer.parser_exc, Skip):
            raise peer.parser_exc
    events, pings, kind, data, decoder = [], [], None, b"", None
    for frame in peer.events_received():
        if frame.opcode is frames.OP_PING:
            pings.append(frame.data)
        elif frame.opcode is frames.OP_PONG:
            events.append(("pong", frame.data))
        elif frame.opcode is frames.OP_CLOSE:
            code = struct.unpack("!H", frame.data[:2])[0] if frame.data else 1005
            return [*events, (f"close {code}", frame.data[2:])], pings, frame.data, None
        else:
            if frame.opcode is not frames.OP_CONT:
                kind = "text" if frame.opcode is frames.OP_TEXT else "binary"
                data, decoder = b"", codecs.getincrementaldecoder("utf-8")()
            data += frame.data
            try:
                if kind == "text":
                    decoder.decode(frame.data, frame.fin)
            except UnicodeDecodeError:
                return events, pings, None, 1007
            if frame.fin:
                events.append((f"message {kind}", data))
    return events, pings, None, peer.close_sent.code if peer.parser_exc else None


def line(name, *parts):
    print(f"{name + ':':7}" + " ".join(part for part in parts if part))


def output(is_client, first, payload, number):
    """One frame of ours; keys count up, 01 02 03 04 being the first that is drawn."""
    key = "".join(f"{4 * number + i + 1:02X}" for i in range(4))
    head = f"{first:02X} {len(payload) + (128 if is_client else 0):02X}"
    line("out", head, f"<{key}>" if is_client else "", payload.hex(" ").upper())


def write(number, made):
    is_client = number % 2 == 1
    wire = serialize(made, not is_client)
    events, pings, reply, failure = receive(wire, CLIENT if is_client else SERVER)
    print(f"\n### differential {number + 1}\nrole:  {'client' if is_client else 'server'}")
    for data in wire:
        line("in", data.hex(" ").upper())
    for words, payload in events:
        line("event", words, payload.hex(" ").upper())
    if failure:
        line("event", f"failed {failure}")
    # A pong is encoded when the next one comes, the last when it leaves: behind a close frame.
    waiting = max(len(pings) - 1, 0)
    for i, ping in enumerate(pings):
        output(is_client, 0x8A, ping, i + (1 if i == waiting and (reply is not None or failure) else 0))
    if reply is not None:
        output(is_client, 0x88, reply, waiting)
    if failure:
        line("out", f"close {failure}")


print("# Made by make_session_python.py: what Python's websockets makes of random streams")
done = 0
while done < VECTORS:
    try:
        write(done, random_frames())
        done += 1
    except Skip:
        pass
