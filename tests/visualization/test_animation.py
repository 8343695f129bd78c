import numpy as np
from numpy.testing import assert_array_equal
from PIL import Image

from mmstn.visualization.animation import write_gif
from mmstn.visualization.draw import COLOURS, GROUND, HALO
from mmstn.visualization.sheet import PAPER


def test_every_frame_is_kept_and_colours_of_outlines_stay(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3))
    frames = []
    for number, colour in enumerate([*COLOURS, GROUND, HALO, PAPER]):
        frame = noise.astype(np.uint8)
        frame[10:20, 3 * number : 3 * number + 5] = colour
        frames.append(frame)
    write_gif(tmp_path / 'a.gif', frames)
    with Image.open(tmp_path / 'a.gif') as gif:
        assert gif.n_frames == len(frames)
        shown = []
        for number in range(gif.n_frames):
            gif.seek(number)
            shown.append(np.asarray(gif.convert('RGB')))
    for number, picture in enumerate(shown):
        at = np.s_[10:20, 3 * number : 3 * number + 5]
        assert_array_equal(picture[at], frames[number][at])
        # what does not move does not flicker
        assert_array_equal(picture[20:], shown[0][20:])
