import argparse

import mlflow
import pandas as pd
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from xgboost import XGBRegressor


def main(args):
    table = pd.read_csv(args.train_data)
    train, test = train_test_split(table, test_size=0.2, random_state=0)
    model = XGBRegressor(
        n_estimators=args.n_estimators, max_depth=args.max_depth, learning_rate=args.learning_rate
    )
    model.fit(train.drop(columns=args.target), train[args.target])
    predicted = model.predict(test.drop(columns=args.target))
    metrics = {"rmse": mean_squared_error(test[args.target], predicted) ** 0.5}
    mlflow.log_metrics(metrics)
    mlflow.xgboost.save_model(model, args.model_output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--train_data")
    parser.add_argument("--target")
    parser.add_argument("--n_estimators", type=int, default=100)
    parser.add_argument("--max_depth", type=int, default=6)
    parser.add_argument("--learning_rate", type=float, default=0.1)
    parser.add_argument("--model_output")
    main(parser.parse_args())
