"""Go on from the newest checkpoint that can be read, or say why not."""

import functools
import logging
from pathlib import Path

from mmengine.dist import broadcast_object_list, is_main_process
from mmengine.hooks import CheckpointHook
from mmengine.logging import print_log
from mmengine.runner import CheckpointLoader, Runner

from mmstn.optimizer_state import match_layouts

NEEDED = ('state_dict', 'meta', 'message_hub')


def resume_from_newest_readable() -> None:
    """Resume from the newest readable checkpoint of a work dir.

    MMEngine 0.10 takes what ``last_checkpoint`` says. Without that file it
    starts from scratch, over good checkpoints; an empty one gives a nameless
    error; a damaged checkpoint is the end, although the one before is whole.
    """
    load_or_resume = Runner.load_or_resume

    @functools.wraps(load_or_resume)
    def load_or_resume_newest(self) -> None:
        if self._resume and self._load_from is None and not self._has_loaded:
            self._load_from = agree_on_checkpoint(self)
            # without one, this would look for last_checkpoint once more
            self._resume = self._load_from is not None
        load_or_resume(self)

    Runner.load_or_resume = load_or_resume_newest


def agree_on_checkpoint(runner: Runner) -> str | None:
    """Return the checkpoint that the first process chose for all of them."""
    answer = [None, None]
    if is_main_process():
        try:
            path, why = choose_checkpoint(*candidates(runner))
            print_log(f'--resume: {why}', 'current', logging.WARNING)
            answer = [path, None]
        except FileNotFoundError as error:
            answer = [None, str(error)]
    broadcast_object_list(answer)
    path, failure = answer
    if failure:
        raise FileNotFoundError(failure)
    return path


def candidates(runner: Runner) -> tuple[Path, list[Path]]:
    """Return the work dir, and the files in it that could be checkpoints.

    Those in the ``out_dir`` of a CheckpointHook belong to them.
    """
    work_dir = Path(runner.work_dir)
    patterns = {(work_dir, '*.pth')}
    for hook in runner.hooks:
        if isinstance(hook, CheckpointHook):
            folder = Path(hook.out_dir or work_dir)
            if folder != work_dir:
                folder /= work_dir.name
            name = hook.filename_tmpl.format('*')
            patterns |= {(folder, '*.pth'), (folder, name)}
    found = {p for folder, pattern in patterns for p in folder.glob(pattern)}
    return work_dir, sorted(found)


def choose_checkpoint(
    work_dir: Path, files: list[Path]
) -> tuple[str | None, str]:
    """Return the checkpoint to resume from, or None, and the reason.

    That is the one ``last_checkpoint`` names; if it cannot be read, the one
    saved last (by the time and iteration stored in it) of those that can be.

    Args:
        work_dir: Where ``last_checkpoint`` is.
        files: What could be checkpoints.

    Raises:
        FileNotFoundError: If there are checkpoints, but none can be used.
    """
    pointed, fault = read_pointer(work_dir / 'last_checkpoint')
    if pointed and '://' in pointed:  # in a store that is not this disk
        return pointed, f'last_checkpoint names {pointed}.'
    faults = {}
    if pointed:
        _, fault = examine(Path(pointed))
        if fault is None:
            return pointed, f'last_checkpoint names {pointed}.'
        faults[pointed] = fault
        fault = f'last_checkpoint names {pointed}, which {fault}'
    saved = {}
    for path in files:
        if str(path) not in faults:
            stored, damage = examine(path, whole=True)
            if damage is None:
                saved[str(path)] = stored
            else:
                faults[str(path)] = damage
    if saved:
        newest = max(saved, key=saved.get)
        return newest, f'{fault}; {newest} is the newest that can be read.'
    if not faults:
        return (
            None,
            f'{fault}, and {work_dir} holds no checkpoint: training '
            'starts from scratch.',
        )
    list_of = ''.join(f'\n  {path} {why}' for path, why in faults.items())
    raise FileNotFoundError(
        f'--resume: {work_dir} holds no checkpoint to go on from:{list_of}\n'
        'Nothing was changed. Name another by --resume PATH, take weights '
        'alone by load_from, or train afresh without --resume.'
    )


def read_pointer(path: Path) -> tuple[str | None, str]:
    """Return the checkpoint a ``last_checkpoint`` names, or None and why."""
    try:
        name = path.read_text(encoding='utf-8').strip()
    except FileNotFoundError:
        return None, f'there is no {path}'
    except (OSError, UnicodeDecodeError):
        return None, f'{path} is damaged'
    if not name:
        return None, f'{path} is empty'
    if not name.isprintable():
        return None, f'{path} is damaged'
    return name, ''


def examine(
    path: Path, whole: bool = False
) -> tuple[tuple[str, int] | None, str | None]:
    """Return the time a checkpoint was saved, or None and its fault.

    Args:
        path: Of the file.
        whole: Whether one with neither optimizer nor schedulers, such as a
            best one, counts as wrong.

    Returns:
        The time and the iteration stored in it, which sort by age; or a
        predicate for a sentence that begins with the path.
    """
    if not path.exists():
        return None, 'does not exist'
    if path.name.startswith('not_finite_'):
        return None, 'was saved by a monitor that stopped the run'
    try:
        checkpoint = CheckpointLoader.load_checkpoint(str(path), 'cpu')
    except Exception:  # damage has many names
        return None, 'cannot be read'
    lacking = lacks(checkpoint)
    if (
        whole
        and not lacking
        and not {'optimizer', 'param_schedulers'} & set(checkpoint)
    ):
        lacking = 'optimizer'
    if lacking:
        return None, f'has no {lacking!r}'
    meta = checkpoint['meta']
    return (str(meta.get('time', '')), meta['iter']), None


def lacks(checkpoint: object) -> str | None:
    """Return the first key a checkpoint lacks for resuming, or None."""
    if not isinstance(checkpoint, dict):
        return NEEDED[0]
    for key in NEEDED:
        if not isinstance(checkpoint.get(key), dict):
            return key
    for key in ('epoch', 'iter'):
        if not isinstance(checkpoint['meta'].get(key), int):
            return key
    return None


def name_what_cannot_be_resumed() -> None:
    """Name the file that was to be resumed and holds bare weights.

    MMEngine 0.10 stops with a bare ``KeyError: 'meta'``.
    """
    resume = Runner.resume

    @functools.wraps(resume)
    def resume_or_name(self, filename: str, *args, **kwargs) -> None:
        try:
            resume(self, filename, *args, **kwargs)
            match_layouts(self.optim_wrapper)
        except KeyError as error:
            key = error.args[0]
            if key not in (*NEEDED, 'epoch', 'iter'):
                raise
            raise ValueError(
                f'--resume: {filename} has no {key!r}, so it is no checkpoint '
                'of a training to go on with. Take its weights by load_from '
                'without resume.'
            ) from error

    Runner.resume = resume_or_name
