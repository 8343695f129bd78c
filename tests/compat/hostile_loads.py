"""Every way to a checkpoint, tried on a hostile one in some other process.

python hostile_loads.py FOLDER WHERE: the checkpoints of FOLDER, by file and
by address, in the main thread, another thread, or a spawned worker that has
imported nothing of ours. Prints "refused" for each, and exits with what is
wrong.
"""

import functools
import http.server
import pickle
import sys
import threading
import traceback
from pathlib import Path

ADVICE = ('weights_only', 'safe_globals', 'trust', 'arbitrary code')


class Loads:
    """A data set whose one sample is the text of what went wrong."""

    def __init__(self, folder, address):
        self.folder, self.address = folder, address

    def __len__(self):
        return 1

    def __getitem__(self, index):
        faults = [list(self.faults(load)) for load in self.loads()]
        return '\n'.join(sum(faults, []))

    def loads(self):
        """Yield calls, each of which loads one checkpoint."""
        import torch
        from mmengine.runner import checkpoint, load_checkpoint

        for path in sorted(Path(self.folder).glob('*.pth')):
            url = f'{self.address}/{path.name}'
            names = dict.fromkeys(['a'], url)
            checkpoint.get_torchvision_models = lambda names=names: names
            checkpoint.get_mmcls_models = lambda names=names: names
            checkpoint.get_external_models = lambda names=names, path=path: {
                **names,
                'file': str(path),
            }
            for name in (
                str(path),
                url,
                'torchvision://a',
                'modelzoo://a',
                'openmmlab://a',
                'open-mmlab://a',
                'openmmlab://file',
                'mmcls://a',
            ):
                model = torch.nn.Linear(1, 1)
                yield functools.partial(load_checkpoint, model, name)
            yield functools.partial(self.pretrained, url)
            yield functools.partial(self.retrieve, str(path))

    def pretrained(self, url):
        from mmengine.model import BaseModule

        class Net(BaseModule):
            pass

        Net(dict(type='Pretrained', checkpoint=url)).init_weights()

    def retrieve(self, path):
        from mmpretrain.models.retrievers import image2image

        image2image.torch.load(path)

    def faults(self, load):
        """Yield the faults in the refusal of one load."""
        try:
            load()
            yield f'{load}: loaded'
        except pickle.UnpicklingError as error:
            text = ''.join(traceback.format_exception(error))
            if 'was not loaded' not in text:
                yield f'{load}: {text}'
            else:
                print('\nrefused')
            if any(word in line for line in said(text) for word in ADVICE):
                yield f'{load}: advises in {text}'
        except Exception as error:
            yield f'{load}: {error!r}'


def said(text):
    """Return the lines of a traceback that are no lines of code."""
    return [line for line in text.splitlines() if not line.startswith(' ')]


def look(folder, address, where):
    import mmstn  # noqa: F401  only here: a spawned worker does not come by

    loads = Loads(folder, address)
    if where == 'main':
        return loads[0]
    if where == 'thread':
        found = []
        thread = threading.Thread(target=lambda: found.append(loads[0]))
        thread.start()
        thread.join()
        return found[0]
    from mmengine.runner import Runner

    (batch,) = Runner.build_dataloader(
        dict(
            dataset=loads,
            batch_size=1,
            num_workers=1,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='pseudo_collate'),
            multiprocessing_context=where,
        ),
        seed=0,
    )
    return batch[0]


if __name__ == '__main__':
    serve = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=sys.argv[1]
    )
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = f'http://127.0.0.1:{server.server_port}'
        faults = look(sys.argv[1], home, sys.argv[2])
        server.shutdown()
    sys.exit(faults or 0)
