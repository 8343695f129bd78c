"""Spatial transformers for MMPretrain, from any folder.

  mmstn train CONFIG
  mmstn test CONFIG CHECKPOINT
  mmstn visualize CONFIG CHECKPOINT IMAGE_OR_FOLDER
  mmstn export CONFIG CHECKPOINT
  mmstn demo [CONFIG CHECKPOINT]
  mmstn run TOOL          a script, or a tool of MMPretrain by its name
  mmstn run -m MODULE     a module, as `python -m` does

CONFIG is a path, or the name of a config of mmstn, such as stn_digits.
`mmstn train -h`, for one, lists what else the verb takes; `run` passes on what
follows, and mends OpenMMLab's frozen releases for what it runs.
"""

import argparse
import os
import runpy
import sys

from mmstn.shipped import MIM, find_tool

VERBS = dict(
    train='train.py',
    test='test.py',
    visualize='visualize_attention.py',
    export='export.py',
    demo='demo.py',
)


def main() -> None:
    """Run a verb of the command line, with what stands behind it."""
    parser = argparse.ArgumentParser(
        'mmstn',
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('verb', choices=[*VERBS, 'run'])
    parser.add_argument('arguments', nargs=argparse.REMAINDER)
    if len(sys.argv) == 1:
        parser.print_help()
        sys.exit(2)
    args = parser.parse_args()
    if os.getcwd() not in sys.path:  # where it is after `python -m` as well
        sys.path.insert(0, os.getcwd())
    if args.verb in VERBS:
        tool = runpy.run_path(str(MIM / 'tools' / VERBS[args.verb]))
        sys.argv = [f'mmstn {args.verb}', *args.arguments]
        tool['main']()
    elif args.arguments in ([], ['-m']):
        parser.error('run takes a TOOL or -m MODULE')
    elif args.arguments[0] == '-m':
        sys.argv = args.arguments[1:]
        runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)
    else:
        run_script(parser, args.arguments)


def run_script(parser, arguments: list[str]) -> None:
    """Run a tool as ``python TOOL`` does."""
    try:
        script = find_tool(arguments[0])
    except FileNotFoundError as error:
        parser.error(str(error))
    sys.argv = [str(script), *arguments[1:]]
    sys.path.insert(0, str(script.parent))  # it may import its neighbours
    runpy.run_path(str(script), run_name='__main__')


if __name__ == '__main__':
    main()
