"""What a video sounds like: silence, or a tone that is quieter than any platform asks for and never clicks."""

from io import BytesIO
from typing import Any

import numpy
import pytest

from tests.zamc.creatives.test_video import spec
from zamc.creatives.sound import SAMPLES_PER_SECOND, SILENCE, samples, sound_of
from zamc.creatives.video import Video, render_video
from zamc.creatives.video_scenes import VideoSpec

# The quietest that a platform brings sound to is -24 LUFS; a tone's mean level, in decibels below full scale, is close to its LUFS.
_QUIETEST = -24.0


def toned() -> VideoSpec:
    from dataclasses import replace

    return replace(spec(), sound="tone")


@pytest.fixture(scope="module")
def tone() -> Video:
    return render_video(toned())


def heard(data: bytes) -> Any:
    import av

    with av.open(BytesIO(data), "r") as container:
        return numpy.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


def decibels(level: float) -> float:
    return float(20 * numpy.log10(level))


def test_a_tone_is_heard_and_stays_below_every_platforms_bound(tone: Video) -> None:
    sound = heard(tone.data)
    assert sound.shape[1] >= 6 * SAMPLES_PER_SECOND
    middle = sound[:, SAMPLES_PER_SECOND : 4 * SAMPLES_PER_SECOND]
    both_ears = float((middle.astype(numpy.float64) ** 2).mean(axis=1).sum())  # as BS.1770 adds channels up
    assert -45 < decibels(both_ears**0.5) < _QUIETEST
    assert decibels(float(abs(sound).max())) < -20


def test_it_begins_and_ends_in_silence() -> None:
    made = samples("tone", 6)
    assert (made[0], made[-1], len(made)) == (0, 0, 6 * SAMPLES_PER_SECOND)
    steps = abs(numpy.diff(made))
    assert steps[:480].max() <= 2
    assert steps[-480:].max() <= 2
    # No jump anywhere: what a click is.
    assert steps.max() < made.max() // 10


def test_its_measure_is_what_was_encoded(tone: Video) -> None:
    assert tone.sound == sound_of("tone", samples("tone", 6))
    assert tone.sound.peak_dbfs is not None
    assert abs(decibels(float(abs(heard(tone.data)).max())) - tone.sound.peak_dbfs) < 1.5
    assert tone.sound.note() == {"sound": "tone", "peak_dbfs": tone.sound.peak_dbfs, "mean_dbfs": tone.sound.mean_dbfs}


def test_silence_has_no_level() -> None:
    assert not samples("silence", 6).any()
    assert sound_of("silence", samples("silence", 6)) == SILENCE
    assert SILENCE.note() == {"sound": "silence"}


def test_the_same_spec_gives_the_same_bytes(tone: Video) -> None:
    assert render_video(toned()).data == tone.data
    assert (
        samples("tone", 15)[SAMPLES_PER_SECOND : 4 * SAMPLES_PER_SECOND] == samples("tone", 6)[SAMPLES_PER_SECOND : 4 * SAMPLES_PER_SECOND]
    ).all()
