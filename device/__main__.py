"""`python -m device`: the device's own commands, without the rest of the project."""

import sys

from device.cli import COMMANDS
from device.dispatch import run

if __name__ == "__main__":
    sys.exit(run("python -m device", sys.argv[1:], COMMANDS))
