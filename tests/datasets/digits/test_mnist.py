"""Laws of reading and fetching MNIST."""

import gzip
import hashlib
import threading
import tracemalloc
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from torchvision.datasets import MNIST

from mmstn.datasets.digits import mnist
from mmstn.datasets.digits.mnist import load_mnist

IMAGES = 't10k-images-idx3-ubyte'
LABELS = 't10k-labels-idx1-ubyte'
PIXELS = np.arange(3 * 28 * 28).astype(np.uint8).reshape(3, 28, 28)
DIGITS = np.array([7, 0, 9], np.uint8)


def idx(array):
    header = bytes([0, 0, 8, array.ndim])
    shape = np.array(array.shape, '>i4').tobytes()
    return header + shape + array.tobytes()


def write(folder, images=None, labels=None):
    images = idx(PIXELS) if images is None else images
    labels = idx(DIGITS) if labels is None else labels
    folder.mkdir(exist_ok=True)
    (folder / IMAGES).write_bytes(images)
    (folder / f'{LABELS}.gz').write_bytes(gzip.compress(labels))
    return str(folder)


def load(folder):
    return load_mnist(folder, 'test', download=False)


def test_files_are_read_gzipped_or_not(tmp_path):
    images, labels = load(write(tmp_path))
    np.testing.assert_array_equal(images, PIXELS)
    assert labels.tolist() == [7, 0, 9]
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)


@pytest.mark.parametrize(
    ('split', 'count'), [('train', 60000), ('test', 10000)]
)
def test_mnist_is_all_there(mnist_root, split, count):
    images, labels = load_mnist(str(mnist_root), split, download=False)
    assert images.shape == (count, 28, 28)
    first = {'train': [5, 0, 4, 1, 9], 'test': [7, 2, 1, 0, 4]}
    assert labels[:5].tolist() == first[split]


DAMAGED = {
    'truncated': (idx(PIXELS)[:-1], f'{IMAGES} is truncated: 2367 bytes'),
    'cut in the header': (idx(PIXELS)[:9], f'{IMAGES} is truncated: 9 bytes'),
    'too long': (
        idx(PIXELS) + b'\0',
        f'{IMAGES} is damaged: it goes on after the 2368',
    ),
    'huge': (
        b'\0\0\x08\x03' + b'\x40\0\0\0' * 3,
        f'{IMAGES} is damaged: its header promises {2**90} bytes',
    ),
    'more than there is': (
        b'\0\0\x08\x03' + b'\0\0\x01\0' * 3,
        f'{IMAGES} is truncated: 16 bytes, where {16 + 2**24} are',
    ),
    'empty': (b'', f'{IMAGES} is no idx file .* nothing'),
    'labels': (idx(DIGITS), f'{IMAGES} is no idx file .* 00 00 08 01'),
    'page': (b'<html>', f'{IMAGES} is no idx file .* 3c 68 74 6d'),
    'small': (idx(PIXELS[:, :8]), f'{IMAGES} must hold images of 28x28'),
    'none': (idx(PIXELS[:0]), f'{IMAGES} must hold images'),
    'fewer': (idx(PIXELS[:2]), f'{IMAGES} holds 2 images, but .*{LABELS}'),
}


@pytest.mark.parametrize('case', DAMAGED)
def test_damaged_images_are_named(tmp_path, case):
    content, message = DAMAGED[case]
    with pytest.raises(ValueError, match=message):
        load(write(tmp_path, images=content))


def test_labels_beyond_nine_are_refused(tmp_path):
    with pytest.raises(ValueError, match=f'{LABELS}.* from 0 to 9, .* 10'):
        load(write(tmp_path, labels=idx(DIGITS + 1)))


@pytest.mark.parametrize('damage', [slice(0, -9), slice(0, 25)], ids=str)
def test_truncated_gzip_is_named(tmp_path, damage):
    folder = write(tmp_path)
    path = tmp_path / f'{LABELS}.gz'
    path.write_bytes(path.read_bytes()[damage])
    with pytest.raises(ValueError, match=f'{LABELS}.gz is damaged'):
        load(folder)


