from dataclasses import dataclass, field

from datasets import load_dataset
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    HfArgumentParser,
    Trainer,
    TrainingArguments,
)


@dataclass
class DataArguments:
    dataset: str
    model_name_or_path: str = field(default="distilbert-base-uncased")


def main():
    data, training = HfArgumentParser((DataArguments, TrainingArguments)).parse_args_into_dataclasses()
    tokenizer = AutoTokenizer.from_pretrained(data.model_name_or_path)
    rows = load_dataset("csv", data_dir=data.dataset).map(lambda row: tokenizer(row["text"]))
    model = AutoModelForSequenceClassification.from_pretrained(data.model_name_or_path)
    trainer = Trainer(model, training, train_dataset=rows["train"], eval_dataset=rows["test"])
    trainer.train()
    trainer.evaluate()


if __name__ == "__main__":
    main()
