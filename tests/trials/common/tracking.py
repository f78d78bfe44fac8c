import mlflow


def log_error(value):
    mlflow.log_metric("error", value)
