"""What trial scripts log and take: each form in a right and, where it can be, a faulty version."""

from __future__ import annotations

import os
import random
import shlex
import textwrap

import pytest

from rule_project import COMPONENT, SPEC, write_project
from sweepgen.checks.checker import Checker
from sweepgen.project import python_syntax
from sweepgen.project.entry_script import Answer, read_script, read_started
from sweepgen.project.launchers import read_launches, shell_words

LOGGED, OTHER, UNLIKELY, NEVER, UNKNOWN = (
    Answer.LOGGED,
    Answer.OTHER_RUN,
    Answer.UNLIKELY,
    Answer.NEVER,
    Answer.UNKNOWN,
)


def case(script, *answers, files=None):
    """One script with metrics and what is known of each."""
    return textwrap.dedent(script), answers, files or {}


METRICS = {
    # Calls and aliases
    "plain": case('import mlflow\nmlflow.log_metric("val_loss", 1)', ("val_loss", LOGGED), ("loss", NEVER)),
    "module under another name": case(
        'import mlflow as mf\nmf.log_metric("val_loss", 1)', ("val_loss", LOGGED), ("val_los", NEVER)
    ),
    "function under another name": case(
        'from mlflow import log_metric as lm\nlm("val_loss", 1)', ("val_loss", LOGGED), ("accuracy", NEVER)
    ),
    "function in a variable": case(
        'import mlflow\nlog = mlflow.log_metric\nlog("val_loss", 1)',
        ("val_loss", LOGGED),
        ("accuracy", NEVER),
    ),
    "function in an attribute": case(
        """
        import mlflow

        class Trainer:
            def __init__(self):
                self.log_fn = mlflow.log_metric

            def fit(self):
                self.log_fn("val_loss", 1)

        Trainer().fit()
        """,
        ("val_loss", LOGGED),
        ("accuracy", NEVER),
    ),
    "keyword arguments": case(
        'import mlflow\nmlflow.log_metric(value=1, key="auc")', ("auc", LOGGED), ("roc", NEVER)
    ),
    "module handed on": case(
        """
        import mlflow

        def train(tracker):
            tracker.log_metric("auc", 1)

        train(mlflow)
        """,
        ("auc", LOGGED),
        ("roc", NEVER),
    ),
    "import within a function and a try": case(
        """
        try:
            import mlflow
        except ImportError:
            mlflow = None

        def main():
            if mlflow:
                mlflow.log_metric("auc", 1)

        main()
        """,
        ("auc", LOGGED),
        ("roc", NEVER),
    ),
    "log_metric handed to map": case(
        'import mlflow\nlist(map(mlflow.log_metric, ["a"], [1]))', ("a", UNKNOWN), ("b", UNKNOWN)
    ),
    "log_dict writes a file": case(
        'import mlflow\nmlflow.log_dict({"val_loss": 1}, "m.json")\nmlflow.log_metric("a", 1)',
        ("val_loss", NEVER),
    ),
    # Names
    "constant of the module": case(
        'import mlflow\nNAME = "val_loss"\nmlflow.log_metric(NAME, 1)', ("val_loss", LOGGED), ("NAME", NEVER)
    ),
    "constant of another module": case(
        "import mlflow\nfrom names import VAL_LOSS\nimport names\nmlflow.log_metric(VAL_LOSS, 1)\n"
        "mlflow.log_metric(names.MAE, 1)",
        ("val_loss", LOGGED),
        ("mae", LOGGED),
        ("loss", NEVER),
        files={"names.py": 'VAL_LOSS = "val_loss"\nMAE = "mae"\n'},
    ),
    "joined text": case(
        'import mlflow\nP = "val"\nmlflow.log_metric(P + "_loss", 1)\nmlflow.log_metric(f"{P}_mae", 1)\n'
        'mlflow.log_metric("{}_r2".format(P), 1)\nmlflow.log_metric("%s_auc" % P, 1)\nmlflow.log_metric("_".join([P, "f1"]), 1)',
        *((f"val_{end}", LOGGED) for end in ("loss", "mae", "r2", "auc", "f1")),
        ("test_loss", NEVER),
        ("val_loss_", NEVER),
    ),
    "prefix that is known in part": case(
        'import mlflow, sys\nsplit = sys.stdin.read()\nmlflow.log_metric(f"{split}_loss", 1)',
        ("val_loss", LOGGED),
        ("val_mae", NEVER),
    ),
    "name from the command line": case(
        "import argparse, mlflow\np = argparse.ArgumentParser()\np.add_argument('--metric')\na = p.parse_args()\n"
        "mlflow.log_metric(a.metric, 1)",
        ("anything", LOGGED),
    ),
    "either of two": case(
        'import mlflow, sys\nname = "auc" if sys.argv else "acc"\nmlflow.log_metric(name, 1)',
        ("auc", LOGGED),
        ("acc", LOGGED),
        ("f1", NEVER),
    ),
    "loop over a list": case(
        """
        import mlflow

        SPLITS = ["train", "val"]
        for split in SPLITS:
            for metric in ("loss", "mae"):
                mlflow.log_metric(f"{split}_{metric}", 1.0)
        """,
        ("val_mae", LOGGED),
        ("train_loss", LOGGED),
        ("test_mae", NEVER),
    ),
    "loop over pairs, zip and enumerate": case(
        """
        import mlflow

        for name, value in [("a", 1), ("b", 2)]:
            mlflow.log_metric(name, value)
        for name, value in zip(["c", "d"], (1, 2)):
            mlflow.log_metric(name, value)
        for i, name in enumerate(["e"]):
            mlflow.log_metric(name, i)
        """,
        *((name, LOGGED) for name in "abcde"),
        ("f", NEVER),
    ),
    "member of an enumeration": case(
        """
        import enum
        import mlflow

        class Names(enum.Enum):
            LOSS = "val_loss"

        mlflow.log_metric(Names.LOSS.value, 1)
        """,
        ("val_loss", LOGGED),
        ("LOSS", NEVER),
    ),
    # Mappings
    "literal mapping": case(
        'import mlflow\nmlflow.log_metrics({"a": 1, "b": 2})', ("a", LOGGED), ("b", LOGGED), ("c", NEVER)
    ),
    "mapping in a variable": case(
        'import mlflow\nm = {"val_loss": 1}\nmlflow.log_metrics(m)', ("val_loss", LOGGED), ("loss", NEVER)
    ),
    "mapping filled later": case(
        """
        import mlflow

        m = {}
        m["val_loss"] = 1
        m.update({"mae": 2}, r2=3)
        m.setdefault("auc", 4)
        mlflow.log_metrics(m, step=1)
        """,
        *((name, LOGGED) for name in ("val_loss", "mae", "r2", "auc")),
        ("loss", NEVER),
    ),
    "mapping from a function": case(
        """
        import mlflow

        def evaluate():
            scores = {"rmse": 1.0}
            scores["mae"] = 2.0
            return scores

        mlflow.log_metrics(evaluate())
        """,
        ("rmse", LOGGED),
        ("mae", LOGGED),
        ("mse", NEVER),
    ),
    "mapping from another module": case(
        "import mlflow\nfrom evaluation.scores import score\nresults = score()\nmlflow.log_metrics(results)",
        ("f1", LOGGED),
        ("f2", NEVER),
        files={
            "evaluation/scores.py": "def score():\n    return dict(f1=1.0, **more())\ndef more():\n    return {'auc': 1}\n"
        },
    ),
    "mapping from a method": case(
        """
        import mlflow

        class Model:
            def __init__(self):
                self.scores = {}

            def evaluate(self):
                self.scores["rmse"] = 1
                return self.scores

        model = Model()
        for key, value in model.evaluate().items():
            mlflow.log_metric(key, value)
        """,
        ("rmse", LOGGED),
        ("mae", NEVER),
    ),
    "second of two results": case(
        """
        import mlflow

        def train():
            return object(), {"rmse": 1}

        model, scores = train()
        mlflow.log_metrics(scores)
        """,
        ("rmse", LOGGED),
        ("mae", NEVER),
    ),
    "mapping with a prefix": case(
        'import mlflow\nscores = {"loss": 1}\nmlflow.log_metrics({f"val_{k}": v for k, v in scores.items()})',
        ("val_loss", LOGGED),
        ("loss", NEVER),
    ),
    "mapping filled by a function": case(
        """
        import mlflow

        def fill(target):
            target["auc"] = 1

        m = {"loss": 1}
        fill(m)
        mlflow.log_metrics(m)
        """,
        ("auc", LOGGED),
        ("loss", LOGGED),
        ("acc", NEVER),
    ),
    "mapping of the module, filled in functions": case(
        """
        import mlflow

        SCORES = {}
        BEST = "loss"

        def evaluate():
            global BEST
            SCORES["auc"] = 1
            SCORES["acc"], rest = 1, 2
            BEST = "best_auc"

        def main():
            evaluate()
            mlflow.log_metrics(SCORES)
            mlflow.log_metric(BEST, 1)

        main()
        """,
        ("auc", LOGGED),
        ("acc", LOGGED),
        ("best_auc", LOGGED),
        ("loss", LOGGED),
        ("f1", NEVER),
    ),
    "attribute that is filled from outside": case(
        """
        import mlflow

        class Base:
            def more(self):
                self.scores["f1"] = 1

        class State(Base):
            def __init__(self):
                self.scores = {"auc": 1}

            def report(self):
                mlflow.log_metrics(self.scores)

        state = State()
        state.scores["acc"] = 2
        state.report()
        """,
        *((name, LOGGED) for name in ("auc", "acc", "f1")),
        ("mcc", NEVER),
    ),
    "list that grows": case(
        'import mlflow\nnames = ["a"]\nnames.append(input())\nfor n in names:\n    mlflow.log_metric(n, 1)',
        ("a", LOGGED),
        ("anything", LOGGED),
    ),
    "parameter that click fills": case(
        """
        import click
        import mlflow

        @click.command()
        @click.option("--metric", default="auc")
        def main(metric="auc"):
            mlflow.log_metric(metric, 1)

        main()
        """,
        ("anything", LOGGED),
    ),
    "mapping spread and united": case(
        'import mlflow\na = {"x": 1}\nb = {**a, "y": 2}\nmlflow.log_metrics(b | {"z": 3})',
        ("x", LOGGED),
        ("y", LOGGED),
        ("z", LOGGED),
        ("w", NEVER),
    ),
    "mapping of a library": case(
        "import mlflow\nfrom sklearn.metrics import classification_report\n"
        "mlflow.log_metrics(classification_report([1], [1], output_dict=True))",
        ("accuracy", LOGGED),
    ),
    # Functions of the script's own
    "wrapper": case(
        """
        import mlflow

        def report(name, value, step=None):
            mlflow.log_metric(name, value, step=step)

        report("val_loss", 1.0)
        report(value=2.0, name="mae")
        """,
        ("val_loss", LOGGED),
        ("mae", LOGGED),
        ("loss", NEVER),
    ),
    "wrapper called log_metric": case(
        """
        import mlflow

        def log_metric(name, value):
            mlflow.log_metric(f"val/{name}", value)

        log_metric("loss", 1.0)
        """,
        ("val/loss", LOGGED),
        ("loss", NEVER),
    ),
    "wrapper in another module": case(
        'from utils import logging_helper as h\nh.log_all({"rmse": 1})',
        ("rmse", LOGGED),
        ("mae", NEVER),
        files={
            "utils/__init__.py": "",
            "utils/logging_helper.py": "import mlflow\n\ndef log_all(d):\n    for k, v in d.items():\n        mlflow.log_metric(k, v)\n",
        },
    ),
    "wrapper as a method": case(
        """
        import mlflow

        class Logger:
            def write(self, name, value):
                mlflow.log_metric(name, value)

        class Job:
            def __init__(self, logger: Logger):
                self.logger = logger

            def run(self):
                self.logger.write("auc", 1)

        Job(Logger()).run()
        """,
        ("auc", LOGGED),
        ("acc", NEVER),
    ),
    "wrapper that is handed on": case(
        "import mlflow\ndef report(name, value):\n    mlflow.log_metric(name, value)\nlist(map(report, 'ab', 'cd'))",
        ("a", LOGGED),
        ("z", LOGGED),
    ),
    "Keras callback of the script's own": case(
        """
        import mlflow
        from tensorflow import keras

        class LogRunMetrics(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, log):
                mlflow.log_metric("Loss", log["val_loss"])

        keras.Sequential().fit(callbacks=[LogRunMetrics()])
        """,
        ("Loss", LOGGED),
        ("val_loss", NEVER),
    ),
    # Runs
    "Azure's run": case(
        'from azureml.core import Run\nctx = Run.get_context()\nctx.log("auc", 1)\nctx.log_list("curve", [1])',
        ("auc", LOGGED),
        ("curve", LOGGED),
        ("acc", NEVER),
    ),
    "Azure's run without a name": case(
        'from azureml.core.run import Run\nRun.get_context().log("auc", 1)', ("auc", LOGGED), ("acc", NEVER)
    ),
    "Azure's run handed on": case(
        'from azureml.core import Run\ndef go(r):\n    r.log("auc", 1)\ngo(Run.get_context())',
        ("auc", LOGGED),
        ("acc", NEVER),
    ),
    "parent of Azure's run": case(
        'from azureml.core import Run\nRun.get_context().parent.log("auc", 1)', ("auc", OTHER), ("acc", NEVER)
    ),
    "client with the active run": case(
        """
        import mlflow
        from mlflow.tracking import MlflowClient

        with mlflow.start_run() as run:
            client = MlflowClient()
            client.log_metric(run.info.run_id, "auc", 1)
            client.log_metric(run_id=mlflow.active_run().info.run_id, key="acc", value=1)
        """,
        ("auc", LOGGED),
        ("acc", LOGGED),
        ("f1", NEVER),
    ),
    "client with another run": case(
        """
        import mlflow

        client = mlflow.MlflowClient()
        client.log_metric("run", "val_loss", 1.0)
        root = mlflow.active_run().data.tags.get("mlflow.rootRunId")
        client.log_metric(root, "auc", 1)
        """,
        ("val_loss", OTHER),
        ("auc", OTHER),
        ("f1", NEVER),
    ),
    "client with an id that cannot be known": case(
        "import sys, mlflow\nmlflow.MlflowClient().log_metric(sys.argv[1], 'auc', 1)",
        ("auc", LOGGED),
        ("f1", NEVER),
    ),
    "log_batch": case(
        """
        import mlflow
        from mlflow.entities import Metric

        client = mlflow.MlflowClient()
        client.log_batch(mlflow.active_run().info.run_id, metrics=[Metric("auc", 1, 0, 0)])
        """,
        ("auc", LOGGED),
        ("f1", NEVER),
    ),
    "nested run": case(
        """
        import mlflow

        with mlflow.start_run():
            for fold in range(3):
                with mlflow.start_run(nested=True):
                    mlflow.log_metric("auc", 1)
                    mlflow.log_metric("acc", 1)
            mlflow.log_metric("acc", 1)
        """,
        ("auc", OTHER),
        ("acc", LOGGED),
    ),
    "nested run in a function": case(
        """
        import mlflow

        def fold(number):
            with mlflow.start_run(nested=True):
                score(number)

        def score(number):
            mlflow.log_metric("auc", number)

        def main():
            mlflow.start_run()
            for number in range(3):
                fold(number)
            mlflow.end_run()

        main()
        """,
        ("auc", OTHER),
    ),
    "nested run that is the first is the trial's own": case(
        'import mlflow\nwith mlflow.start_run(nested=True):\n    mlflow.log_metric("auc", 1)', ("auc", LOGGED)
    ),
    # Autologging
    "scikit-learn": case(
        "import mlflow\nfrom sklearn.linear_model import Ridge\nmlflow.autolog()\nRidge().fit([[1]], [1])",
        ("training_score", LOGGED),
        ("training_f1_score", LOGGED),
        ("best_cv_score", LOGGED),
        ("Ridge_score_X_test", LOGGED),
        ("training_f1", UNLIKELY),
        ("val_accuracy", UNLIKELY),
        ("accuracy", UNLIKELY),
    ),
    "scikit-learn with scores after the training": case(
        "import mlflow\nfrom sklearn.metrics import mean_absolute_error\nfrom sklearn.svm import SVR\n"
        "mlflow.sklearn.autolog()\nmean_absolute_error([1], [1])",
        ("mean_absolute_error_y_test", LOGGED),
        ("mean_absolute_error", UNLIKELY),
    ),
    "autologging that is disabled": case(
        "import mlflow\nimport sklearn\nmlflow.sklearn.autolog(disable=True)", ("training_score", NEVER)
    ),
    "Keras": case(
        """
        import mlflow
        from tensorflow import keras

        mlflow.tensorflow.autolog()
        model = keras.Sequential([])
        model.compile(optimizer="adam", loss="mse", metrics=["mae", keras.metrics.RootMeanSquaredError(name="rmse")])
        model.fit([1], [1])
        """,
        ("val_loss", LOGGED),
        ("mae", LOGGED),
        ("val_rmse", LOGGED),
        ("val_accuracy", UNLIKELY),
        ("validation_los", UNLIKELY),
    ),
    "Keras with metrics that cannot be known": case(
        "import mlflow, keras\nfrom acme import metrics\nmlflow.keras.autolog()\nkeras.Model().compile(loss='mse', metrics=metrics)",
        ("val_acme", LOGGED),
    ),
    "Lightning": case(
        """
        import lightning as L
        import mlflow

        class Net(L.LightningModule):
            def validation_step(self, batch, index):
                self.log("val_loss", 1.0, on_epoch=True)
                self.log_dict({"val_acc": 1.0})

        mlflow.pytorch.autolog()
        L.Trainer().fit(Net())
        """,
        ("val_loss", LOGGED),
        ("val_loss_epoch", LOGGED),
        ("val_acc", LOGGED),
        ("valid_loss", UNLIKELY),
    ),
    "Lightning with its MLflow logger": case(
        """
        import pytorch_lightning as pl
        from pytorch_lightning.loggers import MLFlowLogger

        class Net(pl.LightningModule):
            def validation_step(self, batch, index):
                self.log("val_loss", 1.0)

        pl.Trainer(logger=MLFlowLogger()).fit(Net())
        """,
        ("val_loss", LOGGED),
        ("valid_loss", NEVER),
    ),
    "Lightning with a module of the company's": case(
        "import lightning as L\nfrom acme_models import Net\nL.Trainer(logger=True).fit(Net())",
        ("val_loss", UNKNOWN),
    ),
    "XGBoost": case(
        "import mlflow\nimport xgboost as xgb\nmlflow.xgboost.autolog()\n"
        "xgb.train({}, None, evals=[(None, 'train'), (None, 'test')])",
        ("test-rmse", LOGGED),
        ("test-mlogloss", LOGGED),
        ("test_rmse", UNLIKELY),
        ("holdout-rmse", UNLIKELY),
        ("test-rsme", UNLIKELY),
    ),
    "LightGBM": case(
        "import lightgbm as lgb\nimport mlflow\nmlflow.lightgbm.autolog()\n"
        "lgb.train({}, None, valid_sets=[None], valid_names=['test'])",
        ("test-multi_logloss", LOGGED),
        ("multi_logloss", UNLIKELY),
        ("test-multi_log", LOGGED),
    ),
    "Hugging Face Trainer": case(
        "from transformers import Trainer, TrainingArguments\nTrainer(args=TrainingArguments('out')).train()",
        ("eval_loss", LOGGED),
        ("eval_accuracy", LOGGED),
        ("accuracy", UNLIKELY),
    ),
    "Hugging Face Trainer that reports to nobody": case(
        "from transformers import Trainer, TrainingArguments\n"
        "Trainer(args=TrainingArguments('out', report_to='none')).train()",
        ("eval_loss", NEVER),
    ),
    "Hugging Face Trainer beside own calls": case(
        "import mlflow\nfrom transformers import Trainer\nt = Trainer()\nt.train()\nmlflow.log_metric('f1', t.evaluate()['eval_f1'])",
        ("f1", LOGGED),
        ("eval_f1", LOGGED),
        ("f1_score", UNLIKELY),
    ),
    # What cannot be known
    "TRL": case("from trl import SFTTrainer\nSFTTrainer().train()", ("eval_loss", UNKNOWN)),
    "a library of the company's": case("import acme_train\nacme_train.fit(1)", ("val_loss", UNKNOWN)),
    "an unused library": case(
        "import acme_train\nimport mlflow\nmlflow.log_metric('a', 1)", ("val_loss", NEVER)
    ),
    "a name that differs in case beside an unknown library": case(
        "import acme, mlflow\nacme.run()\nmlflow.log_metric('val_loss', 1)",
        ("val_loss", LOGGED),
        ("Val-Loss", UNLIKELY),
        ("auc", UNKNOWN),
    ),
    "importlib": case("import importlib\nimportlib.import_module('other').go()", ("val_loss", UNKNOWN)),
    "runpy": case("import runpy\nrunpy.run_path('other.py')", ("val_loss", UNKNOWN)),
    "exec": case("exec(open('other.py').read())", ("val_loss", UNKNOWN)),
    "subprocess": case(
        "import subprocess, sys\nsubprocess.run([sys.executable, 'other.py'], check=True)",
        ("val_loss", UNKNOWN),
    ),
    "subprocess that trains nothing": case(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])\n"
        "subprocess.run(['nvidia-smi'])\nimport mlflow\nmlflow.log_metric('a', 1)",
        ("val_loss", NEVER),
    ),
    "mlflow.evaluate": case(
        "import mlflow\nmlflow.evaluate('m', [1], targets='y', model_type='regressor')", ("r2_score", UNKNOWN)
    ),
    "getattr": case("import mlflow\ngetattr(mlflow, 'log_' + 'metric')('a', 1)", ("val_loss", UNKNOWN)),
    "a tracker that cannot be known": case(
        "from acme import tracker\ntracker.log_metric('auc', 1)\ntracker.log({'f1': 1})",
        ("auc", LOGGED),
        ("f1", LOGGED),
        ("acc", UNKNOWN),
    ),
    "Accelerate": case(
        "from accelerate import Accelerator\na = Accelerator(log_with='mlflow')\na.log({'val_loss': 1}, step=1)",
        ("val_loss", LOGGED),
        ("loss", NEVER),
    ),
    "a relative module that is not there": case("from .training import fit\nfit()", ("val_loss", UNKNOWN)),
    # What logs nothing to MLflow
    "logarithms and logs": case(
        """
        import logging, math
        import mlflow
        import numpy as np
        import torch

        logger = logging.getLogger(__name__)
        logger.log(logging.INFO, "val_loss")
        np.log(2), math.log(2, 3), torch.log(torch.ones(1))
        mlflow.log_param("val_loss", 1)
        mlflow.log_metric("loss", 1)
        """,
        ("loss", LOGGED),
        ("val_loss", NEVER),
    ),
    "nothing at all": case(
        "import pandas as pd\nfrom sklearn.linear_model import Ridge\nprint(Ridge().fit([[1]], [1]))",
        ("val_loss", NEVER),
    ),
    "TensorBoard alone": case(
        "from torch.utils.tensorboard import SummaryWriter\nfrom tqdm import tqdm\nprint(tqdm)",
        ("val_loss", NEVER),
    ),
    "TensorBoard alone, written to": case(
        "from torch.utils.tensorboard import SummaryWriter\nSummaryWriter('runs').add_scalar('val_loss', 1, 1)",
        ("val_loss", NEVER),
    ),
    "tensorboardX alone, by a name in part": case(
        "import tensorboardX\nw = tensorboardX.SummaryWriter()\nfor k in open('k'):\n    w.add_scalar(f'val_{k}', 1)",
        ("val_loss", NEVER),
    ),
    "TensorBoard beside MLflow": case(
        """
        import mlflow
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter()
        writer.add_scalar("train_loss", 1, 1)
        mlflow.log_metric("val_loss", 1)
        """,
        ("val_loss", LOGGED),
        ("train_loss", NEVER),
    ),
    "TensorBoard autologged": case(
        """
        import mlflow
        from torch.utils.tensorboard import SummaryWriter

        mlflow.pytorch.autolog()
        SummaryWriter().add_scalar("val_loss", 1, 1)
        """,
        ("val_loss", LOGGED),
    ),
    "TensorBoard read by what is not known": case(
        "import acme\nfrom torch.utils.tensorboard import SummaryWriter\nSummaryWriter().add_scalar('val_loss', acme.fit())",
        ("val_loss", UNKNOWN),
        ("acc", UNKNOWN),
    ),
    # Modules
    "sys.path": case(
        'import os, sys\nsys.path.append(os.path.join(os.path.dirname(__file__), "lib"))\nimport metrics_helper',
        ("auc", LOGGED),
        ("acc", NEVER),
        files={"lib/metrics_helper.py": "import mlflow\nmlflow.log_metric('auc', 1)\n"},
    ),
    "namespace package": case(
        "from pkg.sub import steps\nsteps.go()",
        ("auc", LOGGED),
        ("acc", NEVER),
        files={"pkg/sub/steps.py": "import mlflow\ndef go():\n    mlflow.log_metric('auc', 1)\n"},
    ),
    "star import": case(
        "from helpers import *\nlog_it('auc')",
        ("auc", LOGGED),
        ("acc", NEVER),
        files={"helpers.py": "import mlflow\ndef log_it(name):\n    mlflow.log_metric(name, 1)\n"},
    ),
    "relative import": case(
        "from pkg.main import run\nrun()",
        ("auc", LOGGED),
        ("acc", NEVER),
        files={
            "pkg/__init__.py": "",
            "pkg/main.py": "from .steps import go\nfrom . import names\ndef run():\n    go(names.AUC)\n",
            "pkg/steps.py": "import mlflow\ndef go(name):\n    mlflow.log_metric(name, 1)\n",
            "pkg/names.py": "AUC = 'auc'\n",
        },
    ),
    "modules in a circle, a function that calls itself": case(
        "import other\nNAME = 'auc'\ndef f(n):\n    return f(n - 1) if n else 'acc'\nimport mlflow\nmlflow.log_metric(f(3), 1)\n"
        "other.go()",
        ("acc", LOGGED),
        ("auc", LOGGED),
        ("f1", NEVER),
        files={"other.py": "import train\nimport mlflow\ndef go():\n    mlflow.log_metric(train.NAME, 1)\n"},
    ),
    "two files that import a name from each other": case(
        "import mlflow\nfrom models import build\nbuild()\nmlflow.log_metric('auc', 1)",
        ("auc", LOGGED),
        ("acc", NEVER),
        files={
            "models.py": "from layers import build\n",
            "layers.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from models import build\n",
        },
    ),
}


