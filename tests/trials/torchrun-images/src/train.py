import argparse

import mlflow
import torch
import torchvision


def evaluate(model, loader):
    return sum((model(x).argmax(1) == y).float().mean().item() for x, y in loader) / len(loader)


def train(args):
    data = torchvision.datasets.ImageFolder(args.data)
    loader = torch.utils.data.DataLoader(data, batch_size=args.batch_size)
    model = torchvision.models.resnet18(num_classes=2)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        for x, y in loader:
            loss = torch.nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        mlflow.log_metric("val_accuracy", evaluate(model, loader), step=epoch)
    torch.save(model.state_dict(), f"{args.output}/model.pt")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--resume")
    parser.add_argument("--lr", type=float)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--output")
    return parser.parse_args()


if __name__ == "__main__":
    train(arguments())
