"""What a video sounds like: silence, or a soft chord quieter than any platform asks for, in whole numbers of 16 bits.

Feeds play without sound: silence is what a brand gets unless its brief asks for a tone (`brand.sound`). The chord stays at about -30 LUFS
(ITU-R BS.1770); platforms bring sound to between -14 and -24 LUFS. It fades in and out, so that nothing clicks.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from zamc.strategies.base_schema import SoundName

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLES_PER_SECOND = 48_000
_CHORD_HERTZ = (220.0, 277.18, 329.63)  # A major
_LEVEL = 655  # of each tone, of 32,767: -34 dBFS, the three together never above -24.4
_FADE_IN, _FADE_OUT = SAMPLES_PER_SECOND // 2, SAMPLES_PER_SECOND
_TABLE_BITS, _PHASE_BITS = 12, 32


@dataclass(frozen=True)
class Sound:
    """peak_dbfs: the loudest sample, in decibels below full scale; mean_dbfs: root mean square; None: there is no sound at all."""

    name: SoundName
    peak_dbfs: float | None = None
    mean_dbfs: float | None = None

    def note(self) -> dict[str, Any]:
        """What a creative's check of loudness says: {"sound": ...}, and of a tone both levels."""
        return {"sound": self.name} | ({} if self.peak_dbfs is None else {"peak_dbfs": self.peak_dbfs, "mean_dbfs": self.mean_dbfs})


SILENCE = Sound("silence")


def samples(name: SoundName, seconds: int) -> "NDArray[Any]":
    """One ear's samples, int32 within 16 bits, 48,000 a second. The same name and length give the same numbers on every machine."""
    import numpy

    count = seconds * SAMPLES_PER_SECOND
    if name == "silence":
        return numpy.zeros(count, numpy.int32)
    at, table = numpy.arange(count, dtype=numpy.uint64), _wave()
    heard = numpy.zeros(count, numpy.int64)
    for hertz in _CHORD_HERTZ:
        step = round(hertz * (1 << _PHASE_BITS) / SAMPLES_PER_SECOND)
        phase = at * numpy.uint64(step) & numpy.uint64((1 << _PHASE_BITS) - 1)
        heard += table[(phase >> numpy.uint64(_PHASE_BITS - _TABLE_BITS)).astype(numpy.int64)]
    rest = numpy.arange(count, dtype=numpy.int64)
    heard = heard * numpy.minimum(rest, _FADE_IN) // _FADE_IN
    heard = heard * numpy.minimum(count - 1 - rest, _FADE_OUT) // _FADE_OUT
    return heard.astype(numpy.int32)


def sound_of(name: SoundName, heard: "NDArray[Any]") -> Sound:
    """What was measured of these samples."""
    peak = int(abs(heard).max(initial=0))
    if not peak:
        return Sound(name)
    mean = math.sqrt(float((heard.astype("int64") ** 2).mean()))
    return Sound(name, round(_decibels(peak), 1), round(_decibels(mean), 1))


def _decibels(level: float) -> float:
    return 20 * math.log10(level / 32_768)


@lru_cache(maxsize=1)
def _wave() -> "NDArray[Any]":
    """One turn of a sine, rounded to whole numbers: what processors do differently in the last place is gone."""
    import numpy

    size = 1 << _TABLE_BITS
    return numpy.array([round(_LEVEL * math.sin(2 * math.pi * index / size)) for index in range(size)], numpy.int64)
