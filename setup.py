from setuptools import find_packages, setup

setup(
    name='mmstn',
    version='0.1.0',
    description='Spatial transformers for MMPretrain',
    license='Apache-2.0',
    python_requires='>=3.11,<3.12',
    packages=find_packages(include=['mmstn', 'mmstn.*']),
    # Links to configs/ and tools/, which a wheel holds as copies.
    package_data={'mmstn': ['.mim/**/*.py', '.mim/**/*.sh', '.mim/**/*.yml']},
    # MMEngine, MMCV and MMPretrain come by requirements.txt or by
    # requirements-onedl.txt: both stacks own the same folders, and a name
    # here would install the one beside the other.
    install_requires=[
        'torch>=2.13,<2.14',
        'torchvision>=0.28,<0.29',
        'numpy>=2.4,<3',
        'opencv-python>=5.0,<6',
        'pillow>=13,<14',
        'scikit-learn>=1.9,<2',
        'h5py>=3.16,<4',
    ],
    extras_require={
        'test': ['pytest==9.2.0', 'ruff==0.17.5', 'scipy>=1.17,<2'],
    },
)
