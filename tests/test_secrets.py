"""Secrets: none in what a service's fault says, none shown of what stands in a file."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rule_project import COMPONENT, RESULTS, SPEC, write_project
from sweepgen.cli import main
from sweepgen.cloud.faults import without_secrets
from sweepgen.secrets import kind_of_secret, known_secrets, masked, scrubbed

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "S3cRET/x+Y7q"  # noqa: S105 - none
NAMES = [
    "sig",
    "sas_token",
    "token",
    "access_token",
    "refresh-token",
    "key",
    "key1",
    "key2",
    "AccountKey",
    "primaryKey",
    "api_key",
    "x-api-key",
    "X-Functions-Key",
    "secret",
    "client_secret",
    "password",
    "Passwd",
    "passphrase",
    "pwd",
    "pass",
    "pat",
    "AZURE_DEVOPS_PAT",
    "cookie",
    "Set-Cookie",
    "session_id",
    "sessionid",
    "credential",
    "credentials",
    "assertion",
    "client_assertion",
    "connection_string",
    "jwt",
    "auth",
]
SPELLINGS = (
    "{n}={s}",
    "{n}: {s}",
    '{{"{n}": "{s}"}}',
    "{{'{n}': '{s}'}}",
    r"{{\"{n}\": \"{s}\"}}",
    "<{n}>{s}</{n}>",
    "--{n} {s}",
    "{n} is {s}",
    "GET https://host/path?a=1&{n}={q}&b=2 failed",
    "https%3A%2F%2Fhost%2F%3F{n}%3D{q}",
    "https%253A%252F%252Fhost%252F%253F{n}%253D{qq}",
)
OTHERS = (
    "https://user:{s}@host/x",
    "https:\\/\\/user:{s}@host/x",
    "https%3A%2F%2Fuser%3A{q}%40host",
    "https://{q}@host/x",
    "cannot connect to user:{q}@mlflow.plant.example:5000",
    "Authorization: Bearer {s}",
    "authorization: AWS4-HMAC-SHA256 Credential={s}",
    "Cookie: a=1; session={s}; b=2",
    "GET https://app/?code={s}&x=1",
    "curl -u me:{q} https://host",
    "-----BEGIN RSA PRIVATE KEY----- {s}",
    "Bearer {s}",
)


def spelt(form: str, secret: str, name: str = "") -> str:
    encoded = quote(secret, safe="")
    return form.format(n=name, s=secret, q=encoded, qq=quote(encoded, safe=""))


def test_secrets_go_by_their_name_and_their_place() -> None:
    left = []
    cases = [spelt(form, SECRET, name) for form in SPELLINGS for name in NAMES]
    for text in [*cases, *(spelt(form, SECRET) for form in OTHERS)]:
        if "S3cRET" in without_secrets(ValueError(text)):
            left.append(text)
    assert left == []


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(SPELLINGS), st.sampled_from(NAMES), st.binary(min_size=16, max_size=64))
def test_secrets_of_any_value_go(form: str, name: str, content: bytes) -> None:
    secret = base64.urlsafe_b64encode(content).decode().rstrip("=")
    assert secret not in scrubbed(spelt(form, secret, name), {})


@pytest.mark.parametrize(
    "text",
    [
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "glpat-abcdefghij0123456789",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJub25lIn0.eyJTM0NSRVQ.S3CRET",
        base64.b64encode(bytes(range(64))).decode(),
        "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst",
    ],
)
def test_secrets_go_by_their_shape(text: str) -> None:
    assert text not in scrubbed(f"the service said {text} today", {})


B64 = base64.b64encode(bytes(range(100, 164))).decode()
WRITTEN = (
    "Ocp-Apim-Subscription-Key: {s}",
    "PRIVATE-TOKEN: {s}",
    "https://s3/x?X-Amz-Signature={s}{s}&X-Amz-Credential=a",
    "https://storage/x?GoogleAccessId=a&Signature={s}",
    "https://h/?api%5Fkey={s}",
    "https://hooks.slack.com/services/T00000000/B00000000/{s}",
    "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={s}=",
    "Driver=ODBC;Uid=me;Pwd={s};",
    "host=x user=me password={s} dbname=d",
    "redis://:{s}@cache:6380/0",
    "https://{s}@github.com/o/r.git",
    "AWS_SECRET_ACCESS_KEY={s}",
    '{{"auths": {{"acr.io": {{"auth": "{s}"}}}}}}',
    '{{\n  "clientSecret": "{s}",\n  "a": 1\n}}',
    "password: |\n  {s}\nuser: x",
    "token: >-\n  {s}",
    "password:\n  {s}",
    "Credentials(user='x', password='{s}')",
    "('password', '{s}')",
    "['--password', '{s}']",
    "{{b'Authorization': b'Bearer {s}'}}",
    "export DB_PASSWORD={s}",
    "set AZURE_CLIENT_SECRET {s}",
    "mysql -u root -p{s}",
    "az login --service-principal -u x -p {s} --tenant t",
    '<add key="password" value="{s}" />',
    '<conn pwd="{s}"/>',
    "storageAccountKey={s}",
    "spring.datasource.password={s}",
    ':password => "{s}"',
    "wrong password {s} for user x",
    'connection to server at "x", user "me", password "{s}" failed',
    '{{"name": "AZURE_CLIENT_SECRET", "value": "{s}"}}',
    'Digest username="me", response="{s}"',
    "AWS4-HMAC-SHA256 Credential=a/x, Signature={s}",
    "enter passphrase for key '/x': {s}",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n{s}\n-----END OPENSSH PRIVATE KEY-----",
    "MIIEvQIBADANBgkqhkiG\nZq7Xw9Lm4kPv2TZqw8Xw\n-----END PRIVATE KEY-----",
)


def test_secrets_go_in_whatever_way_they_are_written() -> None:
    secret = "Zq7Xw9Lm4kPv2TZqw8Xw"  # noqa: S105 - none
    left = [form for form in WRITTEN if secret in scrubbed(form.format(s=secret), {})]
    assert left == []


TOKENS = (
    "ghp_Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7Xw9Lm",
    "glpat-Zq7Xw9Lm4kPv2TZq7Xw9",
    "xoxb-1234567890-Zq7Xw9Lm4kPv2T",
    "hf_Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7Xw9",
    "AKIA2E0A8F3B244C9986",
    "AIzaSyDZq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7X",
    "ya29.a0Zq7Xw9Lm4kPv2TZq7Xw9",
    "sk-proj-Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2T",
    "sk-Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7Xw9",
    "sk_live_Zq7Xw9Lm4kPv2TZq7Xw9Lm4k",
    "gldt-Zq7Xw9Lm4kPv2TZq7Xw9",
    "glsa_Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7X_12ab34cd",
    "LTAI5tZq7Xw9Lm4kPv2TZq7X",
    "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",
    "gsk_Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7Xw9",
    "r8_Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7Xw9Lm4",
    "dop_v1_" + "9f3c1a7b" * 8,
    "shpat_" + "9f3c1a7b" * 4,
    "sbp_" + "9f3c1a7b" * 5,
    "PMAK-" + "9f3c1a7b" * 3 + "-" + "9f3c1a7b" * 4 + "00",
    "whsec_Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2TZq7X",
    "dckr_pat_Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2",
    "SG.Zq7Xw9Lm4kPv2TZq7Xw9.Zq7Xw9Lm4kPv2TZq7Xw9Lm4kPv2T",
    "Zq78Q~Xw9_Lm4kPv2TZq7Xw9Lm4kPv2TZq7X.aaa",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Zq7Xw9Lm4kPv2T",
    B64,
)


@pytest.mark.parametrize("text", TOKENS)
def test_tokens_are_found_and_shown_nowhere(text: str) -> None:
    assert kind_of_secret(f"the value {text}") == "a token"
    assert text not in masked(f"the value {text} is none")
    assert text not in scrubbed(f"the value {text} is none", {})


@pytest.mark.parametrize("text", [*TOKENS, "-----BEGIN PRIVATE KEY-----\n  MIIEvQIBADANBgkqhkiG"])
def test_tokens_and_keys_in_a_file_are_found(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, spec=f"{SPEC}description: |\n  {text}\n")
    assert main(["validate", "t.tuning.yaml"]) == 1
    shown = capsys.readouterr().out
    assert "SG018" in shown
    assert text not in shown


def test_private_key_is_shown_nowhere() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END PRIVATE KEY-----\nrest"
    assert kind_of_secret(text) == "a private key"
    assert masked(text) == "***\nrest"


def test_what_this_process_knows_goes() -> None:
    environment = {
        "AZURE_CLIENT_SECRET": "hunter2 of/mine",
        "MLFLOW_TRACKING_URI": "https://me:tr%40cking@mlflow.plant.example",
        "DATABASE_URL": "postgres://x:letme%2Bin@db/y",
        "PATH": "/usr/bin",
        "TOKENIZERS_PARALLELISM": "false",
        "XDG_SESSION_DESKTOP": "ubuntu",
        "DESKTOP_SESSION": "plasma-wayland",
        "SYSTEM_ACCESSTOKEN": "abcDEF123456",
        "DB_PW": "letMeIn9",
        "PASSWORD_2": "opensesame",
        "SSH_AUTH_SOCK": "/run/agent",
        "PASSWORD": "1234567",
    }
    known = known_secrets(environment)
    assert {"hunter2 of/mine", "hunter2%20of%2Fmine", "tr%40cking", "tr@cking", "letme+in"} <= set(known)
    assert {"abcDEF123456", "letMeIn9", "opensesame"} <= set(known)
    assert not {"/usr/bin", "false", "/run/agent", "1234567", "ubuntu", "plasma-wayland"} & set(known)
    assert "hunter2" not in scrubbed("no such user hunter2%20of%2Fmine", environment)


@pytest.mark.parametrize(
    "text",
    [
        "(NotFound) /jobs/x was not found",
        "(UserError) Code: UserError, the input batch_size is not in the component train:1.0.0",
        "connect to https://eastus.api.azureml.ms:443/mlflow/v1.0 timed out",
        "azureml:lstm-env@latest is not registered",
        "run 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is in commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "--key_size 32 --token_dim 5 key_size=32, token_dim: 5, patience=3, max_tokens=512",
        "digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "n_pass=3 pass: 2 bypass=1 monkey=banana auth=False token=None spin=3 PRNGKey=0",
        "KeyError: missing key: 'learning_rate'",
        "a basic Transformer, sorted(rows, key=len), sk-learn, asia-northeast1, hf_datasets",
        "the password is required, the token is missing, Key is not unique",
        'File "/mnt/azureml/cr/j/0123456789abcdef0123456789abcdef/exe/wd/src/train.py", line 12, in main',
        "MultiHeadAttentionWithRotaryEmbedding2DForSequenceClassification",
        "Epoch 3/50 - loss: 0.1234 - val_loss: 0.3",
        "EnvironmentCredential: authentication unavailable",
        "python -u train.py --lr 0.1 && bash -u run.sh",
        "--tokens 512 --max-new-tokens 64 --pad_token_id 0 --sort-key loss",
        "pad_token='<pad>' eos_token='</s>' unk_token='[UNK]'",
        "special tokens: {'pad_token': '<pad>', 'eos_token': '</s>'}",
        "key=value pairs, dict(key='val_loss', value=0.3), primary_key=id partition_key=plant_id index_key: plant_id",
        "digest: sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        "ssh://git@github.com:22/org/repo.git git@github.com:org/repo.git",
        "pwd: /home/azureuser/work",
        "- name: lstm_units\n  value: 64\n- name: n_pass\n  value: 3",
        "LSTM_128_ConvNet_2DSeparableConvolution_Block3x3Stride2 mixed_ConvLSTM2DBidirectionalEncoder128_v2",
        "model_9f86d081884c7d659a2feaa0c55ad015 trial_0af7651916cd43dd8448eb211c80319c snapshot-9f86d081884c7d659a2feaa0",
        "experiment-PLANT001-CIRCUIT01-20260101T030405Z HPO_PLANT001_CIRCUIT01_2026_01_02T03_04_05",
        "tokenizer_path: ./tokenizer/vocab.txt, Loading tokenizer from bert-base-uncased",
        "wandb login required, wandb: Run data is saved locally in ./wandb/run-20260101_030405-9f86d081",
        "token_accuracy=0.91 pw_loss=0.2 pw: 0.5 passengers: 5 compass=north",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrubbed(text, {}) == text
    assert masked(text) == text
    assert kind_of_secret(text) is None


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a-",
            "://",
            "a",
            "@",
            "eyJ",
            "key=",
            "A1a+",
            "AAAAAAAAAAAAAAAA ",
            "x-a-signature",
            "echo ",
            "name: token ",
        ),
        *("secret_", "A1_", "--key ", "&quot;", "%25", "\\", "wandb login "),
    ],
)
def test_long_text_takes_no_long_time(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    started = time.process_time()
    scrubbed(text, {})
    assert masked(text) == text
    assert time.process_time() - started < 2


@pytest.mark.parametrize("word", ["me@plant.example", "signal=3", "a password", "task-x", "eyJ", "webhooks"])
def test_long_output_is_masked_in_no_long_time(word: str) -> None:
    text = f"t.tuning.yaml:12:40 {word} values[123] repeats 'x', which is there before\n" * 60_000
    started = time.process_time()
    assert masked(text) == text
    assert time.process_time() - started < 2


SIGNATURE = "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMDA%3D"
SAS = f"https://plant.blob.core.windows.net/data?sv=2024-11-04&sp=r&sig={SIGNATURE}&se=2027"


@pytest.mark.parametrize("kind", ["text", "json", "github", "azure", "sarif"])
@pytest.mark.parametrize(
    "project",
    [
        {
            "spec": SPEC.replace(
                "training_data: azureml:data_{plant_id}_{circuit_id}:1", f"training_data: {SAS}"
            )
        },
        {"spec": f"{SPEC}descripton: {SAS}\n"},
        {
            "component": COMPONENT.replace(
                "epochs: {type: integer, default: 50}", f"url: {{type: string, default: '{SAS}'}}"
            )
        },
        {"component": f"{COMPONENT}description: |\n  from\n  {SAS}\n"},
    ],
    ids=["data", "misspelt", "input", "component"],
)
def test_signature_in_a_file_is_found_and_shown_nowhere(
    kind: str,
    project: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path, **project)
    for command in (["validate"], ["compile", "--diff"], ["compile", "--check"]):
        assert main([*command, "t.tuning.yaml", "--format", kind]) == 1
        shown = "".join(capsys.readouterr())
        assert "SG018" in shown
        assert "a SAS URL in a file" in shown
        assert "Zm9v" not in shown
        if kind in ("json", "sarif"):
            json.loads(shown)


def test_places_for_secrets_are_none() -> None:
    for text in (
        "https://x/?sig=<signature>",
        "https://x/?sig=${{inputs.sig}}",
        "https://x/?sig={sas}",
        "https://x/?sig=REDACTED",
        "https://x/?signal=Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMDA",
        "https://{user}:{password}@x",
        "https://me@x:80/y",
        "AccountKey=...",
        "azureml:data:1",
        "azureml:sk-PLANT001-CIRCUIT01-hourly:1",
    ):
        assert kind_of_secret(text) is None, text
    assert masked("x?a=sig&b=5 sig=5 me@plant.example") == "x?a=sig&b=5 sig=5 me@plant.example"


def test_pull_request_names_the_job_without_its_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    url = "https://ml.azure.com/runs/calm_sail"
    (tmp_path / "r.yaml").write_text(
        RESULTS.replace(
            "  name: calm_sail\n", f"  name: calm_sail\n  url: {url}?wsid=/subscriptions/s&tid=t#x\n"
        )
    )
    assert main(["apply", "r.yaml", "--dry-run", "--pr-body", "-", "--force"]) == 0
    shown = capsys.readouterr().out
    assert f"[job]({url})" in shown
    assert "wsid" not in shown
