"""What the names of metrics say: which way is better, which can be 0 or below, and which say nothing."""

from __future__ import annotations

import pytest

from rule_project import SCRIPT, SPEC, write_project
from sweepgen.checks.checker import Checker
from sweepgen.checks.metric_names import better, can_be_negative

MINIMIZE = """
loss val_loss val/loss loss_epoch train_loss_step test-multi_logloss mae_val val_mae_mean rmse_cv valRMSE sMAPE smape
MASE mase CRPS crps mean_wQuantileLoss QuantileLoss[0.9] wape rmsle pinball_loss mean_pinball_loss quantile_loss
log_loss logloss perplexity word_perplexity wer WordErrorRate error_rate max_error median_absolute_error
mean_absolute_percentage_error normalized_root_mean_squared_error root_mean_squared_log_error brier_score
hamming_loss zero_one_loss binary_crossentropy sparse_categorical_crossentropy kl_divergence huber_loss log_cosh dice_loss
iou_loss focal_loss f1_loss map_loss false_negative_rate negative_log_likelihood neg_log_likelihood negative_loglikelihood neg_loglik neg_elbo neg_log_prob nll fid lpips
davies_bouldin_score expected_calibration_error relative_absolute_error
"""
MAXIMIZE = """
accuracy Accuracy val_accuracy top_5_accuracy acc1 sparse_categorical_accuracy balanced_accuracy norm_macro_recall
f1 training_f1_score F1Score f1_macro fbeta_score auc AUC_weighted val_auc roc_auc_ovr auc_roc training_roc_auc_score ap
average_precision_score_weighted map mAP mAP50 map_50_95 ndcg ndcg@10 mrr hit_rate_at_10 precision_at_k recall@5 bleu
sacrebleu rouge rouge1 rougeL rouge2_f1 meteor iou mIoU MeanIoU mean_io_u jaccard_score dice r2 r2_score adjusted_r2
explained_variance matthews_corrcoef MatthewsCorrCoef cohen_kappa_score spearman_correlation log_likelihood elbo
neg_mean_squared_error neg_root_mean_squared_error neg_mean_absolute_percentage_error neg_log_loss neg_brier_score
neg_max_error val_neg_mse d2_absolute_error_score d2_pinball_score mse_skill_score crps_skill val_loss_improvement
mape_gain true_negative_rate negative_predictive_value psnr ssim silhouette_score adjusted_rand_score
pearson_r spearman_rho val_log_prob d2_tweedie_score r2_adj matthews_correlation_coefficient
"""
SILENT = """
metric random_metric score epoch_train_time latency time loss_reduction error_reduction negative_loss neg_loss minus_loss
-loss 1-loss one_minus_accuracy inverse_mae loss_ratio loss_weight loss_std accuracy_drop generalization_gap error_count
error_free_days mse_score profit_and_loss negative_f1 neg_f1 cosine_similarity correlation autocorrelation MAE_Coverage
Coverage[0.5] gap ratio_of_losses lossless mapped recallable
"""
NEGATIVE = """
r2 r2_score adjusted_r2 val_r2 explained_variance d2_absolute_error_score neg_mean_squared_error neg_log_loss
neg_root_mean_squared_error negative_loss neg_loss -loss minus_loss log_likelihood test_loglik elbo mse_skill_score skill
correlation pearson spearman_correlation kendall_tau matthews_corrcoef cohen_kappa adjusted_rand_score silhouette_score
loss_reduction val_loss_improvement mape_gain nse d2_tweedie_score pearson_r spearman_rho correlation_coefficient
log_prob mean_log_prob val_log_probability cosine_similarity sharpe_ratio val_si_sdr aic neg_r2 -r2 fold_1_r2 top1_corr
"""
POSITIVE = """
val_loss loss accuracy f1 rmse smape mase crps perplexity wer auc ndcg map bleu iou nll negative_log_likelihood
neg_log_likelihood negative_predictive_value false_negative_rate true_negative_rate one_minus_accuracy information_gain
discounted_cumulative_gain reward metric negative_recall negative_loglikelihood neg_loglik neg_elbo -log_likelihood
neg_log_prob 1-r2 one_minus_r2 1_minus_corr val_one_minus_kappa r2_complement complement_of_r2
"""


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [
        *((name, "minimize") for name in MINIMIZE.split()),
        *((name, "maximize") for name in MAXIMIZE.split()),
        *((name, None) for name in SILENT.split()),
    ],
)
def test_a_name_says_which_way_is_better_or_nothing(metric, wanted):
    assert better(metric) == wanted


@pytest.mark.parametrize(
    ("metric", "negative"),
    [*((name, True) for name in NEGATIVE.split()), *((name, False) for name in POSITIVE.split())],
)
def test_a_name_says_whether_the_metric_can_be_negative(metric, negative):
    assert can_be_negative(metric) == negative


@pytest.mark.parametrize("goal", ["minimize", "maximize"])
@pytest.mark.parametrize(
    "metric", ["neg_mean_squared_error", "loss_reduction", "negative_loss", "mse_skill", "wer"]
)
def test_the_rule_speaks_where_the_name_does(metric, goal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = SPEC.replace(
        "{primary_metric: val_loss, goal: minimize}", f"{{primary_metric: {metric}, goal: {goal}}}"
    )
    path = write_project(tmp_path, spec=spec, script=SCRIPT.replace("val_loss", metric))
    found = [each for each in Checker().check(path.name).findings if each.code == "SG908"]
    assert bool(found) == (better(metric) not in (None, goal))
    assert [each.hint for each in found] == [f"write goal: {better(metric)}"] * len(found)


def test_the_scorers_of_scikit_learn_are_better_when_greater():
    metrics = pytest.importorskip("sklearn.metrics")
    names = metrics.get_scorer_names()
    assert {better(name) for name in names} <= {"maximize", None}
    negated = [name for name in names if name.startswith("neg_")]
    assert [name for name in negated if not (can_be_negative(name) and better(name))] == []
    assert len(negated) > 10
