"""The names under which autologging logs, by the library that is trained with."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

from sweepgen.project.logging_libraries import KNOWN_TRAINERS
from sweepgen.project.python_code import CallSite
from sweepgen.project.python_syntax import constant, keyword, last_name
from sweepgen.project.python_values import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sweepgen.project.python_values import Values

_SKLEARN = [
    "score",
    "accuracy_score",
    "f1_score",
    "precision_score",
    "recall_score",
    "log_loss",
    "roc_auc",
    "roc_auc_score",
    "mse",
    "mae",
    "rmse",
    "r2_score",
    "mean_squared_error",
    "mean_absolute_error",
    "root_mean_squared_error",
]
_BOOSTING = (
    r"rmse|rmsle|mae|mape|mphe|logloss|m?error|mlogloss|auc|aucpr|ndcg|map|pre|quantile|expectile|l1|l2|huber|fair"
    r"|\w+-nloglik|\w+-deviance|poisson|gamma|gamma_deviance|tweedie|average_precision|binary_\w+|multi_\w+|auc_mu"
    r"|cross_entropy\w*|kullback_leibler|interval-regression-accuracy|r2|cox\w*|aft\w*"
)
_KERAS_OF_ITSELF = "lr|learning_rate|stopped_epoch|restored_epoch|epoch"
_TRAINER = (
    r"(eval|train|test|predict)_.+|loss|learning_rate|grad_norm|epoch|step|total_flos|num_\w+|reward\w*(/.+)?"
)
_LIGHTNING = r"lr-.+|epoch|stopped_epoch|wait_count|restored_epoch|best_score"
_NAMELESS = frozenset(
    ("openai", "langchain", "llama_index", "anthropic", "dspy", "litellm", "gemini", "crewai")
)
_BY_PACKAGE = {
    "sklearn": "sklearn",
    "sklearnex": "sklearn",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "keras": "keras",
    "tensorflow": "keras",
    "tf_keras": "keras",
    "pytorch_lightning": "pytorch",
    "lightning": "pytorch",
    "statsmodels": "statsmodels",
    "pyspark": "spark",
    "fastai": "fastai",
}
_TITLES = {
    "sklearn": "scikit-learn",
    "keras": "Keras",
    "xgboost": "XGBoost",
    "lightgbm": "LightGBM",
    "pytorch": "Lightning",
    "transformers": "the Hugging Face Trainer",
}


class Autolog(NamedTuple):
    """One library whose metrics are logged by themselves: `names` is None where they cannot be determined."""

    library: str
    names: re.Pattern[str] | None
    examples: tuple[str, ...]
    file: str
    line: int


class Autologging:
    """Finds what a script's code has logged for it."""

    def __init__(self, values: Values, packages: set[str]) -> None:
        self.values = values
        self.calls = values.code.calls
        self.packages = packages

    def find(self) -> list[Autolog]:
        """Return every library whose metrics are logged by themselves."""
        found: list[Autolog] = []
        for site in self.calls:
            name = site.name
            if name == "autolog" or name.lower().endswith("callback") or "Trainer" in name:
                for referent in self.values.refer(site.node.func, site.scope):
                    found += self._of(site, referent.kind, referent.dotted)
            elif isinstance(site.node.func, ast.Name) and name:
                for referent in self.values.refer(site.node.func, site.scope):
                    if referent.kind == "library" and referent.dotted.endswith(".autolog"):
                        found += self._of(site, referent.kind, referent.dotted)
        return found

    def _of(self, site: CallSite, kind: str, dotted: str) -> Iterable[Autolog]:
        if site.name == "autolog" and (kind != "library" or not dotted.startswith("mlflow.")):
            return [self._made(site, "a library", None, ())] if kind == "unknown" else []
        if dotted.startswith("mlflow.") and dotted.endswith(".autolog"):
            if constant(keyword(site.node, "disable")) is True:
                return []
            parts = dotted.split(".")[1:-1]
            flavours = {_BY_PACKAGE.get(parts[0], parts[0])} if parts else self._imported()
            return [one for flavour in sorted(flavours) for one in self._flavour(site, flavour)]
        if dotted.startswith("mlflow.") and dotted.lower().endswith("mlflowcallback"):
            return self._flavour(site, "keras")
        if KNOWN_TRAINERS.match(dotted) and not dotted.endswith("Callback") and self._reports():
            return self._flavour(site, "transformers")
        return []

    def _imported(self) -> set[str]:
        return {_BY_PACKAGE[package] for package in self.packages if package in _BY_PACKAGE}

    def _flavour(self, site: CallSite, flavour: str) -> Iterable[Autolog]:
        if flavour in _NAMELESS:
            return []
        if flavour == "transformers" and last_name(site.node.func) == "autolog":
            return []  # it only keeps other libraries from logging
        if flavour == "sklearn":
            return [self._made(site, flavour, self._sklearn(), ("training_score", "training_accuracy_score"))]
        if flavour in ("xgboost", "lightgbm"):
            return [self._made(site, flavour, *self._boosting(flavour))]
        if flavour == "keras":
            return [self._made(site, flavour, *self._keras())]
        if flavour == "pytorch":
            return [self._made(site, flavour, _LIGHTNING, ())]
        if flavour == "transformers":
            return [self._made(site, flavour, self._trainer(), ("eval_loss",))]
        return [self._made(site, flavour, None, ())]

    def _made(self, site: CallSite, flavour: str, names: str | None, examples: tuple[str, ...]) -> Autolog:
        pattern = None if names is None else re.compile(names)
        title = _TITLES.get(flavour, flavour)
        return Autolog(title, pattern, examples, site.scope.module.path, site.node.lineno)

    def _sklearn(self) -> str:
        functions = {
            referent.dotted.rsplit(".", 1)[-1]
            for site in self.calls
            for referent in (self.values.refer(site.node.func, site.scope) if _plain(site) else ())
            if referent.dotted.startswith("sklearn.metrics.")
        }
        after = "|".join([*sorted(map(re.escape, functions)), r"[A-Z]\w*_score"])
        return rf"training_({'|'.join(_SKLEARN)})|best_cv_score|({after})(-\d+)?_\w+"

    def _boosting(self, flavour: str) -> tuple[str, tuple[str, ...]]:
        names: set[str] = {r"validation_\d+", r"valid_\d+", "training", "train"}
        examples: list[str] = []
        own_metric = False
        for site in self.calls:
            for one in site.node.keywords:
                if (
                    one.arg in ("feval", "custom_metric", "eval_names", "callbacks")
                    and one.arg != "callbacks"
                ):
                    own_metric = own_metric or one.arg != "eval_names"
                if one.arg in ("evals", "valid_names", "eval_names"):
                    given = self._evaluated(one.value, site)
                    names |= given
                    examples += [name for name in given if name != ".+"]
                if one.arg == "eval_metric" and not isinstance(one.value, (ast.Constant, ast.List)):
                    own_metric = True
        if flavour == "xgboost" and any(
            site.name == "train" and len(site.node.args) > 3 for site in self.calls
        ):
            names.add(".+")
        metrics = ".+" if own_metric else rf"({_BOOSTING})([@:]\S+|_at_\S+)?"
        sets = "|".join(sorted(names))
        more = f"|training_({'|'.join(_SKLEARN)})|best_iteration|stopped_iteration|best_score"
        return rf"({sets})-{metrics}{more}", tuple(f"{name}-…" for name in examples)

    def _evaluated(self, expression: ast.expr, site: CallSite) -> set[str]:
        found: set[str] = set()
        rows = expression.elts if isinstance(expression, (ast.List, ast.Tuple)) else None
        if rows is None:
            return {".+"}
        for row in rows:
            name = row.elts[1] if isinstance(row, ast.Tuple) and len(row.elts) == 2 else row
            for text in self.values.texts(name, site.scope):
                found.add(re.escape(text[0]) if len(text) == 1 and text[0] is not None else ".+")
        return found

    def _keras(self) -> tuple[str | None, tuple[str, ...]]:
        names: list[str] = ["loss"]
        compiled = [site for site in self.calls if site.name == "compile" and keyword(site.node, "loss")]
        for site in compiled:
            for key in ("metrics", "weighted_metrics"):
                given = keyword(site.node, key)
                if given is not None:
                    more = self._compiled(given, site)
                    if more is None:
                        return None, ()
                    names += more
        own_loop = any(site.name in ("add_metric", "add_loss") for site in self.calls)
        if (
            not compiled
            or own_loop
            or any(one.arg is None for site in compiled for one in site.node.keywords)
        ):
            return None, ()
        each = "|".join(re.escape(name) for name in dict.fromkeys(names))
        return rf"((val|validation|eval)_)?(\w+_)?({each})(_\d+)?|{_KERAS_OF_ITSELF}", (
            *(f"val_{name}" for name in dict.fromkeys(names)),
        )

    def _compiled(self, given: ast.expr, site: CallSite) -> list[str] | None:
        if not isinstance(given, (ast.List, ast.Tuple)):
            return None
        found = []
        for one in given.elts:
            if isinstance(one, ast.Call):
                named = constant(keyword(one, "name"))
                referents = self.values.refer(one.func, site.scope)
                if any(referent.kind != "library" for referent in referents) and named is None:
                    return None
                found.append(named if isinstance(named, str) else _snake(last_name(one.func)))
                continue
            texts = self.values.texts(one, site.scope)
            if ANY in texts or any(len(text) != 1 for text in texts):
                return None
            found += [text[0] for text in texts if text[0] is not None]
        return [name for one in found for name in ((one, "accuracy") if one == "acc" else (one,))]

    def _trainer(self) -> str | None:
        prefixes: set[str] = set()
        for site in self.calls:
            given = keyword(site.node, "metric_key_prefix")
            for text in self.values.texts(given, site.scope) if given is not None else ():
                if len(text) != 1 or text[0] is None:
                    return None
                prefixes.add(re.escape(text[0]) + "_.+")
        return "|".join((_TRAINER, *sorted(prefixes)))

    def _reports(self) -> bool:
        """Whether the Hugging Face Trainer reports to MLflow, as it does by default."""
        for site in self.calls:
            given = keyword(site.node, "report_to")
            if given is None:
                continue
            texts = self.values.elements(given, site.scope) | self.values.texts(given, site.scope)
            named = {text[0] for text in texts if len(text) == 1 and text[0] is not None}
            known = {"none", "wandb", "tensorboard", "comet_ml", "codecarbon", "neptune"}
            literal = isinstance(given, (ast.Constant, ast.List))
            if literal and named <= known:
                return False
        return True


def _plain(site: CallSite) -> bool:
    return site.name.islower() and ("_" in site.name or site.name == "auc")


def _snake(name: str) -> str:
    text = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower()
