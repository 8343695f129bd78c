"""A transformer before every classification backbone of MMPretrain.

Each in the smallest variant, with the smallest sources it takes.
"""

import pytest
import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close

pytestmark = pytest.mark.slow

FOUR = dict(embed_dims=16, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])
TOKENS = dict(
    embed_dims=16, num_layers=2, num_heads=2, feedforward_channels=32
)
PIXELS = {  # side of a square source, where it is not 32
    'AlexNet': 64,
    'ConvMixer': 28,
    'EfficientFormer': 224,
    'InceptionV3': 75,
    'LeViT': 64,
    'PyramidVig': 224,
    'RepMLPNet': 64,
    'ResNet_CIFAR': 16,
    'SwinTransformerV2': 64,
    'TinyViT': 64,
    'Vig': 224,
    'ViTEVA02': 28,
}
BACKBONES = {
    'AlexNet': dict(),
    'BEiTViT': dict(arch=TOKENS, img_size=32, patch_size=16),
    'CSPDarkNet': dict(depth=53),
    'CSPResNeXt': dict(depth=50),
    'CSPResNet': dict(depth=50),
    'Conformer': dict(
        arch=dict(embed_dims=32, channel_ratio=1, num_heads=2, depths=12)
    ),
    'ConvMixer': dict(
        arch=dict(embed_dims=32, depth=2, patch_size=7, kernel_size=3)
    ),
    'ConvNeXt': dict(arch='atto'),
    'DaViT': dict(arch=FOUR, window_size=2, pad_small_map=True),
    'DeiT3': dict(arch=TOKENS, img_size=32),
    'DenseNet': dict(arch='121'),
    'DistilledVisionTransformer': dict(arch=TOKENS, img_size=32),
    'EdgeNeXt': dict(arch='xxsmall'),
    'EfficientFormer': dict(arch='l1'),
    'EfficientNet': dict(arch='b0'),
    'EfficientNetV2': dict(arch='b0'),
    'HRNet': dict(arch='w18'),
    'HiViT': dict(arch='tiny', img_size=32),
    'HorNet': dict(arch='tiny'),
    'InceptionV3': dict(num_classes=2, aux_logits=False),
    'LeNet5': dict(),
    'LeViT': dict(arch='128s', img_size=64),
    'MViT': dict(
        img_size=32,
        arch=dict(
            embed_dims=16, num_layers=4, num_heads=1, downscale_indices=[1, 2]
        ),
    ),
    'MixMIMTransformer': dict(
        arch=FOUR, img_size=32, window_size=[2, 2, 2, 1]
    ),
    'MlpMixer': dict(
        img_size=32,
        patch_size=16,
        arch=dict(
            embed_dims=16,
            num_layers=2,
            tokens_mlp_dims=8,
            channels_mlp_dims=16,
        ),
    ),
    'MobileNetV2': dict(),
    'MobileNetV3': dict(arch='small'),
    'MobileOne': dict(arch='s0'),
    'MobileViT': dict(arch='xx_small'),
    'PCPVT': dict(arch='small'),
    'PoolFormer': dict(arch='s12'),
    'PyramidVig': dict(arch='tiny'),
    'RIFormer': dict(arch='s12'),
    'RegNet': dict(arch='regnetx_400mf'),
    'RepLKNet': dict(
        arch=dict(
            large_kernel_sizes=[7, 7, 5, 5],
            layers=[1, 1, 1, 1],
            channels=[16, 16, 32, 32],
            small_kernel=3,
            dw_ratio=1,
        )
    ),
    'RepMLPNet': dict(
        img_size=64,
        reparam_conv_kernels=(1,),
        arch=dict(
            channels=[16, 16, 32, 32],
            depths=[1, 1, 1, 1],
            sharesets_nums=[1, 4, 4, 8],
        ),
    ),
    'RepVGG': dict(arch='A0'),
    'Res2Net': dict(depth=50),
    'ResNeSt': dict(depth=50),
    'ResNeXt': dict(depth=50),
    'ResNet': dict(depth=18),
    'ResNetV1c': dict(depth=50),
    'ResNetV1d': dict(depth=50),
    'ResNet_CIFAR': dict(depth=18),
    'RevVisionTransformer': dict(arch=TOKENS, img_size=32),
    'SEResNeXt': dict(depth=50),
    'SEResNet': dict(depth=50),
    'SVT': dict(
        arch=dict(
            embed_dims=[16, 16, 32, 32],
            depths=[1, 1, 1, 1],
            num_heads=[1, 1, 2, 2],
            patch_sizes=[4, 2, 2, 2],
            strides=[4, 2, 2, 2],
            mlp_ratios=[2, 2, 2, 2],
            sr_ratios=[8, 4, 2, 1],
            window_sizes=[7, 7, 7, 7],
        )
    ),
    'ShuffleNetV1': dict(),
    'ShuffleNetV2': dict(),
    'SwinTransformer': dict(arch=FOUR, img_size=32, window_size=1),
    'SwinTransformerV2': dict(
        arch=dict(**FOUR, extra_norm_every_n_blocks=0),
        img_size=64,
        window_size=2,
    ),
    'T2T_ViT': dict(img_size=32),
    'TNT': dict(
        img_size=32,
        arch=dict(
            embed_dims_outer=32,
            embed_dims_inner=8,
            num_layers=2,
            num_heads_outer=2,
            num_heads_inner=2,
        ),
    ),
    'TinyViT': dict(arch='5m', img_size=(64, 64), window_size=[4, 4, 4, 2]),
    'VAN': dict(arch='tiny'),
    'VGG': dict(depth=11),
    'ViTEVA02': dict(arch='tiny', img_size=28),
    'ViTSAM': dict(
        arch=dict(**TOKENS, global_attn_indexes=[1]),
        img_size=32,
        window_size=1,
    ),
    'Vig': dict(arch='tiny'),
    'VisionTransformer': dict(arch=TOKENS, img_size=32),
    'XCiT': dict(
        embed_dims=32, depth=2, num_heads=2, mlp_ratio=4, patch_size=16
    ),
}
JUMPY = {'PyramidVig', 'Vig'}  # rounding changes which neighbours are near
LEFT_OUT = {
    'SparseConvNeXt': 'reads the mask of masked pre-training from a global',
    'SparseResNet': 'reads the mask of masked pre-training from a global',
    'TIMMBackbone': 'needs timm, which is not installed',
}


