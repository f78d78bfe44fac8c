"""Trains the network, logs to MLflow and saves the model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mlflow
import mlflow.tensorflow
import numpy as np
import pandas as pd
import tensorflow as tf
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from settings import Hyperparameters, TrialError, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from data import Windows

keras = tf.keras


class EpochLogger(keras.callbacks.Callback):
    """Logs both losses after every epoch and stops once val_loss is no longer finite."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Log the losses of one epoch; epochs count from 0."""
        mlflow.log_metric("loss", logs["loss"], step=epoch)
        mlflow.log_metric("val_loss", logs["val_loss"], step=epoch)
        if not math.isfinite(logs["val_loss"]):
            self.model.stop_training = True


def build(params: Hyperparameters, windows: Windows) -> tuple[Any, Any]:
    """Return the network to train and the forecaster to save.

    The network maps windows (n, sequence_length, features) to scaled targets
    (n, 1); the forecaster holds the same network and undoes the scaling, so
    that whoever loads the model works in original units only.
    """
    network = keras.Sequential(
        [
            keras.Input(windows.train_x.shape[1:]),
            keras.layers.Normalization(
                mean=windows.feature_mean.tolist(), variance=(windows.feature_std**2).tolist()
            ),
            keras.layers.LSTM(params.lstm_units),
            keras.layers.Dropout(params.dropout),
            keras.layers.Dense(1),
        ]
    )
    network.compile(optimizer=keras.optimizers.Adam(params.learning_rate), loss="mse")
    unscale = keras.layers.Normalization(
        axis=None, mean=windows.target_mean, variance=windows.target_std**2, invert=True
    )
    return network, keras.Sequential([network, unscale])


def score(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Return mae and rmse in the target's unit, and r2_score; both arrays are (n,)."""
    error = predicted - actual
    spread = float(np.sum((actual - actual.mean()) ** 2))
    return {
        "mae": float(np.mean(np.abs(error))),
        "rmse": float(np.sqrt(np.mean(error**2))),
        # A constant target leaves R² undefined; 0 keeps the metrics file plain JSON.
        "r2_score": 1.0 - float(np.sum(error**2)) / spread if spread else 0.0,
    }


def save(forecaster: Any, windows: Windows, folder: Path) -> None:
    """Write the forecaster as an MLflow model folder."""
    any_window = (-1, *windows.train_x.shape[1:])
    mlflow.tensorflow.save_model(
        forecaster,
        str(folder),
        signature=ModelSignature(
            Schema([TensorSpec(np.dtype("float32"), any_window)]),
            Schema([TensorSpec(np.dtype("float32"), (-1, 1))]),
        ),
        # Listed here because MLflow would load the model once more to find them.
        pip_requirements=[
            f"mlflow-skinny=={mlflow.__version__}",
            f"tensorflow-cpu=={tf.__version__}",
            f"pandas=={pd.__version__}",
        ],
    )


def fit(params: Hyperparameters, network: Any, windows: Windows) -> float:
    """Train the network, leave the weights of its best epoch in it and return that epoch's val_loss."""

    def scaled(target: np.ndarray) -> np.ndarray:
        return (target - windows.target_mean) / windows.target_std

    # How many epochs there are is for the sweep to say: the patience never ends, only the best weights are wanted.
    best = keras.callbacks.EarlyStopping("val_loss", patience=params.epochs, restore_best_weights=True)
    history = network.fit(
        windows.train_x,
        scaled(windows.train_y),
        validation_data=(windows.val_x, scaled(windows.val_y)),
        epochs=params.epochs,
        batch_size=params.batch_size,
        callbacks=[EpochLogger(), best],
        verbose=2,
    ).history["val_loss"]
    if not math.isfinite(history[-1]):
        raise TrialError(f"training diverged: val_loss became {history[-1]}.")
    # A trial counts by the last value that it logged, which is so the one of the model that is saved.
    mlflow.log_metric("val_loss", best.best, step=len(history))
    print(  # noqa: T201
        f"Kept epoch {best.best_epoch + 1} of {len(history)}, whose val_loss {best.best:.6g} is the lowest;"
        f" the last epoch had {history[-1]:.6g}."
    )
    return best.best


def train(params: Hyperparameters, windows: Windows, seed: int, model_folder: Path) -> dict[str, float]:
    """Train, log and save; return the metrics of the model that was kept, which is the best epoch's.

    val_loss and test_loss are mean squared errors of the scaled target; mae, rmse and r2_score are of the validation
    part, test_mae of the test part, in the target's unit.
    """
    # Seeds Python, NumPy and TensorFlow, and so the first weights, the dropout and the order of the windows.
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    network, forecaster = build(params, windows)

    def scores(x: np.ndarray, actual: np.ndarray) -> dict[str, float]:
        return score(actual, forecaster.predict(x, batch_size=params.batch_size, verbose=0)[:, 0])

    try:
        # start_run() adopts the run that Azure ML names in MLFLOW_RUN_ID.
        active = mlflow.active_run() or mlflow.start_run()
    except MlflowException as error:
        raise TrialError(f"MLflow cannot start a run: {one_line(error)}.") from error
    with active:
        mlflow.log_params({**params._asdict(), "seed": seed})
        val_loss = fit(params, network, windows)
        val, test = scores(windows.val_x, windows.val_y), scores(windows.test_x, windows.test_y)
        test_loss = (test["rmse"] / windows.target_std) ** 2
        mlflow.log_metrics({"mae": val["mae"], "rmse": val["rmse"], "r2_score": val["r2_score"]})
        mlflow.log_metrics({"test_loss": test_loss, "test_mae": test["mae"]})
        print(  # noqa: T201
            f"On the latest rows, used neither to train nor to choose the epoch: test_loss {test_loss:.6g},"
            f" test_mae {test['mae']:.6g}."
        )
        save(forecaster, windows, model_folder)
    return {"val_loss": val_loss, **val, "test_loss": test_loss, "test_mae": test["mae"]}
