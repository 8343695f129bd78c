"""The page in the browser, in a real one where there is one."""

import shutil
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from mmengine.config import Config

pytest.importorskip('gradio', reason='needs pip install mmstn[demo]')

from mmstn.apis import STNInferencer  # noqa: E402
from mmstn.apis.demo import Page, first_picture, fitted, moved, serve  # noqa: E402

CHROMIUM = shutil.which('chromium')


def photo(height=60, width=80):
    noise = np.random.default_rng(0).random((height, width, 3))
    smooth = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 3)
    return np.clip(smooth * 400 - 72, 0, 255).astype(np.uint8)


def test_a_move_is_opencvs():
    picture = photo()
    turned = cv2.getRotationMatrix2D((39.5, 29.5), -30, 1.2)
    turned[:, 2] += [0.1 * 30, 0.2 * 30]  # halves of the shorter side
    expected = cv2.warpAffine(
        picture, turned, (80, 60), borderMode=cv2.BORDER_REPLICATE
    )
    ours = moved(picture, 30, 1.2, 0.1, 0.2)
    # OpenCV counts in 32nds of a pixel
    assert np.abs(ours.astype(int) - expected).max() <= 2
    assert np.abs(ours.astype(int) - picture).max() > 50


def test_a_picture_at_rest_and_one_tilted():
    picture = photo()
    np.testing.assert_array_equal(moved(picture), picture)
    ramp = np.linspace(0, 250, 81)[None, :, None].repeat(61, 0).repeat(3, 2)
    tilted = moved(ramp.round().astype(np.uint8), tilt=0.5)
    assert tilted[30, 40, 0] == 125  # the centre stays
    near, far = tilted[30, 79, 0] - 125.0, 125.0 - tilted[30, 1, 0]
    assert near < far  # what comes nearer is larger, so less is seen of it


def test_a_large_picture_is_bounded():
    assert fitted(np.zeros((3000, 1000, 4), np.uint8)).shape == (480, 160, 3)
    assert fitted(photo()).shape == (60, 80, 3)
    assert fitted(np.zeros((1, 3000, 3), np.uint8)).shape == (1, 480, 3)
    assert fitted(np.zeros((3000, 2, 3), np.uint8)).shape == (480, 1, 3)


@pytest.fixture(scope='module')
def inferencer():
    return STNInferencer('stn_digits')


def test_the_page_answers_a_drawing(inferencer):
    import gradio

    page = Page(inferencer, first_picture(inferencer.config))
    drawing = dict(composite=page.picture)
    sheet, classes, rows = page.answer(drawing, 20, 1, 0.1, 0, 0)
    assert sheet.ndim == 3
    assert max(classes, key=classes.get) == '0 - zero'
    assert sum(classes.values()) == pytest.approx(1, abs=1e-3)
    ((name, *theta),) = rows
    assert name == 'backbone.transformers.0'
    assert len(theta) == 6
    with pytest.raises(gradio.Error, match='Draw something'):
        page.answer(dict(composite=None), 0, 1, 0, 0, 0)


def test_ten_classes_of_two_hundred_have_their_names():
    inferencer = STNInferencer('stn_cub10_2x', pretrained=False)
    page = Page(inferencer, photo())
    drawing = dict(composite=photo(400, 400))
    _, classes, _ = page.answer(drawing, 0, 1, 0, 0, 0)
    assert list(classes) == list(inferencer.classes[:10])


@pytest.mark.parametrize(
    ('name', 'shape'),
    [('sums/2xst_fcn_aff', '42, 42, 2'), ('volumes/cnn', '60, 60, 60, 1')],
)
def test_what_is_no_picture_cannot_be_moved(name, shape, mnist_root):
    cfg = Config.fromfile(f'configs/{name}.py')
    cfg.test_dataloader.dataset.data_root = str(mnist_root)
    with pytest.raises(ValueError, match=rf'arrays \({shape}\)'):
        first_picture(cfg)


def test_several_ask_at_once(inferencer):
    page = Page(inferencer, photo())
    drawing = dict(composite=first_picture(inferencer.config))
    alone = page.answer(drawing, 30, 1, 0, 0, 0)
    with ThreadPoolExecutor(4) as pool:
        turns = [0, 30, 60, 30]
        asked = [
            pool.submit(page.answer, drawing, turn, 1, 0, 0, 0)
            for turn in turns
        ]
        for turn, answer in zip(turns, asked, strict=True):
            if turn == 30:
                assert answer.result()[1:] == alone[1:]


@pytest.fixture
def address(inferencer):
    blocks = serve(inferencer, prevent_thread_lock=True, quiet=True)
    yield blocks.local_url
    blocks.close()


@pytest.fixture
def browser():
    sync_api = pytest.importorskip('playwright.sync_api')
    if CHROMIUM is None:
        pytest.skip('needs chromium in the path')
    arguments = ['--no-sandbox', '--disable-gpu', '--disable-quic']
    arguments += ['--disable-background-networking', '--no-first-run']
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=arguments
        )
        yield browser
        browser.close()


@pytest.mark.slow
def test_in_a_browser_a_turned_digit_is_found(address, browser, tmp_path):
    page = browser.new_page(viewport=dict(width=1280, height=1000))
    asked = []
    page.on('request', lambda request: asked.append(request.url))
    page.goto(address)
    page.get_by_text('0 - zero').first.wait_for(timeout=60000)
    turn = page.get_by_label('number input for turn, degrees')
    said = page.evaluate('document.body.innerText')
    turn.fill('60')
    turn.press('Enter')
    page.wait_for_function(
        'said => document.body.innerText != said', arg=said, timeout=60000
    )
    hosts = {url.split('/')[2] for url in asked if url.startswith('http')}
    assert hosts == {address.split('/')[2]}  # nothing is asked elsewhere
    (tmp_path / 'bad.png').write_text('no picture')
    page.locator('input[type=file]').first.set_input_files(
        tmp_path / 'bad.png'
    )
    page.wait_for_timeout(2000)
    turn.fill('0')
    turn.press('Enter')  # it still answers
    page.get_by_text('0 - zero').first.wait_for(timeout=60000)