def test_a_file_that_is_not_gzip_is_named(tmp_path):
    folder = write(tmp_path)
    (tmp_path / f'{LABELS}.gz').write_bytes(idx(DIGITS))
    with pytest.raises(ValueError, match=f'{LABELS}.gz is damaged'):
        load(folder)


@pytest.mark.slow
@pytest.mark.parametrize('head', [idx(DIGITS), b''], ids=['idx', 'none'])
def test_bytes_beyond_the_header_are_not_read(tmp_path, head):
    folder = write(tmp_path)
    content = gzip.compress(head + bytes(1 << 27))
    (tmp_path / f'{LABELS}.gz').write_bytes(content)
    tracemalloc.start()
    with pytest.raises(ValueError, match=f'{LABELS}.gz is (damaged|no idx)'):
        load(folder)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 22


def test_missing_files_say_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match='download=True') as error:
        load(str(tmp_path / 'nowhere'))
    for hint in ('nowhere', IMAGES, LABELS, 'data_root', MNIST.mirrors[0]):
        assert hint in str(error.value)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror of its own, after one that is gone."""
    served = tmp_path / 'served'
    write(served)
    packed = gzip.compress(idx(PIXELS))
    (served / f'{IMAGES}.gz').write_bytes(packed)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(
        ('127.0.0.1', 0), partial(Quiet, directory=served)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f'http://127.0.0.1:{server.server_port}/'
    monkeypatch.setattr(MNIST, 'mirrors', [f'{url}gone/', url])
    sums = [
        (path.name, hashlib.md5(path.read_bytes()).hexdigest())
        for path in served.glob('*.gz')
    ]
    monkeypatch.setattr(MNIST, 'resources', sums)
    yield served
    server.shutdown()
    server.server_close()


def test_missing_files_are_fetched(tmp_path, mirror):
    root = tmp_path / 'deep' / 'root'
    images, labels = load_mnist(str(root), 'test', download=True)
    np.testing.assert_array_equal(images, PIXELS)
    assert labels.tolist() == [7, 0, 9]
    names = sorted(path.name for path in root.iterdir())
    assert names == [f'{IMAGES}.gz', f'{LABELS}.gz']


def test_a_killed_download_leaves_nothing_in_the_data_folder(
    tmp_path, mirror, monkeypatch
):
    root, seen = tmp_path / 'root', []
    download = mnist.download_url

    def watched(*args):
        download(*args)
        seen.append(list(root.iterdir()))  # what stays if it ends here

    monkeypatch.setattr(mnist, 'download_url', watched)
    load_mnist(str(root), 'test', download=True)
    assert seen == [[], [root / f'{IMAGES}.gz']]


def test_present_files_are_not_fetched(tmp_path, mirror):
    root = write(tmp_path / 'root')
    for path in mirror.iterdir():
        path.unlink()
    assert len(load_mnist(root, 'test', download=True)[0]) == 3


def test_a_false_download_leaves_nothing_behind(tmp_path, mirror):
    (mirror / f'{IMAGES}.gz').write_bytes(gzip.compress(idx(PIXELS + 1)))
    root = tmp_path / 'root'
    with pytest.raises(FileNotFoundError, match='Downloading it failed'):
        load_mnist(str(root), 'test', download=True)
    assert list(root.iterdir()) == []


def test_only_the_main_process_fetches(tmp_path, mirror, monkeypatch):
    monkeypatch.setattr(mnist.dist, 'is_main_process', lambda: False)
    with pytest.raises(FileNotFoundError, match='all processes see'):
        load_mnist(str(tmp_path / 'root'), 'test', download=True)


def test_others_do_not_wait_for_a_failed_download(tmp_path, monkeypatch):
    met = []
    monkeypatch.setattr(mnist.dist, 'barrier', lambda: met.append(True))
    monkeypatch.setattr(MNIST, 'mirrors', ['http://127.0.0.1:9/'])
    with pytest.raises(FileNotFoundError, match='127.0.0.1:9'):
        load_mnist(str(tmp_path), 'test', download=True)
    assert met == [True]
