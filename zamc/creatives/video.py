"""A video becomes the bytes of a file: H.264 and AAC, silent unless the brand wants a tone, in an MP4 that plays while it is being loaded.

One thread per video: several are made at once instead.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from zamc.creatives.sound import SAMPLES_PER_SECOND, SILENCE, Sound, samples, sound_of
from zamc.creatives.video_frames import Planes, frames
from zamc.creatives.video_scenes import FRAMES_PER_SECOND, VideoSpec

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.video.stream import VideoStream
    from numpy.typing import NDArray

MEDIA_TYPE = "video/mp4"
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
    sound: Sound = SILENCE


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
            heard = samples(spec.sound, spec.seconds)
            _sounds(container, sound, heard)
        made = sound_of(spec.sound, heard)
        return Video(path.read_bytes(), spec.placement.width, spec.placement.height, spec.seconds, sound=made)


def _picture_stream(container: "OutputContainer", spec: VideoSpec) -> "VideoStream":
    stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_H264)
    stream.width, stream.height, stream.pix_fmt = spec.placement.width, spec.placement.height, "yuv420p"
    context = stream.codec_context
    context.thread_count, context.gop_size = 1, _KEY_FRAME_EVERY
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _LIMITED_RANGE
    return stream


def _sound_stream(container: "OutputContainer") -> "AudioStream":
    stream = container.add_stream("aac", rate=SAMPLES_PER_SECOND, layout="stereo", options={"flags": "+bitexact"})
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


def _sounds(container: "OutputContainer", stream: "AudioStream", heard: "NDArray[Any]") -> None:
    """The same on both ears. Whole numbers of 16 bits are exact as floats, which the encoder takes."""
    import av
    import numpy

    for start in range(0, len(heard), _SAMPLES_PER_FRAME):
        piece = heard[start : start + _SAMPLES_PER_FRAME].astype(numpy.float32) / numpy.float32(32_768)
        frame = av.AudioFrame.from_ndarray(numpy.stack([piece, piece]), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLES_PER_SECOND, start, Fraction(1, SAMPLES_PER_SECOND)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
