from .apis import (
    STNInferencer as STNInferencer,
)
from .apis import (
    draw_attention as draw_attention,
)
from .models import (
    AffineGrid as AffineGrid,
)
from .models import (
    AttentionGrid as AttentionGrid,
)
from .models import (
    GridSampler as GridSampler,
)
from .models import (
    IterativeSpatialTransformer as IterativeSpatialTransformer,
)
from .models import (
    Localisation as Localisation,
)
from .models import (
    ParallelSpatialTransformer as ParallelSpatialTransformer,
)
from .models import (
    ParallelSTNBackbone as ParallelSTNBackbone,
)
from .models import (
    PlainNet as PlainNet,
)
from .models import (
    ProjectiveGrid as ProjectiveGrid,
)
from .models import (
    RecurrentLocalisation as RecurrentLocalisation,
)
from .models import (
    SimilarityGrid as SimilarityGrid,
)
from .models import (
    SpatialTransformer as SpatialTransformer,
)
from .models import (
    STNBackbone as STNBackbone,
)
from .models import (
    STNClassifier as STNClassifier,
)
from .models import (
    STNNeck as STNNeck,
)
from .models import (
    TPSGrid as TPSGrid,
)
from .models import (
    TranslationGrid as TranslationGrid,
)

__version__: str
