"""The cache of prepared images: what was put in comes back, also after a crash, and nothing else does."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from device.training.cache import INPUTS, LINES, InputCache
from device.types import Geometry

GEOMETRY = Geometry(rows=8, columns=6, resampling="bilinear-antialiased", keeps_aspect=False)
SIZE = 4 * 8 * 6
MANY = 100 * SIZE


def made(number):
    return np.full((8, 6, 1), number / 100, np.float32) + np.linspace(0, 0.001, 48, dtype=np.float32).reshape(8, 6, 1)


def name(number):
    return f"{number:064x}"


@pytest.fixture
def filled(tmp_path):
    """A folder in which three inputs were kept."""
    cache = InputCache(tmp_path, GEOMETRY, MANY)
    for number in range(3):
        cache.put(name(number), made(number))
    cache.close()
    return tmp_path


def found(folder, most=MANY):
    cache = InputCache(folder, GEOMETRY, most)
    kept = {number: cache.get(name(number)) for number in range(5)}
    cache.close()
    return {number: value for number, value in kept.items() if value is not None}


def test_what_was_kept_comes_back_to_the_last_bit(filled):
    kept = found(filled)
    assert sorted(kept) == [0, 1, 2]
    for number, value in kept.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, made(number))


def test_another_geometry_has_a_cache_of_its_own(filled):
    other = InputCache(filled, Geometry(rows=6, columns=8, resampling="bilinear-antialiased", keeps_aspect=False), MANY)
    assert other.get(name(0)) is None
    assert len(other) == 0


def test_it_grows_to_its_bound_and_no_further(tmp_path):
    cache = InputCache(tmp_path, GEOMETRY, 2 * SIZE + SIZE // 2)
    for number in range(5):
        cache.put(name(number), made(number))
    assert [cache.get(name(number)) is not None for number in range(5)] == [True, True, False, False, False]
    assert next(tmp_path.rglob(INPUTS)).stat().st_size == 2 * SIZE


@pytest.mark.parametrize("lost", [1, SIZE // 2, SIZE, 2 * SIZE])
def test_what_a_killed_run_left_in_part_is_made_again(filled, lost):
    inputs = next(filled.rglob(INPUTS))
    inputs.write_bytes(inputs.read_bytes()[:-lost])
    whole = 3 - -(-lost // SIZE)
    assert sorted(found(filled)) == list(range(whole))
    cache = InputCache(filled, GEOMETRY, MANY)
    cache.put(name(4), made(4))
    cache.close()
    kept = found(filled)
    assert sorted(kept) == [*range(whole), 4]
    np.testing.assert_array_equal(kept[4], made(4))


def test_a_line_that_was_not_finished_counts_for_nothing(filled):
    lines = next(filled.rglob(LINES))
    lines.write_bytes(lines.read_bytes()[:-3])
    assert sorted(found(filled)) == [0, 1]


def test_a_changed_byte_is_noticed(filled):
    inputs = next(filled.rglob(INPUTS))
    content = bytearray(inputs.read_bytes())
    content[SIZE + 5] ^= 1
    inputs.write_bytes(content)
    assert sorted(found(filled)) == [0, 2]


def test_threads_keep_together(tmp_path):
    cache = InputCache(tmp_path, GEOMETRY, MANY)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: cache.put(name(number % 40), made(number % 40)), range(400)))
    assert len(cache) == 40
    for number in range(40):
        np.testing.assert_array_equal(cache.get(name(number)), made(number))


def test_a_second_process_neither_reads_nor_writes(filled):
    cache = InputCache(filled, GEOMETRY, MANY)
    program = (
        "import sys, numpy; from pathlib import Path; from device.training.cache import InputCache;"
        "from device.types import Geometry;"
        "g = Geometry(rows=8, columns=6, resampling='bilinear-antialiased', keeps_aspect=False);"
        "c = InputCache(Path(sys.argv[1]), g, 10**6); c.put('f' * 64, numpy.zeros((8, 6, 1), 'f4'));"
        "print(len(c), c.get(f'{0:064x}'))"
    )
    other = subprocess.run([sys.executable, "-c", program, str(filled)], capture_output=True, text=True, check=True)
    assert other.stdout == "0 None\n"
    cache.put(name(3), made(3))
    cache.close()
    assert sorted(found(filled)) == [0, 1, 2, 3]