def written(folder, script, files):
    for name, text in {**files, "train.py": script}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(folder / "train.py")


@pytest.mark.parametrize("name", METRICS)
def test_what_is_logged_is_told(name, tmp_path):
    script, answers, files = METRICS[name]
    reading = read_script(written(tmp_path, script, files), str(tmp_path))
    assert not reading.broken
    assert {metric: reading.answer(metric) for metric, _ in answers} == dict(answers)


PARSER = "import argparse\nimport mlflow\nmlflow.log_metric('val_loss', 1)\np = argparse.ArgumentParser()\n{}\na = p.parse_args()\n"

OPTIONS = {
    # name: (declaration, search space of --x, code, text at the finding's place or None)
    "int and a range": (
        'p.add_argument("--x", type=int)',
        "{type: uniform, min_value: 1, max_value: 8}",
        "SG440",
    ),
    "int and steps": (
        'p.add_argument("--x", type=int)',
        "{type: quniform, min_value: 8, max_value: 64, q: 8}",
        "SG407",
    ),
    "int and whole numbers": ('p.add_argument("--x", type=int)', "{type: choice, values: [1, 2]}", None),
    "int and randint": ('p.add_argument("--x", type=int)', "{type: randint, upper: 8}", None),
    "int and a fraction": ('p.add_argument("--x", type=int)', "{type: choice, values: [1, 2.5]}", "SG440"),
    "float and steps": (
        'p.add_argument("--x", type=float)',
        "{type: quniform, min_value: 8, max_value: 64, q: 8}",
        None,
    ),
    "float and a log range": (
        'p.add_argument("--x", type=float)',
        "{type: loguniform, min_value: 0.1, max_value: 1}",
        None,
    ),
    "a function of the script's own": (
        'p.add_argument("--x", type=lambda text: int(float(text)))',
        "{type: quniform, min_value: 8, max_value: 64, q: 8}",
        None,
    ),
    "choices": ('p.add_argument("--x", type=int, choices=[1, 2])', "{type: choice, values: [1, 3]}", "SG440"),
    "choices that hold": (
        'p.add_argument("--x", type=int, choices=(1, 2))',
        "{type: choice, values: [1, 2]}",
        None,
    ),
    "choices in a variable": (
        'SIZES = [1, 2]\np.add_argument("--x", type=int, choices=SIZES)',
        "{type: choice, values: [1, 4]}",
        "SG440",
    ),
    "choices of a range": (
        'p.add_argument("--x", type=int, choices=range(8))',
        "{type: randint, upper: 8}",
        None,
    ),
    "choices of a shorter range": (
        'p.add_argument("--x", type=int, choices=range(8))',
        "{type: randint, upper: 9}",
        "SG440",
    ),
    "choices that cannot be known": (
        'p.add_argument("--x", type=int, choices=list(globals()))',
        "{type: choice, values: [1, 4]}",
        None,
    ),
    "choices and a range": (
        'p.add_argument("--x", type=float, choices=[0.1])',
        "{type: uniform, min_value: 0, max_value: 1}",
        "SG440",
    ),
    "store_true": ('p.add_argument("--x", action="store_true")', "{type: choice, values: [0, 1]}", "SG441"),
    "BooleanOptionalAction": (
        'p.add_argument("--x", action=argparse.BooleanOptionalAction)',
        "{type: choice, values: [0, 1]}",
        "SG441",
    ),
    "two values": ('p.add_argument("--x", nargs=2)', "{type: choice, values: [0, 1]}", "SG441"),
    "many values": ('p.add_argument("--x", nargs="+", type=int)', "{type: choice, values: [0, 1]}", None),
    "type=bool": ('p.add_argument("--x", type=bool)', "{type: choice, values: [0, 1]}", "SG442"),
    "type=bool with one value": ('p.add_argument("--x", type=bool)', "{type: choice, values: [1]}", None),
    "another option": ('p.add_argument("--y", type=int)', "{type: choice, values: [1]}", "SG417"),
    "the beginning of an option": (
        'p.add_argument("--xyz", type=int)',
        "{type: choice, values: [1, 2.5]}",
        "SG440",
    ),
    "names from a loop": (
        'for n in ("x", "y"):\n    p.add_argument("--" + n, type=int)',
        "{type: choice, values: [2.5]}",
        "SG440",
    ),
    "in a group": (
        'g = p.add_argument_group("g")\ng.add_argument("-x", "--x", type=int)',
        "{type: choice, values: [2.5]}",
        "SG440",
    ),
    "known arguments alone": ("p.parse_known_args()", "{type: choice, values: [1]}", None),
    "a parent parser": ("p = argparse.ArgumentParser(parents=[])", "{type: choice, values: [1]}", None),
    "a parser handed to a library": ("import acme\nacme.add_options(p)", "{type: choice, values: [1]}", None),
    "a parser made by a library": ("import acme\np = acme.add_args(p)", "{type: choice, values: [1]}", None),
    "a parser handed to a function": (
        'def add(q):\n    q.add_argument("--y")\n    return q\np = add(p)',
        "{type: choice, values: [1]}",
        "SG417",
    ),
    "sys.argv changed": (
        'import sys\nsys.argv.append("--y=1")\np.add_argument("--y")',
        "{type: choice, values: [1]}",
        None,
    ),
    "subparsers": (
        's = p.add_subparsers()\ns.add_parser("t").add_argument("--y")',
        "{type: choice, values: [1]}",
        None,
    ),
}

