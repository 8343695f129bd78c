"""BN-Inception alone on CUB-200-2011 at 224 pixels: what the birds start from.

python tools/train.py configs/inception_v2_cub.py

The data set in data/CUB_200_2011, ImageNet weights converted by
tools/convert_inception_v2.py to checkpoints/inception_v2_in1k.pth.
Source: Jaderberg et al. 2015, section 4.3 and appendix A.6: learning rate
0.1, a tenth of it after 10k, 20k and 25k iterations, weight decay 1e-5,
dropout 0.7. Ours, where the paper is silent: momentum 0.9, and 30k iterations
with 256 images each, 32 on each of 8 GPUs; with others, --auto-scale-lr.
Expected: an accuracy of 82.3 %, the paper's.
Result: not run yet.
"""

_base_ = ['_base_/cub_224.py', '_base_/inception_v2_cub.py']
