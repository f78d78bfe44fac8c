from pathlib import Path

import mlflow
import typer

app = typer.Typer()


@app.command()
def train(
    lags: int = typer.Option(24),
    alpha: float = typer.Option(1.0),
    solver: str = typer.Option("svd"),
    report: Path = typer.Option(...),
) -> None:
    mlflow.log_metric("mae", alpha / lags)
    report.write_text(solver)


if __name__ == "__main__":
    app()
