"""Samples with replacement as a seed gives them: numpy's SeedSequence and PCG64 (XSL-RR), in plain Python.

An interval of the bootstrap names its seed. Drawn by a program of its own, the same samples give the same interval to
the last digits, so that a limit that was moved shows however little.
"""

from __future__ import annotations

from collections.abc import Iterator

BLOCK = 50
"""So many samples are drawn from one child of the seed."""

_32, _64, _128 = (1 << 32) - 1, (1 << 64) - 1, (1 << 128) - 1
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645
_POOL = 4


def draw_samples(seed: int, size: int, samples: int) -> Iterator[list[int]]:
    """Yield samples of `size` units out of as many, each by the number of its units, from 0."""
    for block, start in enumerate(range(0, samples, BLOCK)):
        count = min(BLOCK, samples - start)
        drawn = _draw(_seed_words(seed, block, 8), size, count * size)
        yield from (drawn[n * size : (n + 1) * size] for n in range(count))


def _draw(words: list[int], high: int, count: int) -> list[int]:
    """So many whole numbers below `high`: halves of 64 bits, low half first, scaled without bias (Lemire)."""
    quads = [words[2 * n] | words[2 * n + 1] << 32 for n in range(4)]
    increment = (quads[2] << 64 | quads[3]) << 1 & _128 | 1
    state = ((increment + (quads[0] << 64 | quads[1])) * _MULTIPLIER + increment) & _128
    least = (1 << 32) % high
    found: list[int] = []
    while len(found) < count:
        state = (state * _MULTIPLIER + increment) & _128
        turn, mixed = state >> 122, (state >> 64) ^ (state & _64)
        mixed = (mixed >> turn | mixed << (64 - turn)) & _64
        for half in (mixed & _32, mixed >> 32):
            scaled = half * high
            if scaled & _32 >= least:
                found.append(scaled >> 32)
    return found[:count]


def _seed_words(entropy: int, child: int, count: int) -> list[int]:
    """So many words of 32 bits from a seed and the number of its child."""
    given = _split(entropy)
    given += [0] * (_POOL - len(given)) + _split(child)
    mix, pool = _Mixer(0x43B0D7E5, 0x931E8875), []
    pool = [mix(word) for word in given[:_POOL]]
    for source in range(_POOL):
        for target in range(_POOL):
            if source != target:
                pool[target] = _join(pool[target], mix(pool[source]))
    for word in given[_POOL:]:
        pool = [_join(each, mix(word)) for each in pool]
    finish = _Mixer(0x8B51F9DD, 0x58F38DED)
    return [finish(pool[n % _POOL]) for n in range(count)]


class _Mixer:
    """A hash of a word, another with every call."""

    def __init__(self, start: int, factor: int) -> None:
        self.constant, self.factor = start, factor

    def __call__(self, word: int) -> int:
        word ^= self.constant
        self.constant = self.constant * self.factor & _32
        word = word * self.constant & _32
        return word ^ word >> 16


def _join(one: int, other: int) -> int:
    joined = (0xCA01F9DD * one - 0x4973F715 * other) & _32
    return joined ^ joined >> 16


def _split(number: int) -> list[int]:
    """A number in words of 32 bits, the lowest first."""
    words = [number & _32]
    while number := number >> 32:
        words.append(number & _32)
    return words
