"""What a hospital with so many studies a day needs, by the rule of `docs/node/capacity.md`.

    python benchmarks/node/capacity.py --cpu-ms 80 [--images 2] [--megabytes 10]

`--cpu-ms` is what `speed.py` measured there for an image of the node, on the processors that are to be used.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

BUSIEST_HOUR = 0.15
"""The share of a day's studies that comes in its busiest hour, unless a site knows its own."""
MOST_BUSY = 0.5
"""How busy a processor may be in that hour: half is left to what else runs, and to the images that come at once."""
DAYS_WITHOUT_ARCHIVE = 3
"""For so long the node keeps what came and what it made while the archive is away."""


@dataclass(frozen=True, slots=True)
class Need:
    """Processors, images in the busiest hour, and bytes on disk."""

    processors: int
    images_an_hour: int
    disk_bytes: int


def find_need(
    studies_a_day: int, images_a_study: float, cpu_seconds: float, image_bytes: int, busiest: float = BUSIEST_HOUR
) -> Need:
    """Say what a node needs.

    Args:
        studies_a_day: on a busy day.
        images_a_study: the mean.
        cpu_seconds: of an image, in the node as a whole.
        image_bytes: the mean, as it is sent.
        busiest: the share of the day's studies that comes in its busiest hour.

    Raises:
        ValueError: a figure is not above 0, or the share is above 1.
    """
    if min(studies_a_day, images_a_study, cpu_seconds, image_bytes, busiest) <= 0 or busiest > 1:
        raise ValueError("expected figures above 0, and a share of 1 at the most")
    images = math.ceil(studies_a_day * busiest * images_a_study)
    processors = math.ceil(images * cpu_seconds / (3600 * MOST_BUSY))
    disk = math.ceil(studies_a_day * images_a_study * image_bytes * DAYS_WITHOUT_ARCHIVE)
    return Need(processors, images, disk)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cpu-ms", type=float, required=True, help="of an image, as speed.py measured it")
    parser.add_argument("--images", type=float, default=2, help="of a study (default: 2)")
    parser.add_argument("--megabytes", type=float, default=10, help="of an image (default: 10)")
    options = parser.parse_args()
    print("| studies a day | images in the busiest hour | processors | disk |")
    print("|---|---|---|---|")
    for studies in (50, 200, 1000, 5000, 20_000):
        need = find_need(studies, options.images, options.cpu_ms / 1000, round(options.megabytes * 1e6))
        print(f"| {studies:,} | {need.images_an_hour:,} | {need.processors} | {need.disk_bytes / 1e9:,.0f} GB |")


if __name__ == "__main__":
    main()
