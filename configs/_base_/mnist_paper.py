"""The paper's own schedule of distorted MNIST: 640 epochs by SGD.

In place of ours: `--schedule configs/_base_/mnist_paper.py`. The rate falls to
a tenth after every 50,000 of 150,000 iterations, here counted in epochs, so
that it does so in several processes too.

Source: Jaderberg et al. 2015, appendix A.4.
"""

train_dataloader = dict(batch_size=256)
optim_wrapper = dict(optimizer=dict(_delete_=True, type='SGD', lr=0.01))
param_scheduler = [dict(type='StepLR', step_size=213, gamma=0.1)]
train_cfg = dict(by_epoch=True, max_epochs=640, val_interval=10)
auto_scale_lr = dict(base_batch_size=256)
