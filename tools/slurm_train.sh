#!/usr/bin/env bash
# bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG WORK_DIR [arguments of
# tools/train.py]
# From the environment: GPUS GPUS_PER_NODE CPUS_PER_TASK SRUN_ARGS PYTHON.
set -euo pipefail
[ $# -ge 4 ] || { sed -n 2,4p "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-$(( gpus < 8 ? gpus : 8 ))}
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" srun -p "$1" \
    --job-name="$2" --gres=gpu:"$per_node" --ntasks="$gpus" \
    --ntasks-per-node="$per_node" --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 ${SRUN_ARGS:-} \
    "${PYTHON:-python}" -u "$root/tools/train.py" "$3" --work-dir="$4" --launcher=slurm \
    "${@:5}"
