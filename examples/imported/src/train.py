"""Train the forecaster of one pump; its loss is logged once an epoch."""

import argparse

import mlflow

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--horizon", type=int, required=True)
parser.add_argument("--epochs", type=int, default=40)
parser.add_argument("--learning-rate", type=float, required=True)
parser.add_argument("--weight-decay", type=float, required=True)
parser.add_argument("--units", type=int, required=True)
parser.add_argument("--model", required=True)
options = parser.parse_args()

weight, loss = 1.0, 1.0
for epoch in range(options.epochs):
    step = options.learning_rate * (weight - 0.1 / options.units)
    weight -= step + options.weight_decay * weight
    loss = abs(weight) / options.horizon
    mlflow.log_metric("val_loss", loss, step=epoch)
