"""Published results: the list of experiments, their records, the tables.

``configs/results/experiments.yml`` lists the experiments, beside what the
papers report. ``run`` makes a record of one, a small JSON file in the same
folder; ``tables`` and ``metafile`` write what people read from the records.
"""
