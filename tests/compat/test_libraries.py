"""Libraries start, or say what is missing."""

from fresh_process import python


def test_a_missing_libgl_is_said_in_words(tmp_path):
    (tmp_path / 'cv2.py').write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file')"
    )
    hidden = 'try:\n  import mmstn\nexcept ImportError:\n  print("hidden")'
    done = python(hidden, PYTHONPATH=str(tmp_path))
    assert 'hidden' in done.stdout
    assert 'libGL.so.1' in done.stderr
    assert 'apt-get install libgl1' in done.stderr


def test_torchvision_can_be_imported():
    done = python('import mmstn, torchvision.models')
    assert done.returncode == 0, done.stderr
