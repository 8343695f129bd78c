"""Keep the state of a run that is lost, and find its last good weights."""

from contextlib import suppress
from pathlib import Path

from mmengine.dist import barrier
from mmengine.runner import CheckpointLoader, Runner
from torch import Tensor

from mmstn.models.transformer.find import unwrap


def save(runner: Runner) -> Path:
    """Save the state of a run that has failed, and return the path."""
    path = Path(runner.work_dir, f'not_finite_iter_{runner.iter + 1}.pth')
    progress = dict(epoch=runner.epoch, iter=runner.iter)
    with suppress(OSError):  # a full disk must not hide the verdict
        runner.save_checkpoint(
            runner.work_dir, path.name, meta=progress, by_epoch=False
        )
    barrier()  # whoever raises first ends all processes
    return path


def state_of(runner: Runner, path: Path) -> str:
    """Return sentences on the saved state and the last good weights."""
    lost = spoilt(unwrap(runner.model).state_dict())
    saved = f'Its state is in {path}'
    if not path.exists():
        saved = f'Its state could not be saved in {path}'
    if not lost:
        return (
            f'{saved}, with weights that are still finite: a damaged image '
            'may be the cause.'
        )
    saved += f', but {len(lost)} weights in it are not finite ({lost[0]}...).'
    others = set(Path(runner.work_dir).glob('*.pth')) - {path}
    for other in sorted(others, key=lambda p: p.stat().st_mtime)[::-1]:
        if is_good(other):
            return f'{saved} The last good checkpoint is {other}.'
    return f'{saved} There is no good checkpoint from before; start again.'


def is_good(path: Path) -> bool:
    """Return whether a file is a whole checkpoint of finite weights."""
    try:
        loaded = CheckpointLoader.load_checkpoint(str(path), 'cpu')
        weights = {**loaded['state_dict'], **loaded.get('ema_state_dict', {})}
        return 'meta' in loaded and not spoilt(weights)
    except Exception:  # damaged, bare weights, or no checkpoint at all
        return False


def spoilt(weights: dict[str, Tensor]) -> list[str]:
    """Return the names of weights that are not finite."""
    return [
        name for name, value in weights.items() if not value.isfinite().all()
    ]
