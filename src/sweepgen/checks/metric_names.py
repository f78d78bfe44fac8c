"""What the name of a metric says about it: which way is better, and whether it can be 0 or below.

Names are those of scikit-learn, Keras, torchmetrics, GluonTS, LightGBM and Azure's AutoML. A name that could mean
either says nothing: the answer is then None or False.
"""

from __future__ import annotations

import re

_LOWER = """
loss error mae mse rmse mape smape rmsle msle mase rmsse mrae mdape medae wmape wape maape nrmse rrmse rae rse msis
crps perplexity ppl nll bpc bpd wer cer ter mer fid lpips logloss crossentropy deviance ece brier eer fpr fnr
logcosh huber pinball hinge kld aic bic
cross_entropy error_rate calibration_error brier_score false_positive_rate false_negative_rate log_cosh davies_bouldin
davies_bouldin_score kl_divergence kullback_leibler_divergence bits_per_byte bits_per_character bits_per_dim
hamming_distance levenshtein_distance edit_distance frechet_inception_distance
brier_score_loss
"""
_HIGHER = """
accuracy acc auc auroc prauc auprc aucpr map ap mar mrr ndcg dcg r2 d2 rsquared f1 fbeta precision recall iou miou
meaniou jaccard dice kappa qwk mcc bleu sacrebleu rouge rougel rougelsum rouge_l meteor chrf cider bertscore psnr ssim
specificity sensitivity tpr tnr ppv npv auprg elbo loglik loglikelihood nse kge reward ari nmi ami silhouette
f_score f_measure r_squared io_u roc_auc pr_auc auc_roc auc_pr average_precision matthews_corrcoef matthews_corr_coef
cohen_kappa
explained_variance log_likelihood exact_match hit_rate adjusted_rand rand_score v_measure adjusted_mutual_info
normalized_mutual_info coefficient_of_determination
spearman_correlation spearman_corr pearson_correlation pearson_corr
spearmanr pearsonr spearman pearson pearson_r spearman_r spearman_rho log_prob log_probability logprob d2_tweedie
matthews_correlation_coefficient neg_negative_likelihood_ratio inception_score calinski_harabasz calinski_harabasz_score
skill positive_predictive_value negative_predictive_value true_positive_rate true_negative_rate
evidence_lower_bound improvement gain
"""
_NOT_ABOVE_ZERO = """
r2 d2 rsquared r_squared coefficient_of_determination explained_variance log_likelihood loglik loglikelihood elbo
evidence_lower_bound skill nse kge mcc matthews_corrcoef matthews_corr_coef kappa cohen_kappa qwk ari ami
adjusted_rand adjusted_mutual_info silhouette spearman spearmanr spearman_corr pearson pearsonr pearson_corr
kendall kendalltau kendall_tau correlation corr corrcoef improvement gain reduction
pearson_r spearman_r spearman_rho correlation_coefficient corr_coef cosine_similarity log_prob log_probability logprob
d2_tweedie neg_negative_likelihood_ratio sharpe sharpe_ratio si_sdr si_snr aic bic
"""
_ASIDE = """
val valid validation test train training eval evaluation dev holdout cv oof fold epoch step final best last mean
avg average median max min total weighted macro micro samples at k top s m score binary multiclass multilabel ovr ovo
metrics metric global local overall raw ema adj adjusted
"""
"""Words beside a metric's name that do not change what it is."""
_IN_DOUBT = """
minus inverse inv reciprocal negative negated complement delta diff difference over vs versus per and of in
skill gain improvement reduction saved avoided reduced less non anti profit explained ratio weight to
"""
"""Words before a metric's name that may turn it round, or make it another."""


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(name.split("_")) for name in text.split())


