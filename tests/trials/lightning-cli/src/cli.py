import torch
from lightning.pytorch import LightningDataModule, LightningModule
from lightning.pytorch.cli import LightningCLI


class Forecaster(LightningModule):
    def __init__(self, hidden: int = 32, lr: float = 0.001):
        super().__init__()
        self.lr = lr
        self.net = torch.nn.LSTM(4, hidden)

    def training_step(self, batch, index):
        return self.net(batch)[0].mean()

    def validation_step(self, batch, index):
        self.log("val_loss", self.net(batch)[0].mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


class Readings(LightningDataModule):
    def __init__(self, path: str):
        super().__init__()
        self.path = path


if __name__ == "__main__":
    LightningCLI(Forecaster, Readings)