OTHER_PARSERS = {
    "click": (
        "import click\n@click.command()\n@click.option('--x', type=int)\ndef main(x):\n    pass\nmain()",
        "{type: choice, values: [2.5]}",
        "SG440",
    ),
    "click with another option": (
        "import click\n@click.command()\n@click.option('--y', type=int)\ndef main(y):\n    pass\nmain()",
        "{type: choice, values: [2]}",
        "SG417",
    ),
    "click with choices": (
        "import click\n@click.command()\n@click.option('--x', type=click.Choice(['1', '2']))\ndef main(x):\n    pass\nmain()",
        "{type: choice, values: [1, 3]}",
        "SG440",
    ),
    "click with a flag": (
        "import click\n@click.command()\n@click.option('--x/--no-x')\ndef main(x):\n    pass\nmain()",
        "{type: choice, values: [0, 1]}",
        "SG441",
    ),
    "Typer": (
        "import typer\ndef main(x: int = 1):\n    pass\ntyper.run(main)",
        "{type: uniform, min_value: 1, max_value: 2}",
        "SG440",
    ),
    "Typer that takes it": (
        "import typer\napp = typer.Typer()\n@app.command()\ndef main(x: float = typer.Option(0.1)):\n    pass\napp()",
        "{type: uniform, min_value: 1, max_value: 2}",
        None,
    ),
    "Typer with a flag": (
        "import typer\ndef main(x: bool = False):\n    pass\ntyper.run(main)",
        "{type: choice, values: [0, 1]}",
        "SG441",
    ),
    "Typer with Annotated": (
        "from typing import Annotated\nimport typer\ndef main(value: Annotated[int, typer.Option('--x')] = 1):\n    pass\ntyper.run(main)",
        "{type: choice, values: [2.5]}",
        "SG440",
    ),
    "HfArgumentParser": (
        "from dataclasses import dataclass\nfrom transformers import HfArgumentParser, TrainingArguments\n@dataclass\nclass Args:\n    x: int = 1\nHfArgumentParser((Args, TrainingArguments)).parse_args_into_dataclasses()",
        "{type: uniform, min_value: 1, max_value: 2}",
        "SG440",
    ),
    "HfArgumentParser with options of a library's": (
        "from transformers import HfArgumentParser, TrainingArguments\nHfArgumentParser(TrainingArguments).parse_args_into_dataclasses()",
        "{type: uniform, min_value: 1, max_value: 2}",
        None,
    ),
    "fire": ("import fire\ndef main(y=1):\n    pass\nfire.Fire(main)", "{type: choice, values: [1]}", None),
    "Lightning's": (
        "from lightning.pytorch.cli import LightningCLI\nLightningCLI()",
        "{type: choice, values: [1]}",
        None,
    ),
    "Tap": (
        "from tap import Tap\nclass A(Tap):\n    y: int\nA().parse_args()",
        "{type: choice, values: [1]}",
        None,
    ),
    "hydra": (
        "import argparse, hydra\nargparse.ArgumentParser().add_argument('--y')\n@hydra.main()\ndef main(c):\n    pass\nmain()",
        "{type: choice, values: [1]}",
        None,
    ),
}
SMALL_COMPONENT = COMPONENT[: COMPONENT.index("command:")] + "command: python train.py --x ${{inputs.x}}\n"
SMALL_COMPONENT = SMALL_COMPONENT.replace("inputs:\n", "inputs:\n  x: {type: number, optional: true}\n")
ONE_VALUE = "{type: choice, values: [1]}"
MINE = ("SG407", "SG413", "SG414", "SG415", "SG416", "SG417", *(f"SG44{digit}" for digit in range(7)))


