"""What Python libraries log to MLflow, as far as their documentation and source say."""

from __future__ import annotations

import re
import sys

SILENT = frozenset(
    """
    PIL absl accelerate adal aiofiles aiohttp albumentations altair apex arrow attr attrs azure azureml base58 bitsandbytes
    bokeh boto3 bs4 cachetools catboost cattrs category_encoders certifi chardet click cloudpickle cmaes
    colorama comet_ml configargparse cryptography cudf cugraph cuml cupy cv2 cvxpy cycler cython dacite dask
    dask_cuda dask_ml databricks dataclasses_json datasets dateutil deepspeed delta deltalake dill distributed
    distro dotenv duckdb einops evaluate evidently fairlearn faiss fastapi fastparquet feather filelock fire
    flash_attn flask fsspec gensim geopandas git google googleapiclient graphviz h5py h5netcdf holidays horovod
    httpx huggingface_hub hydra hyperopt imageio imagehash imbalanced_learn imblearn imgaug interpret inflection
    jax jaxlib flax optax jinja2 joblib jsonargparse jsonlines jsonschema kaggle keras keras_core keras_hub
    keras_nlp keras_cv keras_tuner kneed langdetect librosa lifelines lightgbm lime llvmlite loguru lxml lz4
    marshmallow matplotlib memory_profiler missingno mltable mpi4py msal msgpack msrest multiprocess natsort
    neptune networkx nibabel nltk nncf numba numexpr numpy numpyro nvidia nvtx omegaconf onnx onnxmltools
    onnxruntime openai opencensus opentelemetry openpyxl optuna orjson packaging pandas pandas_profiling
    pandera parquet patsy peft pep517 pgmpy pickle5 pip pkg_resources platformdirs plotly plotnine pmdarima
    polars prettytable prometheus_client prophet fbprophet protobuf psutil psycopg2 py7zr pyarrow pycocotools
    pydantic pydantic_settings pydicom pydot pyfiglet pygments pymongo pynvml pyod pyodbc pyproj pyspark
    pytesseract pytest pytorch_tabnet pytorch_metric_learning pytorch_msssim pytz pywt pyxlsb pyximport pyyaml
    rapidfuzz rasterio regex requests requests_oauthlib retry rich rouge rouge_score rtree sacrebleu
    sacremoses safetensors scikitplot scipy seaborn segmentation_models segmentation_models_pytorch
    sentencepiece seqeval setuptools sewar shap shapely simple_parsing simplejson six skimage skl2onnx
    sklearn sklearn_pandas sklearnex skopt slugify smart_open snappy sortedcontainers soundfile sqlalchemy
    statsforecast statsmodels stopit strenum swifter sympy tables tabulate tap tenacity tensorboard tensorboardX
    tensorboard_logger tensorflow tensorflow_addons tensorflow_datasets tensorflow_hub tensorflow_io
    tensorflow_model_optimization tensorflow_probability tensorflow_text termcolor textblob textstat tf2onnx
    tf_keras thop threadpoolctl tifffile tiktoken timm tokenizers toml tomli toolz torch torch_geometric
    torch_optimizer torch_xla torchaudio torchdata torchinfo torchmetrics torchsummary torchtext torchvision tqdm
    transformers treelite tsfresh typeguard typer typing_extensions tzlocal ucimlrepo ujson umap unidecode
    urllib3 validators wandb wget wheel wrapt xarray xformers xgboost xlrd xlsxwriter xxhash yaml yarl
    yellowbrick ydata_profiling zarr zmq zstandard sktime tslearn feature_engine mapie lightning
    pytorch_lightning mlflow azureml_mlflow mlflow_skinny ruamel SimpleITK hdbscan igraph nevergrad cma
    bayes_opt monai ignite fastai darts h2o spacy detectron2 nvidia_smi pynndescent dtreeviz eli5 mlxtend scikeras skorch stumpy ta talib yfinance
    """.split()
)
"""Libraries that log nothing to MLflow by themselves: only where autologging or a callback of theirs is asked for."""

KNOWN_TRAINERS = re.compile(r"transformers\.(.*\.)?\w*Trainer(\(\))?\Z")
"""What logs to MLflow by default, where MLflow is installed."""
_TALKATIVE = re.compile(
    r"azureml\.(train|automl|acft|metrics|contrib|evaluate|rag|designer|studio)\b"
    r"|optuna\.(integration|contrib)|optuna_integration|.*(MLflow|MlFlow|MLFlow|Mlflow|mlflow_)"
)
"""Parts of silent libraries that log, or may."""
LIGHTNING = ("lightning", "pytorch_lightning")


def is_known(root: str) -> bool:
    """Whether a package is one whose logging is known, or Python's own."""
    return root in SILENT or root in sys.stdlib_module_names


def may_log_by_itself(dotted: str) -> bool:
    """Whether using something of a library can log metrics whose names stand nowhere in the code."""
    root = dotted.split(".")[0]
    if root == "mlflow" or root in sys.stdlib_module_names:
        return False
    if root not in SILENT:
        return True
    known_logger = root in LIGHTNING and dotted.endswith("MLFlowLogger")
    return bool(_TALKATIVE.match(dotted)) and not known_logger
