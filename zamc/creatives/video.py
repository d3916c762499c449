"""A video becomes the bytes of a file: H.264 and silent AAC in an MP4 that plays while it is being loaded.

The sound is silence on purpose: feeds play without sound, silence cannot be too loud on any platform, and a tone would have to be computed
in floating point, which not every processor does alike. One thread per video: several are made at once instead.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from zamc.creatives.video_frames import Planes, frames
from zamc.creatives.video_scenes import FRAMES_PER_SECOND, VideoSpec

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.stream import VideoStream

MEDIA_TYPE = "video/mp4"
_SAMPLES_PER_SECOND = 48_000
_SAMPLES_PER_FRAME = 1_024
# superfast: a third of the size of ultrafast on flat colours, for a third more time. A key frame every 2 s lets players seek.
_H264 = {"preset": "superfast", "crf": "23", "profile": "high", "threads": "1"}
_KEY_FRAME_EVERY = 2 * FRAMES_PER_SECOND
_BT709 = 1  # AVCOL_PRI_BT709, AVCOL_TRC_BT709 and AVCOL_SPC_BT709
_LIMITED_RANGE = 1  # AVCOL_RANGE_MPEG


@dataclass(frozen=True)
class Video:
    """An encoded video. Lengths in pixels."""

    data: bytes
    width: int
    height: int
    seconds: int
    media_type: str = MEDIA_TYPE


def render_video(spec: VideoSpec) -> Video:
    """Draw and encode. The same spec gives the same bytes with the same wheels of Pillow and PyAV. Raises what scenes() raises."""
    import av

    with TemporaryDirectory(prefix="zamc-video-") as folder:
        path = Path(folder) / "video.mp4"  # a file, not a buffer: moving the index to the front reads what was written
        # bitexact: no time of day and no version of the encoder in the file.
        container = av.open(str(path), "w", options={"movflags": "+faststart", "fflags": "+bitexact"})
        with container:
            picture, sound = _picture_stream(container, spec), _sound_stream(container)
            for number, planes in enumerate(frames(spec)):
                container.mux(picture.encode(_frame(planes, number)))
            container.mux(picture.encode(None))
            _silence(container, sound, spec.seconds)
        return Video(path.read_bytes(), spec.placement.width, spec.placement.height, spec.seconds)


def _picture_stream(container: "OutputContainer", spec: VideoSpec) -> "VideoStream":
    stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_H264)
    stream.width, stream.height, stream.pix_fmt = spec.placement.width, spec.placement.height, "yuv420p"
    context = stream.codec_context
    context.thread_count, context.gop_size = 1, _KEY_FRAME_EVERY
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED_RANGE
    return stream


def _sound_stream(container: "OutputContainer") -> "AudioStream":
    stream = container.add_stream("aac", rate=_SAMPLES_PER_SECOND, layout="stereo", options={"flags": "+bitexact"})
    stream.bit_rate = 64_000
    return stream


def _frame(planes: Planes, number: int) -> Any:
    import av
    import numpy

    high, wide = planes.luma.shape
    frame = av.VideoFrame(wide, high, "yuv420p")
    for plane, content in zip(frame.planes, planes.all(), strict=True):
        rows, columns = content.shape
        numpy.frombuffer(memoryview(plane), numpy.uint8).reshape(rows, plane.line_size)[:, :columns] = content
    frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
    return frame


def _silence(container: "OutputContainer", stream: "AudioStream", seconds: int) -> None:
    import av
    import numpy

    for start in range(0, seconds * _SAMPLES_PER_SECOND, _SAMPLES_PER_FRAME):
        count = min(_SAMPLES_PER_FRAME, seconds * _SAMPLES_PER_SECOND - start)
        frame = av.AudioFrame.from_ndarray(numpy.zeros((2, count), numpy.float32), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = _SAMPLES_PER_SECOND, start, Fraction(1, _SAMPLES_PER_SECOND)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