def found(  # noqa: PLR0913 - a project is many files
    folder, monkeypatch, script, space="{type: choice, values: [1]}", component=SMALL_COMPONENT, spec=SPEC
):
    """Return the findings of these rules in a small project, by code."""
    spec = spec.replace("search_space:\n", f"search_space:\n  x: {space}\n")
    path = write_project(folder, spec=spec, component=component, script=script)
    monkeypatch.chdir(folder)
    return {one.code: one for one in Checker().check(path.name).findings if one.code in MINE}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_value_is_held_to_the_scripts_own_parser(name, tmp_path, monkeypatch):
    declaration, space, code = OPTIONS[name]
    findings = found(tmp_path, monkeypatch, PARSER.format(declaration), space)
    assert set(findings) == ({code} if code else set())
    if code and code != "SG417":
        assert findings[code].place.file == "t.tuning.yaml"
        assert "train.py:" in findings[code].message + (findings[code].hint or "")


@pytest.mark.parametrize("name", OTHER_PARSERS)
def test_a_value_is_held_to_another_parser(name, tmp_path, monkeypatch):
    script, space, code = OTHER_PARSERS[name]
    script = f"import mlflow\nmlflow.log_metric('val_loss', 1)\n{script}\n"
    assert set(found(tmp_path, monkeypatch, script, space)) == ({code} if code else set())


