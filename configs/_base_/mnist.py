"""Distorted MNIST, as the paper has it.

MNIST is downloaded into data/mnist at the first run. How long, and by what, a
network trains on it is another base: `mnist_60e.py` or `mnist_25e.py`.

Source: Jaderberg et al. 2015, section 4.1 and appendix A.4. Ours:
- distorted afresh in each epoch; R on 28x28, P and E on 42x42 pixels;
- about 400,000 parameters and at most 64 channels cannot both be: the fully
  connected models have 400k, the convolutional ones those of a CNN with 64
  channels (209k on R, 229k on RTS, P and E, 270k on TC), within 6 %;
- behind the transformer RTS and TC are averaged 2x2, as the paper has it; of
  RTS that would leave 21x21 cells, too few for the convolutions: the output of
  the transformer is 56x56.
"""

_base_ = 'digits.py'

train_dataloader = dict(
    batch_size=128,
    dataset=dict(type='mmstn.DistortedMNIST', data_root='data/mnist'),
)
val_dataloader = dict(
    dataset=dict(type='mmstn.DistortedMNIST', data_root='data/mnist'),
)
test_dataloader = val_dataloader

auto_scale_lr = dict(base_batch_size=128)
default_hooks = dict(checkpoint=dict(max_keep_ckpts=1))