_NEGATED = frozenset(("neg", "negative", "negated", "minus"))
_LIKELIHOODS = _phrases(
    "log_likelihood loglik loglikelihood log_prob log_probability logprob elbo evidence_lower_bound"
)
"""The negative of one is a loss: better when less, and most often above 0."""
_COMPLEMENT = re.compile(r"complement|(?:^|[^a-z0-9])(?:1|one)[^a-z0-9]*minus|^(?:1|one)\s*-")
"""1 minus a metric that is at most 1, which is never below 0."""
_WORDS = re.compile(r"[a-z]+[0-9]*|[0-9]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


_BESIDE = frozenset(_ASIDE.split())
_TURNING = frozenset(_IN_DOUBT.split())
_BETTER = {**dict.fromkeys(_phrases(_LOWER), "minimize"), **dict.fromkeys(_phrases(_HIGHER), "maximize")}
_CAN_BE_NEGATIVE = _phrases(_NOT_ABOVE_ZERO)
_LONGEST = max(map(len, _BETTER))


def better(metric: str) -> str | None:
    """Return `minimize` or `maximize` where a metric's name says which is better; None where it does not.

    The last word decides, as in `dice_loss`: what is before it names the loss, what may be after it are
    words such as `val` or `at_10`. Scorers of scikit-learn that begin with `neg_` are better when greater.
    """
    words = _words(metric)
    phrase, before = _known(words, frozenset(_BETTER))
    if phrase is None or metric.lstrip("0123456789 ").startswith("-"):
        return None
    found = _BETTER[phrase]
    if phrase in _LIKELIHOODS and not _NEGATED.isdisjoint(before):
        return "minimize"
    if before[:1] == ("d2",):
        return "maximize"
    if "neg" in before:
        # neg_mean_squared_error; but neg_loss may be the loss on negative samples, and neg_f1 the score of a class.
        plain = found == "minimize" and (phrase != ("loss",) or before[-1] == "log")
        return "maximize" if plain else None
    if not _TURNING.isdisjoint(before):
        return found if phrase[-1] in ("skill", "improvement", "gain") else None
    if found == "minimize" and words[-1] == "score" and phrase[-1] != "score":
        return None  # a score made of an error may be turned round
    return found


def can_be_negative(metric: str) -> bool:
    """Whether a metric's name says that it can be 0 or below: `r2`, a log-likelihood, a skill, whatever is negated."""
    words = _words(metric)
    phrase, before = _known(words, _CAN_BE_NEGATIVE)
    negated = not _NEGATED.isdisjoint(before) or metric.startswith("-")
    if phrase is not None:
        counted = phrase == ("gain",) and before[-1:] in (("information",), ("cumulative",))
        complement = _COMPLEMENT.search(_HUMPS.sub("_", metric).lower()) is not None
        return not (counted or complement or (negated and phrase in _LIKELIHOODS))
    phrase, before = _known(words, frozenset(_BETTER))
    if phrase is None or _BETTER[phrase] == "maximize":
        return False  # negative_f1 is more likely the score of a class
    negated = not _NEGATED.isdisjoint(before) or metric.startswith("-")
    return before[:1] == ("d2",) or (negated and {"false", "true", "one", "1"}.isdisjoint(before))


def _words(metric: str) -> tuple[str, ...]:
    """Return the words of a name, without numbers and what is set apart at its end: `valRMSE`, `mAP@50`."""
    found = []
    for word in _WORDS.findall(_HUMPS.sub("_", metric).lower()):
        bare = word.rstrip("0123456789")
        known = (word,) in _BETTER or (word,) in _CAN_BE_NEGATIVE or not bare
        found.append(word if known else bare)
    return tuple(found)


def _known(
    words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Return the longest phrase that a name ends with, words aside left out, and the words before it."""
    end = len(words)
    while end:
        for length in range(min(_LONGEST, end), 0, -1):
            phrase = words[end - length : end]
            if phrase in phrases:
                return phrase, words[: end - length]
        if words[end - 1] not in _BESIDE and not words[end - 1].isdigit():
            return None, words
        end -= 1
    return None, words