def test_a_metric_in_tensorboard_alone_is_said_with_the_call_to_add(tmp_path, monkeypatch):
    script = (
        "from torch.utils.tensorboard import SummaryWriter\nSummaryWriter().add_scalar('val_loss', 1, 1)\n"
    )
    finding = found(tmp_path, monkeypatch, script)["SG415"]
    assert "to MLflow: it writes it to TensorBoard only" in finding.message
    assert finding.hint == 'add mlflow.log_metric("val_loss", value, step=epoch) to src/train.py'


def test_a_default_and_a_circuits_value_are_held_to_the_parser(tmp_path, monkeypatch):
    script = PARSER.format('p.add_argument("--x", type=int, choices=[1, 2])')
    component = SMALL_COMPONENT.replace("optional: true", "default: 3")
    spec = SPEC.replace("search_space:\n", "search_space:\n  epochs: {type: choice, values: [3]}\n")
    path = write_project(tmp_path, spec=spec, component=component, script=script)
    monkeypatch.chdir(tmp_path)
    findings = [one for one in Checker().check(path.name).findings if one.code == "SG440"]
    assert [(one.place.file, one.message) for one in findings] == [
        ("component.yaml", "the script's --x takes only 1, 2, not the number 3")
    ]


def test_a_default_of_false_for_type_bool_is_a_warning(tmp_path, monkeypatch):
    script = PARSER.format('p.add_argument("--x", type=bool)')
    component = SMALL_COMPONENT.replace("{type: number, optional: true}", "{type: boolean, default: false}")
    path = write_project(tmp_path, component=component, script=script)
    monkeypatch.chdir(tmp_path)
    findings = [one for one in Checker().check(path.name).findings if one.code in MINE]
    assert [(one.code, one.place.file) for one in findings] == [("SG443", "component.yaml")]


