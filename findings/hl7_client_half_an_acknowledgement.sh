#!/bin/sh
# hl7 0.4.5: `MLLPClient.send_message` returns half an acknowledgement when it comes in two parts.
#
# An acknowledgement is framed: it ends with 0x1C 0x0D (Minimal Lower Layer Protocol), and TCP may hand it over in as many
# parts as it likes. One would expect a client that knows the frame to return the whole of it. `send_message` reads once,
# at most 4096 bytes, and returns what is there: here the first part, without MSA, in which the code stands. The rest is
# what the next call returns as the answer to the next message.
#
# What we do about it: the device reads to the end of the frame, within limits of time and size, and compares MSA-2.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hl7==0.4.5 2> /dev/null
cat > "$work/client.py" << 'PYTHON'
import socket
import threading

from hl7.client import MLLPClient

HEAD = "MSH|^~\\&|RIS|SITE|A|B|2026||ACK^R01^ACK|1|T|2.5.1\r"
CODES = {"1": b"AE", "2": b"AA"}
server, second_part = socket.create_server(("127.0.0.1", 0)), threading.Event()


def answer():
    connection, _ = server.accept()
    for number in "12":
        taken = b""
        while b"\x1c\r" not in taken:
            taken += connection.recv(4096)
        connection.sendall(b"\x0b" + HEAD.encode())
        second_part.wait(10)  # only then comes the rest
        connection.sendall(b"MSA|" + CODES[number] + b"|" + number.encode() + b"\r\x1c\r")


threading.Thread(target=answer, daemon=True).start()
with MLLPClient("127.0.0.1", server.getsockname()[1]) as client:
    first = client.send_message("MSH|^~\\&|A|B|RIS|SITE|2026||ORU^R01|1|T|2.5.1\r")
    second_part.set()
    second = client.socket.recv(4096)
print(f"returned: ends a frame {first.endswith(bytes([0x1c, 0x0d]))}, holds MSA {b'MSA' in first}")
print(f"left for the next call: {second[:8]!r}")
PYTHON
"$work/venv/bin/python" "$work/client.py" | tee "$work/said"
grep -Fqx "returned: ends a frame False, holds MSA False" "$work/said"
grep -Fqx "left for the next call: b'MSA|AE|1'" "$work/said"
