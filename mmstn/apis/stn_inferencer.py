"""Classify images, and return the regions that transformers read."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, default_collate
from mmengine.model import BaseModel
from mmpretrain.apis import ImageClassificationInferencer
from mmpretrain.registry import TRANSFORMS
from mmpretrain.structures import DataSample

from mmstn.apis.images import load, to_rgb
from mmstn.apis.outline_visualizer import OutlineVisualizer
from mmstn.apis.pipeline import image_steps, takes_rgb, with_test_set
from mmstn.attention.denormaliser import Denormaliser
from mmstn.attention.record import record_attention
from mmstn.attention.regions import find_regions
from mmstn.checkpoint_fit import load_whole
from mmstn.datasets.pixel_map import geometric_steps, pixel_map
from mmstn.models.transformer.find import require_transformers
from mmstn.shipped import find_config, find_weights


class STNInferencer(ImageClassificationInferencer):
    """Classify images, and return the region each transformer read.

    Takes paths, BGR arrays as OpenCV reads them, images of Pillow, or a list
    of these; a list may mix them. ``show_dir`` and the other settings are
    those of MMPretrain's inferencer; the pictures also show the outlines of
    regions. Each result has besides ``pred_label``, ``pred_score``,
    ``pred_scores`` and ``pred_class`` (of a house number, the scores and
    classes of each digit)

    - ``path``: of the image, None if none was given.
    - ``width``, ``height``: of the image, upright.
    - ``regions``: a list with a dict for each transformer:

      - ``transformer``: its name in the network.
      - ``theta``: ``(P,)``, the parameters of its map.
      - ``outline``: ``(K, 2)``, the border of its region, ``(x, y)`` in
        pixels of the image; the centre of the first pixel is 0. It starts at
        what became the top left corner of the crop, then top right. Where
        lines stay straight there are four corners, else 256 points. NaN where
        there is no such point; None where no place in the image is one place
        in the crop.
      - ``crop``: its output, RGB ``(H, W, 3)`` in uint8; of a feature
        map the mean of the channels, from darkest to brightest.

    With ``return_datasamples`` the regions are a field of each data sample.
    The noise of ``mmstn.Turn`` and ``mmstn.CornerNoise`` is left out.

    Args:
        model: A config, its path, the name of a config of mmstn, such as
            ``'st_cnn_aff_rts'``, or a model made by ``get_model``.
        pretrained: Path of the checkpoint. True: a config's ``load_from``, or
            the weights that come with mmstn for it; False: none.
        **kwargs: Of ``ImageClassificationInferencer``: ``device``,
            ``classes``, ...

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If the network has no transformer, the checkpoint is one
            of another network, the config has no pipeline for images, or its
            pipeline has a step through which pixels cannot be followed.
    """

    def __init__(
        self,
        model: str | Path | Config | BaseModel,
        pretrained: bool | str | Path = True,
        **kwargs,
    ):
        if isinstance(model, str | Path):
            path = find_config(str(model))
            model = Config.fromfile(path)
        if isinstance(pretrained, Path):
            pretrained = str(pretrained)
        if isinstance(model, Config):
            if pretrained is True and model.get('load_from') is None:
                pretrained = str(find_weights(model.filename))
            model = with_test_set(model)
        super().__init__(model, pretrained, **kwargs)
        weights = pretrained
        if pretrained is True and not isinstance(model, BaseModel):
            known = self.model._metainfo
            weights = known.weights if known else self.config.get('load_from')
        if isinstance(weights, str):
            try:
                load_whole(self.model, weights)
            except ValueError as error:
                if pretrained is not True:
                    raise
                raise ValueError(
                    'STNInferencer: no checkpoint is given, so that which '
                    f'the config starts from was taken; {error}'
                ) from error
        self.transformers = require_transformers(
            'STNInferencer',
            self.model,
            "for the classes alone take MMPretrain's "
            'ImageClassificationInferencer',
        )

    def _init_pipeline(self, cfg: Config) -> Callable:
        steps = image_steps(cfg)
        self.steps = geometric_steps(steps)
        self.is_rgb = takes_rgb(cfg)
        # images are loaded in `preprocess`
        return Compose([TRANSFORMS.build(step) for step in steps])

    def _inputs_to_list(self, inputs: object) -> list:
        inputs = str(inputs) if isinstance(inputs, Path) else inputs
        return super()._inputs_to_list(inputs)

    def preprocess(self, inputs: list, batch_size: int = 1) -> Iterator[dict]:
        """Yield batches; their samples know the path and size of the image."""
        steps = [load, to_rgb] if self.is_rgb else [load]
        pipeline = Compose([*steps, self.pipeline])
        chunks = self._get_chunk_data(map(pipeline, inputs), batch_size)
        yield from map(default_collate, chunks)

    @torch.no_grad()
    def forward(self, inputs: dict) -> list[DataSample]:
        """Return predictions of a batch with the field ``regions``."""
        preprocessor = self.model.data_preprocessor
        data = preprocessor(inputs, False)
        picture = data['inputs']
        with record_attention(self.transformers, picture) as record:
            predictions = self.model(**data, mode='predict')
        regions = find_regions(
            record,
            [pixel_map(self.steps, sample).to_image for sample in predictions],
            Denormaliser(preprocessor, predictions, self.is_rgb),
        )
        for sample, of_sample in zip(predictions, regions, strict=True):
            sample.set_field(of_sample, 'regions')
        return predictions

    def visualize(
        self,
        ori_inputs: list,
        preds: list[DataSample],
        show: bool = False,
        show_dir: str | Path | None = None,
        **settings,
    ) -> list[np.ndarray] | None:
        """Show or write each image with its class and outlines, in RGB."""
        if not show and show_dir is None:
            return None
        if self.visualizer is None:
            self.visualizer = OutlineVisualizer()
        images = [
            str(image)
            if isinstance(image, str | Path)
            else to_rgb(load(image))['img']
            for image in ori_inputs
        ]
        return super().visualize(
            images, preds, show=show, show_dir=show_dir, **settings
        )

    def postprocess(
        self,
        preds: list[DataSample],
        visualization: list[np.ndarray] | None,
        return_datasamples: bool = False,
    ) -> list[dict] | list[DataSample]:
        """Return results as the class describes them."""
        if return_datasamples:
            return preds
        if preds and preds[0].pred_score.ndim == 2:  # of several digits
            results = [self.sequence(sample) for sample in preds]
        else:
            results = super().postprocess(preds, visualization)
        for result, sample in zip(results, preds, strict=True):
            height, width = sample.ori_shape
            result.update(
                path=sample.get('img_path'),
                width=width,
                height=height,
                regions=sample.regions,
            )
        return results

    def sequence(self, sample: DataSample) -> dict:
        """Return the labels of a sequence, and the product of their scores."""
        scores, labels = sample.pred_score.max(1)  # (L,)
        result = dict(
            pred_scores=sample.pred_score.cpu().numpy(),
            pred_label=labels.tolist(),
            pred_score=scores.prod().item(),
        )
        if self.classes is not None:
            names = [self.classes[label] for label in result['pred_label']]
            result['pred_class'] = ' '.join(names)
        return result


def inference_model(model: str | Config | BaseModel, *args, **kwargs) -> dict:
    """Return the result of one image: see :class:`STNInferencer`.

    MMPretrain's function of this name knows the models of its zoo only.

    Args:
        model: A config, its path, or a model made by ``get_model``.
        *args: What to call the inferencer with, the image first.
        **kwargs: Of the inferencer, ``pretrained`` and ``device``.
    """
    return STNInferencer(model, **kwargs)(*args)[0]