def test_an_optional_input_that_nothing_gives_reaches_no_parser(tmp_path, monkeypatch):
    component = SMALL_COMPONENT.replace("--x ${{inputs.x}}", "$[[--x ${{inputs.x}}]]")
    script = PARSER.format('p.add_argument("--y")')
    path = write_project(tmp_path, component=component, script=script)
    monkeypatch.chdir(tmp_path)
    assert not [one for one in Checker().check(path.name).findings if one.code in MINE]
    assert "SG417" in found(tmp_path, monkeypatch, script, component=component)


LAUNCHES = {
    "python train.py --a 1": ("train.py", "--a"),
    "python3.11 -u -W ignore -X utf8 train.py --a 1": ("train.py", "--a"),
    "/opt/conda/bin/python train.py --a 1": ("train.py", "--a"),
    "torchrun --nproc_per_node 2 train.py --a 1": ("train.py", "--a"),
    "torchrun --nnodes=1 -m pkg.train --a 1": ("pkg.train", "--a"),
    "python -m torch.distributed.run --nproc_per_node=2 train.py --a 1": ("train.py", "--a"),
    "python -m torch.distributed.launch --use_env train.py --a 1": ("train.py", "--a"),
    "accelerate launch --config_file c.yaml train.py --a 1": ("train.py", "--a"),
    "accelerate launch -m pkg.train --a 1": ("pkg.train", "--a"),
    "deepspeed --num_gpus 2 train.py --a 1": ("train.py", "--a"),
    "mpirun -np 4 --bind-to none python train.py --a 1": ("train.py", "--a"),
    "horovodrun -np 2 python train.py --a 1": ("train.py", "--a"),
    "conda run -n env --no-capture-output python train.py --a 1": ("train.py", "--a"),
    "poetry run python train.py --a 1": ("train.py", "--a"),
    "uv run train.py --a 1": ("train.py", "--a"),
    "python -m cProfile -o out.prof train.py --a 1": ("train.py", "--a"),
    "env A=b python -u train.py --a 1": ("train.py", "--a"),
    "A=b OMP_NUM_THREADS=1 python train.py --a 1": ("train.py", "--a"),
    "export A=b; python train.py --a 1": ("train.py", "--a"),
    "pip install -r requirements.txt && python train.py --a 1": ("train.py", "--a"),
    "cd . && python ./train.py --a 1": ("./train.py", "--a"),
    "bash -c 'python train.py --a 1'": ("train.py", "--a"),
    'bash -lc "set -e; python train.py --a 1"': ("train.py", "--a"),
    "if [ -d x ]; then\n  python train.py --a 1\nfi": ("train.py", "--a"),
    "python train.py \\\n  --a 1": ("train.py", "--a"),
    "python train.py --a 1 2>&1 | tee log.txt": ("train.py", "--a"),
    "(python train.py --a 1)": ("train.py", "--a"),
    "python -m pkg.train --a 1": ("pkg.train", "--a"),
}


