"""What Python libraries log to MLflow, as far as their documentation and source say."""

from __future__ import annotations

import re
import sys

SILENT = frozenset(
    """
    absl accelerate adal aiofiles aiohttp albumentations altair apex arrow attr attrs azure azureml
    azureml_mlflow base58 bayes_opt bitsandbytes bokeh boto3 bs4 cachetools catboost category_encoders
    cattrs certifi chardet click cloudpickle cma cmaes colorama comet_ml configargparse cryptography cudf
    cugraph cuml cupy cv2 cvxpy cycler cython dacite darts dask dask_cuda dask_ml databricks
    dataclasses_json datasets dateutil deepspeed delta deltalake detectron2 dill distributed distro dotenv
    dtreeviz duckdb einops eli5 evaluate evidently fairlearn faiss fastai fastapi fastparquet fbprophet
    feather feature_engine filelock fire flash_attn flask flax fsspec gensim geopandas git google
    googleapiclient graphviz h2o h5netcdf h5py hdbscan holidays horovod httpx huggingface_hub hydra hyperopt
    ignite igraph imagehash imageio imbalanced_learn imblearn imgaug inflection interpret jax jaxlib jinja2
    joblib jsonargparse jsonlines jsonschema kaggle keras keras_core keras_cv keras_hub keras_nlp
    keras_tuner kneed langdetect librosa lifelines lightgbm lightning lime llvmlite loguru lxml lz4 mapie
    marshmallow matplotlib memory_profiler missingno mlflow mlflow_skinny mltable mlxtend monai mpi4py msal
    msgpack msrest multiprocess natsort neptune networkx nevergrad nibabel nltk nncf numba numexpr numpy
    numpyro nvidia nvidia_smi nvtx omegaconf onnx onnxmltools onnxruntime openai opencensus openpyxl
    opentelemetry optax optuna orjson packaging pandas pandas_profiling pandera parquet patsy peft pep517
    pgmpy pickle5 PIL pip pkg_resources platformdirs plotly plotnine pmdarima polars prettytable
    prometheus_client prophet protobuf psutil psycopg2 py7zr pyarrow pycocotools pydantic pydantic_settings
    pydicom pydot pyfiglet pygments pymongo pynndescent pynvml pyod pyodbc pyproj pyspark pytesseract pytest
    pytorch_lightning pytorch_metric_learning pytorch_msssim pytorch_tabnet pytz pywt pyximport pyxlsb
    pyyaml rapidfuzz rasterio regex requests requests_oauthlib retry rich rouge rouge_score rtree ruamel
    sacrebleu sacremoses safetensors scikeras scikitplot scipy seaborn segmentation_models
    segmentation_models_pytorch sentencepiece seqeval setuptools sewar shap shapely simple_parsing SimpleITK
    simplejson six skimage skl2onnx sklearn sklearn_pandas sklearnex skopt skorch sktime slugify smart_open
    snappy sortedcontainers soundfile spacy sqlalchemy statsforecast statsmodels stopit strenum stumpy
    swifter sympy ta tables tabulate talib tap tenacity tensorboard tensorboard_logger tensorboardX
    tensorflow tensorflow_addons tensorflow_datasets tensorflow_hub tensorflow_io
    tensorflow_model_optimization tensorflow_probability tensorflow_text termcolor textblob textstat tf2onnx
    tf_keras thop threadpoolctl tifffile tiktoken timm tokenizers toml tomli toolz torch torch_geometric
    torch_optimizer torch_xla torchaudio torchdata torchinfo torchmetrics torchsummary torchtext torchvision
    tqdm transformers treelite tsfresh tslearn typeguard typer typing_extensions tzlocal ucimlrepo ujson
    umap unidecode urllib3 validators wandb wget wheel wrapt xarray xformers xgboost xlrd xlsxwriter xxhash
    yaml yarl ydata_profiling yellowbrick yfinance zarr zmq zstandard
    """.split()  # noqa: SIM905 - a list of words is read and sorted as one text
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
    root = dotted.partition(".")[0]
    if root == "mlflow" or root in sys.stdlib_module_names:
        return False
    if root not in SILENT:
        return True
    known_logger = root in LIGHTNING and dotted.endswith("MLFlowLogger")
    return bool(_TALKATIVE.match(dotted)) and not known_logger
