"""What Python libraries log to MLflow, as far as their documentation and source say."""

from __future__ import annotations

import re
import sys

SILENT = frozenset(
    """
    absl accelerate adal addict adlfs affine aiofiles aiohttp aiomysql albumentations altair annoy apex
    applicationinsights apscheduler arrow arviz astral asyncpg attr attrdict attrs auto_gptq av awq azure
    azure_storage azureml azureml_mlflow base58 bayes_opt beartype bert_score bitsandbytes bokeh boto3
    botorch box bs4 cachetools caffe2 captum catboost category_encoders cattrs causalml celery cerberus
    certifi cfgrib chardet chromadb click cloudpickle cma cmaes colorama comet_ml configargparse
    confluent_kafka confuse contractions croniter cryptography cudf cugraph cuml cupy cv2 cvxpy cycler
    cython dacite darts dask dask_cuda dask_cudf dask_ml databricks dataclasses_json datasets dateutil
    decord decouple deepchecks deepspeed delta deltalake detectron2 dill distributed distro dlib docx
    domonic dotenv dowhy dtreeviz duckdb dynaconf easyocr econml einops elasticsearch eli5 emoji entsoe
    environs ephem erroranalysis evaluate evidently fabric face_recognition fairlearn faiss faker fastai
    fastapi fastparquet fasttext fbprophet feather feature_engine ffmpeg filelock filterpy fire flash_attn
    flask flax flwr folium fsspec fsspec_xrootd fvcore g2p_en gcsfs gensim geopandas geopy git glove gluoncv
    google googleapiclient gpytorch gradio graphviz great_expectations gunicorn gym gymnasium h2o h5netcdf
    h5py hdbscan hmmlearn hnswlib holidays horovod httpx huggingface_hub hydra hyperopt idx2numpy ignite
    igraph imagehash imageio imbalanced_learn imblearn imgaug implicit inference_schema inflection interpret
    interpret_community iopath iris jax jaxlib jinja2 jiwer joblib jsonargparse jsonlines jsonschema kafka
    kaggle kaldiio keras keras_core keras_cv keras_hub keras_nlp keras_tuner knack kneed kombu langchain
    langchain_community langchain_core langcodes langdetect librosa lifelines lightfm lightgbm lightning
    lime linearmodels llvmlite lmdb loguru lxml lz4 mapie marshmallow matplotlib mediapipe memory_profiler
    meteostat metpy missingno ml_wrappers mldesigner mlflow mlflow_skinny mlserver mltable mlxtend monai
    mongoengine motor moviepy mpi4py msal msgpack msrest mteb multiprocess munch mxnet natsort neo4j neptune
    networkx neural_compressor nevergrad nibabel nlpaug nltk nncf nptyping numba numexpr numpy numpyro
    nvflare nvidia nvidia_smi nvtabular nvtx omegaconf onnx onnxconverter_common onnxmltools onnxruntime
    opacus open3d openai opencensus openmeteo_requests openpyxl opentelemetry openvino optax optuna orjson
    packaging pandas pandas_profiling pandera paramiko parquet patsy pdfplumber peewee peft pendulum pep517
    petastorm pexpect pgmpy phonemizer pickle5 pika PIL pinecone pint pip pkg_resources platformdirs plotly
    plotnine plumbum pmdarima polars pptx prettytable prometheus_client prophet protobuf psutil psycopg
    psycopg2 pvlib py7zr pyarrow pycaffe pycocotools pycuda pydantic pydantic_settings pydicom pydot pydub
    pyfiglet pygam pygments pykalman pymc pymongo pymysql pynndescent pynvml pyod pyodbc pyproj pyreadstat
    pyro pyspark pyspark_test pytesseract pytest pythran pytimeparse pytorch_lightning
    pytorch_metric_learning pytorch_msssim pytorch_tabnet pyts pytz pyvista pywt pyximport pyxlsb pyyaml
    qdrant_client raiutils rapidfuzz rasterio rdflib redis regex requests requests_cache requests_oauthlib
    responsibleai retry retry_requests rich rioxarray rmm rouge rouge_score rtree ruamel ruptures s3fs
    sacrebleu sacremoses safetensors schedule schema schematics scikeras scikitplot scipy seaborn
    segmentation_models segmentation_models_pytorch sentencepiece seqeval setuptools sewar shap shapely
    simple_parsing SimpleITK simplejson six skimage skl2onnx sklearn sklearn_pandas sklearnex skopt skorch
    sktime slugify smart_open snappy snowflake sortedcontainers soundfile spacy spacy_transformers sparkdl
    spellchecker splitfolders sqlalchemy stanza starlette statsforecast statsmodels stopit streamlit strenum
    stumpy surprise swifter sympy ta tables tabulate talib tap tenacity tensorboard tensorboard_logger
    tensorboardX tensorflow tensorflow_addons tensorflow_datasets tensorflow_hub tensorflow_io
    tensorflow_model_optimization tensorflow_probability tensorflow_text tensorrt termcolor terminaltables
    textblob textstat tf2onnx tf_keras thop threadpoolctl tifffile tiktoken timm tokenizers toml tomli toolz
    torch torch_geometric torch_optimizer torch_xla torchaudio torchdata torchinfo torchmetrics torchsummary
    torchtext torchvision tortoise tqdm transformers treelite trimesh triton tritonclient tsfresh tslearn
    typeguard typer typing_extensions tzlocal ucimlrepo ujson umap unidecode unstructured urllib3 utm
    uvicorn validators voluptuous wandb weaviate webdataset wget wheel windpowerlib wordcloud workalendar
    wrapt xarray xformers xgboost xlrd xlsxwriter xxhash yacs yaml yarl ydata_profiling yellowbrick yfinance
    zarr zmq zstandard
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
    """Whether using something of a library can log metrics whose names are nowhere in the code."""
    root = dotted.partition(".")[0]
    if root == "mlflow" or root in sys.stdlib_module_names:
        return False
    if root not in SILENT:
        return True
    known_logger = root in LIGHTNING and dotted.endswith("MLFlowLogger")
    return bool(_TALKATIVE.match(dotted)) and not known_logger