@pytest.mark.parametrize("command", LAUNCHES)
def test_launchers_are_read_through(command):
    launches = read_launches(command)
    assert not launches.unread
    assert [(one.script or one.module, one.arguments[0]) for one in launches.python] == [LAUNCHES[command]]


@pytest.mark.parametrize(
    "command",
    [
        "train-model --a 1",
        "Rscript train.R",
        "papermill a.ipynb b.ipynb",
        "python $SCRIPT",
        "python - < a",
        "python train.ipynb",
    ],
)
def test_what_is_not_understood_is_said_once(command, tmp_path, monkeypatch):
    component = SMALL_COMPONENT.replace(
        "python train.py --x ${{inputs.x}}", f"{command} --x ${{{{inputs.x}}}}"
    )
    assert set(found(tmp_path, monkeypatch, "", component=component)) == {"SG446"}


def test_a_shell_script_is_read_with_its_arguments(tmp_path, monkeypatch):
    component = SMALL_COMPONENT.replace("python train.py --x", "bash run.sh")
    (tmp_path / "src").mkdir()
    script = PARSER.format('p.add_argument("--x", type=int)')
    range_of_x = "{type: uniform, min_value: 1, max_value: 2}"
    for text in (
        'python train.py --x "$1"',
        "X=$1\n# trains\npython train.py --x ${X}",
        'exec python train.py --x "$@"',
    ):
        (tmp_path / "src/run.sh").write_text(f"#!/bin/bash\nset -e\n{text}\n")
        assert set(found(tmp_path, monkeypatch, script, range_of_x, component)) == {"SG440"}
    (tmp_path / "src/run.sh").unlink()
    finding = found(tmp_path, monkeypatch, script, range_of_x, component)["SG413"]
    assert (finding.place.file, finding.message) == (
        "component.yaml",
        '"run.sh" does not exist in the code folder "./src"',
    )


def test_a_shell_script_that_trains_otherwise_is_said_to_be_unread(tmp_path, monkeypatch):
    component = SMALL_COMPONENT.replace("python train.py --x", "bash run.sh")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/run.sh").write_text("trainer --x $1\n")
    assert set(found(tmp_path, monkeypatch, "", component=component)) == {"SG446"}


@pytest.mark.parametrize("folder", ["cd pkg && python main.py --x", "PYTHONPATH=pkg python -m main --x"])
def test_a_folder_within_the_code_is_followed(folder, tmp_path, monkeypatch):
    component = SMALL_COMPONENT.replace("python train.py --x", folder)
    (tmp_path / "src/pkg").mkdir(parents=True)
    (tmp_path / "src/pkg/main.py").write_text(PARSER.format('p.add_argument("--x", type=int)'))
    range_of_x = "{type: uniform, min_value: 1, max_value: 2}"
    assert set(found(tmp_path, monkeypatch, "", range_of_x, component)) == {"SG440"}


def test_code_on_the_command_line_is_read(tmp_path, monkeypatch):
    code = "python -c 'import mlflow; mlflow.log_metric(\"accuracy\", 1)' # "
    component = SMALL_COMPONENT.replace("python train.py --x", code)
    assert set(found(tmp_path, monkeypatch, "", component=component)) == {"SG415"}
    spec = SPEC.replace("val_loss", "accuracy")
    assert not found(tmp_path, monkeypatch, "", component=component, spec=spec)


@pytest.mark.parametrize(
    "command",
    ["python /app/train.py --x", "bash /app/run.sh --x", "git clone https://x/y && python y/t.py --x"],
)
def test_a_script_that_the_image_or_another_command_brings_is_no_error(command, tmp_path, monkeypatch):
    component = SMALL_COMPONENT.replace("python train.py --x", command)
    assert set(found(tmp_path, monkeypatch, "", component=component)) == {"SG446"}
    without_code = component.replace("code: ./src\n", "")
    assert "SG413" not in found(tmp_path, monkeypatch, "", component=without_code) or "git" in command


