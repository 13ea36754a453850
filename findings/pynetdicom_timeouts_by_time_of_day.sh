#!/bin/sh
# pynetdicom 3.0.4: its timeouts are measured by the time of day, so that setting the clock ends or prolongs them.
#
# One would expect a span to be measured by a clock that nobody sets. Here a computer whose clock is corrected by more
# than `network_timeout` aborts its associations though nothing was silent, and one whose clock is set back keeps a silent
# association for as much longer. The first looks like a peer or a network that fails; the second like a limit that is
# not kept.
#
# What we do about it: our node tells in its record when the clock was set, so that who reads of associations broken off
# sees why; what was acknowledged does not hang on an association; and the limit of associations holds either way.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pynetdicom==3.0.4 pydicom==3.0.2 2> /dev/null
"$work/venv/bin/pip" list --disable-pip-version-check 2> /dev/null | grep -E "^py(net)?dicom "

cat > "$work/set_clock.py" << 'PYTHON'
"""An association that says nothing for a second, while the clock is set: is it still there?"""

import sys
import time

timeout, step, seconds = (float(each) for each in sys.argv[1:])
exact, off = time.time, 0.0
time.time = lambda: exact() + off  # what setting the computer's clock does

from pynetdicom import AE

server_ae, client = AE(), AE()
server_ae.network_timeout, client.network_timeout = timeout, None
server_ae.add_supported_context("1.2.840.10008.1.1")
client.add_requested_context("1.2.840.10008.1.1")
server = server_ae.start_server(("127.0.0.1", 0), block=False)
association = client.associate("127.0.0.1", server.socket.getsockname()[1])
assert association.is_established and association.send_c_echo().Status == 0
off = step
time.sleep(seconds)
print("established" if association.is_established else "ended")
association.abort()
server.shutdown()
PYTHON

expect() { # WHAT TIMEOUT STEP SECONDS WANTED
    found=$("$work/venv/bin/python" "$work/set_clock.py" "$2" "$3" "$4")
    printf 'timeout of %3s s, clock set by %6s s, silent for %s s: %s\n' "$2" "$3" "$4" "$found"
    [ "$found" = "$1" ] || { echo "changed: expected $1"; exit 1; }
}

expect established 60 0 2
expect ended 60 3600 2
expect ended 1 0 4
expect established 1 -3600 4
