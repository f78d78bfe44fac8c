import argparse

import mlflow
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Lasso, Ridge

parser = argparse.ArgumentParser()
parser.add_argument("--training-data")
parser.add_argument("--model", choices=["ridge", "lasso", "forest"])
parser.add_argument("--alpha", type=float)
parser.add_argument("--best")
args = parser.parse_args()

mlflow.sklearn.autolog()
model = {"ridge": Ridge, "lasso": Lasso, "forest": RandomForestRegressor}[args.model]()
table = pd.read_parquet(args.training_data)
model.fit(table.drop(columns="flow"), table["flow"])