def test_two_scripts_of_one_command_are_told_apart(tmp_path, monkeypatch):
    component = SMALL_COMPONENT.replace("python train.py", "python prepare.py --split 1 && python train.py")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/prepare.py").write_text(
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--split')\np.parse_args()\n"
    )
    assert not found(tmp_path, monkeypatch, PARSER.format('p.add_argument("--x")'), component=component)
    assert set(found(tmp_path, monkeypatch, PARSER.format('p.add_argument("--y")'), component=component)) == {
        "SG417"
    }


HOSTILE = {
    "Python 2": b"print 'a'\n",
    "deep": b"a = " + b"(" * 90 + b"1" + b")" * 90 + b"\n" + b"b" + b".c" * 5000 + b"\n",
    "deeper": b"x = " + b"-" * 20_000 + b"1\n",
    "a long sum": b"import mlflow\nmlflow.log_metric(" + b"'a' + " * 3000 + b"'b', 1)\n",
    "nulls": b"a\0b",
    "no text": bytes(range(256)),
    "byte order mark": b"\xef\xbb\xbfimport mlflow\nmlflow.log_metric('val_loss', 1)\n",
    "another encoding": b"# -*- coding: latin-1 -*-\nimport mlflow\nmlflow.log_metric('\xe9', 1)\n",
    "many names of each other": b"\n".join(b"a%d = a%d + a%d" % (n, n + 1, n + 1) for n in range(400))
    + b"\nimport mlflow\nmlflow.log_metric(a0, 1)\n",
    "many calls of each other": b"\n".join(
        b"def f%d(x):\n    return f%d(x) + f%d(x) + f%d(x)" % (n, n + 1, n + 2, n + 3) for n in range(200)
    )
    + b"\nimport mlflow\nmlflow.log_metric(f0('a'), 1)\n",
    "empty": b"",
    "stars": b"import mlflow\nmlflow.log_metric(*a, **b)\nmlflow.log_metrics(*a)\nmlflow.log_metric()\n",
    "odd parsers": b"import argparse\np = argparse.ArgumentParser(*a)\np.add_argument()\np.add_argument(*a)\n"
    b"p.add_argument('--x', nargs=-1, choices=range(0, 9, 0), **k)\np.parse_args(1, 2)\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_script_is_too_odd(name, tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    path = write_project(tmp_path, component=SMALL_COMPONENT)
    (tmp_path / "src/train.py").write_bytes(HOSTILE[name])
    monkeypatch.chdir(tmp_path)
    findings = Checker().check(path.name).findings
    assert all(one.code in MINE for one in findings if one.place.file.endswith(".py"))


def test_a_module_of_another_python_beside_the_script_breaks_nothing(tmp_path):
    script = "try:\n    import old\nexcept SyntaxError:\n    pass\nimport mlflow\nmlflow.log_metric('a', 1)\n"
    reading = read_script(written(tmp_path, script, {"old.py": "print 'a'\n"}), str(tmp_path))
    assert not reading.broken
    assert reading.answer("b") is UNKNOWN


def test_a_name_of_a_module_beside_hides_no_library(tmp_path):
    files = {
        "pkg/__init__.py": "",
        "pkg/logging.py": "acme()",
        "pkg/go.py": "import logging\nimport mlflow\nmlflow.log_metric('a', 1)\n",
    }
    reading = read_script(written(tmp_path, "import pkg.go", files), str(tmp_path))
    assert (reading.answer("a"), reading.answer("b")) == (LOGGED, NEVER)


def test_a_name_that_modules_import_from_each_other_ends_somewhere(tmp_path):
    files = {
        "one.py": "from two import report\n",
        "two.py": "from one import report\nreport('a', 1)\n",
    }
    script = "import mlflow\nfrom one import report\nreport('b', 1)\nmlflow.log_metric('c', 1)\n"
    assert read_script(written(tmp_path, script, files), str(tmp_path)).answer("c") is LOGGED


def test_a_command_that_starts_nothing_has_no_reading(tmp_path):
    started = read_started("ls && echo done", str(tmp_path))
    assert (started.reading, started.unread, started.missing) == (None, (), ())
    assert os.path.isdir(tmp_path)


@pytest.mark.parametrize("where", ["key", "file"])
def test_what_is_uploaded_beside_the_code_is_read(where, tmp_path, monkeypatch):
    component = SMALL_COMPONENT
    if where == "key":
        component += "additional_includes: [shared/common]\n"
    else:
        (tmp_path / "component.additional_includes").write_text("shared/common\n")
    (tmp_path / "shared/common").mkdir(parents=True)
    (tmp_path / "shared/common/__init__.py").write_text("")
    (tmp_path / "shared/common/report.py").write_text(
        "import mlflow\ndef go():\n    mlflow.log_metric('val_loss', 1)\n"
    )
    script = PARSER.format('p.add_argument("--x")').replace(
        "mlflow.log_metric('val_loss', 1)", "from common import report\nreport.go()"
    )
    assert not found(tmp_path, monkeypatch, script, component=component)
    spec = SPEC.replace("val_loss", "loss")
    assert set(found(tmp_path, monkeypatch, script, component=component, spec=spec)) == {"SG415"}


def test_what_should_be_uploaded_and_is_not_there_is_unknown(tmp_path, monkeypatch):
    component = SMALL_COMPONENT.replace("train.py", "other.py") + "additional_includes: [../nowhere]\n"
    findings = found(tmp_path, monkeypatch, "", component=component)
    assert not {"SG413", "SG415"} & set(findings)


@pytest.mark.parametrize("seed", range(20))
def test_words_without_quotes_are_split_as_the_shell_does(seed):
    chance = random.Random(seed)  # noqa: S311 - the same texts each time
    for _ in range(100):
        text = "".join(chance.choices(" \t\r\n;&|abc-=$(){}.#<>*?~/\x0b\x0c\xa0é", k=chance.randrange(30)))
        lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|\n")
        lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
        assert shell_words(text) == list(lexer)


def test_a_script_is_parsed_once_however_many_commands_start_it(tmp_path, monkeypatch):
    parsed = []
    real = python_syntax.parse_text
    monkeypatch.setattr(
        python_syntax,
        "parse_text",
        lambda content, path, broken: parsed.append(path) or real(content, path, broken),
    )
    (tmp_path / "train.py").write_text(PARSER.format('p.add_argument("--x", type=int)'))
    known = {}
    readings = [read_started(f"python train.py --x {x}", str(tmp_path), known=known).reading for x in (1, 2)]
    assert len(parsed) == 1
    assert [reading.starts[0].launch.arguments for reading in readings] == [("--x", "1"), ("--x", "2")]