def sources(name):
    torch.manual_seed(0)
    side = PIXELS.get(name, 32)
    return torch.rand(2, 1 if name == 'LeNet5' else 3, side, side)


def tensors(features):
    """Return every tensor in the output of a backbone, in order."""
    if isinstance(features, torch.Tensor):
        return [features]
    return [part for item in features or () for part in tensors(item)]


def learn(model, source):
    """Return the names of parameters that get a gradient."""
    torch.manual_seed(0)
    model.train()
    sum(part.square().sum() for part in tensors(model(source))).backward()
    return {name for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize('name', BACKBONES)
def test_a_transformer_on_its_input(name, transformer):
    source = sources(name)
    torch.manual_seed(0)
    bare = MODELS.build(dict(type=name, **BACKBONES[name]))
    model = MODELS.build(
        dict(
            type='mmstn.STNBackbone',
            backbone=dict(type=name, **BACKBONES[name]),
            transformers=[transformer(source.shape[2:])],
        )
    )
    model.load_state_dict(bare.state_dict(), strict=False)
    bare.eval()
    model.eval()
    with torch.no_grad():
        expected, features = tensors(bare(source)), tensors(model(source))
    atol = 1e-2 if name in JUMPY else 1e-4
    assert_close(features, expected, atol=atol, rtol=1e-4)

    expected = {f'backbone.{parameter}' for parameter in learn(bare, source)}
    assert not expected - learn(model, source)
    regressor = model.transformers[0].localisation.regressor
    assert (regressor.bias.grad != 0).all()


def test_no_backbone_is_forgotten():
    registered = {
        name
        for name, module in MODELS.module_dict.items()
        if module.__module__.startswith('mmpretrain.models.backbones.')
    }
    assert registered == BACKBONES.keys() | LEFT_OUT.keys()
    assert not BACKBONES.keys() & LEFT_OUT.keys()
