from setuptools import find_packages, setup

setup(
    name='mmstn',
    version='0.1.0',
    description='Spatial transformers for MMPretrain',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=['mmstn', 'mmstn.*']),
    # Links to configs/ and tools/, which a wheel holds as copies.
    package_data={
        'mmstn': ['py.typed', '__init__.pyi']
        + ['.mim/**/*.py', '.mim/**/*.sh', '.mim/**/*.yml']
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
        'test': [
            'mypy==2.4.1',
            'pytest==9.2.0',
            'pytest-xdist==3.8.0',
            'ruff==0.17.5',
            'scipy>=1.11',
        ],
    },
)
