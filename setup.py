import runpy
from pathlib import Path

from setuptools import find_packages, setup

setup(
    name='mmstn',
    version=runpy.run_path('mmstn/version.py')['__version__'],
    description='Spatial transformers for MMPretrain',
    long_description=Path('README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license_expression='Apache-2.0',
    keywords='spatial transformer, attention, OpenMMLab, PyTorch',
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Science/Research',
        *(f'Programming Language :: Python :: 3.{n}' for n in range(10, 14)),
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    python_requires='>=3.10',
    packages=find_packages(include=['mmstn', 'mmstn.*']),
    entry_points={'console_scripts': ['mmstn = mmstn.__main__:main']},
    # Links to configs/ and tools/, which a wheel holds as copies.
    package_data={
        'mmstn': ['py.typed', '__init__.pyi', 'weights/**/*.pth']
        + ['.mim/**/*.py', '.mim/**/*.sh', '.mim/**/*.yml']
        + ['.mim/**/*.json', '.mim/**/*.md']
    },
    # `.ci/matrix` runs each floor; what is newer than it has run is untested.
    install_requires=[
        'torch>=2.6',
        'torchvision>=0.21',
        'numpy>=1.26',
        'opencv-python>=4.8',
        'pillow>=10.0',
        'scikit-learn>=1.3',
        'h5py>=3.9',
    ],
    # One of the first two, never both: they own the same folders.
    extras_require={
        'openmmlab': ['mmengine==0.10.7', 'mmcv-lite==2.2.0']
        + ['mmpretrain==1.2.0'],
        'onedl': ['onedl-mmengine>=0.10.12', 'onedl-mmcv>=2.3.6']
        + ['onedl-mmpretrain>=1.3.6'],
        'plot': ['matplotlib>=3.8'],
        'export': ['onnx>=1.17', 'onnxscript>=0.5', 'onnxruntime>=1.20'],
        # With a Pillow below the pinned one: in an environment of its own.
        'demo': ['gradio>=6'],
        'docs': ['mkdocs-material==9.8.2', 'mkdocstrings-python==2.0.11']
        + ['mkdocs-jupyter==0.26.3'],
        'test': [
            'model-index==0.1.11',
            'mypy==2.4.1',
            'pytest==9.2.0',
            'pytest-xdist==3.8.0',
            'ruff==0.17.5',
            'scipy>=1.11',
        ],
    },
)
